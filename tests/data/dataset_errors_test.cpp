// What is said of wrong arguments, of elements that do not fit, and of functions that throw.
#include <gtest/gtest.h>

#include "tests/data/dataset_support.h"

namespace lamina {
namespace {

using test::ints;
using test::message_of;
using test::number;
using test::numbers;
using test::ragged;
using test::values;

// The message of an error of type E contains every word.
template <class E = InvalidArgument, class F>
void expect_error(F&& action, const std::vector<std::string>& words) {
  const std::string message = message_of<E>(action);
  for (const std::string& word : words) EXPECT_NE(message.find(word), std::string::npos) << message;
}

TEST(DatasetErrors, ArgumentsAreChecked) {
  const Dataset d = Dataset::range(4);
  expect_error([&] { d.take(-1); }, {"take", "at least 0", "received -1", "leave take out"});
  expect_error([&] { d.skip(-2); }, {"skip", "received -2"});
  expect_error([&] { d.repeat(-2); }, {"repeat", "received -2", "-1 repeats without end"});
  expect_error([&] { d.batch(0); }, {"batch_size must be at least 1, received 0"});
  expect_error([&] { d.padded_batch(0); }, {"padded_batch", "received 0"});
  expect_error([&] { d.shuffle(0); }, {"shuffle", "buffer_size", "received 0"});
  expect_error([&] { d.prefetch(0); }, {"prefetch", "received 0"});
  expect_error([&] { d.window(0); }, {"window", "size", "received 0"});
  expect_error([&] { d.window(2, {.shift = -1}); }, {"shift", "received -1"});
  expect_error([&] { d.window(2, {.stride = 0}); }, {"stride", "received 0"});
  expect_error([&] { d.shard(3, 3); }, {"3 shards", "0..2", "received 3"});
  expect_error([&] { d.shard(0, 0); }, {"num_shards", "received 0"});
  expect_error([&] { d.map(nullptr); }, {"map", "function is empty"});
  expect_error([&] { d.map([](Element e) { return e; }, {.num_parallel_calls = -2}); },
               {"num_parallel_calls", "received -2", "kAutotune"});
  const auto open = [](Element) { return Dataset::range(1); };
  expect_error([&] { d.interleave(open, {.cycle_length = 0}); }, {"cycle_length", "received 0"});
  expect_error([&] { d.interleave(open, {.block_length = 0}); }, {"block_length", "received 0"});
  expect_error([&] { Dataset::range(0, 5, 0); }, {"range", "step must not be 0"});
  expect_error([&] { Dataset::range(INT64_MIN, INT64_MAX); }, {"more elements than 64 bits can count"});
  expect_error([&] { Dataset::from_files({}, [](const std::string&) { return Element{}; }); },
               {"from_files", "no file"});
  expect_error([&] { Dataset::from_generator(nullptr); }, {"from_generator", "no function"});
}

TEST(DatasetErrors, SourcesCheckTheirTensors) {
  const Tensor three = Tensor::from<float>({1, 2, 3}), two = Tensor::from<float>({1, 2});
  expect_error([&] { Dataset::from_tensor_slices(three, two); },
               {"from_tensor_slices", "one length", "x: float32(3,), y: float32(2,)"});
  expect_error([&] { Dataset::from_tensor_slices(Tensor(1.0f)); }, {"x is a scalar", "first axis"});
  expect_error([&] { Dataset::from_tensor_slices({}); }, {"from_tensor_slices", "no tensor in x"});
  expect_error([&] { Dataset::from_tensors({three, Tensor()}); }, {"from_tensors", "undefined"});
}

TEST(DatasetErrors, NoElementsAreNoError) {
  const Dataset none = Dataset::from_tensor_slices(Tensor::from(std::vector<int64_t>(), {0}));
  EXPECT_EQ(none.cardinality(), 0);
  for (const Dataset& d : {none.batch(3), none.padded_batch(3), none.shuffle(5), none.window(2), none.cache(),
                           none.repeat(), none.prefetch(1), none.batch(2).unbatch(), none.concatenate(none),
                           Dataset::zip({none, none}), none.map([](Element e) { return e; })}) {
    EXPECT_EQ(values(d).size(), 0u) << d.str();
    EXPECT_EQ(values(d, 0, 0, 5).size(), 0u) << d.str();
  }
}

TEST(DatasetErrors, BatchesOfUnequalElementsNameTheFirstThatDiffers) {
  expect_error([] { values(ragged(6).skip(2).batch(3)); },
               {"element 1 of batch(3)", "x is int64(3,)", "of element 0 it is int64(2,)", "padded_batch"});
  const Dataset mixed = Dataset::range(4).map(
      [](Element e) { return number(e) < 3 ? e : Element{.x = cast(e.x[0], DType::kFloat32)}; });
  expect_error([&] { values(mixed.batch(2)); }, {"element 3 of batch(2)", "float32()", "int64()"});
  expect_error([&] { values(mixed.padded_batch(4)); }, {"element 3", "one dtype", "float32()"});
  const Dataset more =
      Dataset::range(4).map([](Element e) { return number(e) < 3 ? e : Element{.x = e.x, .y = e.x}; });
  expect_error([&] { values(more.batch(4)); },
               {"element 3", "the same tensors", "x: int64(), y: int64()", "element 0 has x: int64()"});
}

TEST(DatasetErrors, PaddingMustFit) {
  const Dataset ranks = Dataset::range(3).map([](Element e) {
    return number(e) < 2 ? ints({1}) : Element{.x = Tensor::from(std::vector<int64_t>{1}, {1, 1})};
  });
  expect_error([&] { values(ranks.padded_batch(3)); }, {"element 2", "shape (1, 1)", "rank", "adds none"});
  expect_error([] { values(ragged(4).padded_batch(4, {.padded_shapes = {.x = {{2}}}})); },
               {"element 3", "shape (3,)", "axis 0", "longer than the 2"});
  expect_error(
      [] {
        values(ragged(4).padded_batch(4, {.padded_shapes = {.x = {{2}, {2}}}}));
      },
      {"2 padded shapes are given for x, which has 1"});
  expect_error([] { values(ragged(4).padded_batch(4, {.padding_values = {.y = {1}}})); },
               {"1 padding values are given for y, which has 0"});
  expect_error([] { values(ragged(4).padded_batch(4, {.padding_values = {.x = {0.5}}})); },
               {"padding value 0.5", "x is no int64"});
}

TEST(DatasetErrors, BucketsAreChecked) {
  const auto length = [](const Element& e) { return e.x[0].size(); };
  const auto bucket = [&](BucketOptions options) {
    return values(ragged(6).bucket_by_sequence_length(length, std::move(options)));
  };
  expect_error(
      [&] {
        bucket({.bucket_boundaries = {4, 2}, .bucket_batch_sizes = {1, 1, 1}});
      },
      {"ascend", "{4, 2}"});
  expect_error([&] { bucket({.bucket_boundaries = {}, .bucket_batch_sizes = {1}}); }, {"at least one"});
  expect_error(
      [&] {
        bucket({.bucket_boundaries = {2, 4}, .bucket_batch_sizes = {1, 1}});
      },
      {"2 boundaries make 3 buckets", "2 batch sizes"});
  expect_error(
      [&] {
        bucket({.bucket_boundaries = {2}, .bucket_batch_sizes = {1, 0}});
      },
      {"batch size", "0"});
  BucketOptions fixed = {.bucket_boundaries = {2, 4}, .bucket_batch_sizes = {2, 2, 2}};
  fixed.pad_to_bucket_boundary = true;
  expect_error([&] { bucket(fixed); }, {"pad_to_bucket_boundary needs padded_shapes for x"});
  fixed.padded_shapes.x = {{-1}};
  expect_error([&] { bucket(fixed); }, {"element 4", "as long as the last boundary, 4"});
  const auto negative = [](const Element&) -> int64_t { return -1; };
  const Dataset wrong =
      ragged(3).bucket_by_sequence_length(negative, {.bucket_boundaries = {2}, .bucket_batch_sizes = {1, 1}});
  expect_error([&] { values(wrong); }, {"element 0", "length function gave -1"});
}

TEST(DatasetErrors, ZipWantsAPlaceForEveryPart) {
  const Dataset d = Dataset::range(3);
  expect_error([&] { Dataset::zip({d}); }, {"2 or 3", "received 1", "function"});
  expect_error(
      [&] {
        values(Dataset::zip({d, Dataset::zip({d, d})}));
      },
      {"element 0 of zip", "dataset 1", "y: int64()", "x alone", "function"});
}

TEST(DatasetErrors, UnbatchWantsRows) {
  expect_error([] { values(Dataset::range(3).unbatch()); }, {"element 0 of unbatch", "scalar"});
}

TEST(DatasetErrors, GeneratorsKeepTheirSpec) {
  const auto generator = [](std::vector<Element> elements) {
    return [elements] {
      return [elements, i = size_t{0}]() mutable -> std::optional<Element> {
        return i < elements.size() ? std::optional(elements[i++]) : std::nullopt;
      };
    };
  };
  const ElementSpec spec = {.x = {{DType::kInt64, {-1}}}};
  EXPECT_EQ(values(Dataset::from_generator(generator({ints({1}), ints({1, 2})}), spec)).size(), 2u);
  expect_error(
      [&] {
        values(Dataset::from_generator(generator({ints({1}), {.x = Tensor(1.0f)}}), spec));
      },
      {"element 1 of from_generator", "x as int64(None,)", "received float32()"});
  expect_error(
      [&] { values(Dataset::from_generator(generator({{.x = ints({1}).x, .y = Tensor(1.0f)}}), spec)); },
      {"element 0", "0 tensors in y, received 1"});
  expect_error([&] { values(Dataset::from_generator(generator({{}}))); }, {"element 0", "no tensor in x"});
}

// Every stage that calls a function, threads or not: which element, which stage, and the message as it was.
TEST(DatasetErrors, FunctionsThatThrowAreNamed) {
  const auto bad = [](const Element& e) {
    if (number(e) == 5) throw std::runtime_error("bad pixel");
    return number(e);
  };
  const auto map = [bad](Element e) { return bad(e), e; };
  const Dataset d = Dataset::range(3, 9);
  for (const int calls : {0, 1, 3}) {
    for (const bool prefetch : {false, true}) {
      Dataset pipeline = d.map(map, {.num_parallel_calls = calls}).batch(1);
      if (prefetch) pipeline = pipeline.prefetch(2);
      Batch batch;
      pipeline.begin(0, 0);
      EXPECT_TRUE(pipeline.next(batch));
      EXPECT_TRUE(pipeline.next(batch));
      for (int again = 0; again < 2; ++again) {
        expect_error<Error>([&] { pipeline.next(batch); },
                            {"element 2 of map", "bad pixel", "pipeline: range(3, 9) > map"});
      }
      pipeline.begin(0, 0, 3);  // the element that throws is passed over
      EXPECT_TRUE(pipeline.next(batch));
      EXPECT_EQ(number(batch), 6);
    }
  }
  expect_error<Error>([&] { values(d.filter([bad](const Element& e) { return bad(e) > 0; })); },
                      {"element 2 of filter", "bad pixel"});
  expect_error<Error>([&] { values(d.flat_map([bad](Element e) { return Dataset::range(bad(e)); })); },
                      {"element 2 of flat_map", "bad pixel"});
  expect_error<Error>(
      [&] {
        values(Dataset::zip({d, d}, [bad](std::vector<Element> e) { return bad(e[0]), e[1]; }));
      },
      {"element 2 of zip", "bad pixel"});
  expect_error<Error>(
      [&] {
        values(d.map([](Element e) {
                  return ints({number(e)});
                }).bucket_by_sequence_length(bad, {.bucket_boundaries = {9}, .bucket_batch_sizes = {1, 1}}));
      },
      {"element 2 of bucket_by_sequence_length", "bad pixel"});
  const auto generator = [] {
    return []() -> std::optional<Element> { throw std::runtime_error("bad line"); };
  };
  expect_error<Error>([&] { values(Dataset::from_generator(generator)); },
                      {"element 0 of from_generator", "bad line"});
  expect_error<Error>([&] { values(Dataset::from_generator([]() -> Generator { throw 42; })); },
                      {"element 0 of from_generator", "no std::exception"});
}

TEST(DatasetErrors, KeepTheirType) {
  const auto throwing = [](auto error) {
    return [error] { values(Dataset::range(1).map([error](Element) -> Element { throw error; })); };
  };
  expect_error<InvalidArgument>(throwing(InvalidArgument("one")), {"element 0 of map: one"});
  expect_error<Unsupported>(throwing(Unsupported("two")), {"element 0 of map: two"});
  expect_error<FileError>(throwing(FileError("three")), {"element 0 of map: three"});
  try {
    throwing(std::out_of_range("four"))();
    FAIL();
  } catch (const Error& error) {
    EXPECT_THROW(std::rethrow_if_nested(error), std::out_of_range);
  }
}

TEST(DatasetErrors, FilesAreNamed) {
  const auto read = [](const std::string& path) -> Element { throw FileError("no such file: " + path); };
  expect_error<FileError>([&] { values(Dataset::from_files({"cat.png"}, read)); },
                          {"element 0 of from_files: 'cat.png': no such file"});
}

TEST(DatasetErrors, MapsMustGiveATensor) {
  expect_error([] { values(Dataset::range(2).map([](Element) { return Element{}; })); },
               {"element 0 of map", "no tensor in x", "filter"});
  expect_error(
      [] {
        values(Dataset::range(2).map([](Element e) { return Element{.x = {e.x[0], Tensor()}}; }));
      },
      {"element 0 of map", "undefined"});
}

TEST(DatasetErrors, FunctionsOfTensorsWantOneEach) {
  const auto of_both = [](Tensor x, Tensor y) { return std::pair(x, y); };
  expect_error([&] { values(Dataset::range(2).map(of_both)); },
               {"element 0 of map", "takes y as one tensor, but there are 0", "function of the Element"});
}

TEST(DatasetErrors, PassesMustBeBegun) {
  Dataset d = Dataset::range(2);
  Batch batch;
  expect_error([&] { d.next(batch); }, {"call begin first"});
  expect_error([&] { d.begin(-1, 0); }, {"0 or more", "received -1 and 0"});
  expect_error([&] { d.begin(0, 0, -3); }, {"received 0 and -3"});
}

}  // namespace
}  // namespace lamina
