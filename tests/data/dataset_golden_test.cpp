// The stages whose order is fixed, against tf.data (tools/golden/datasets.py).
#include <gtest/gtest.h>

#include <map>

#include "lamina/ops/broadcast_to.h"
#include "lamina/ops/reshape.h"
#include "tests/data/dataset_support.h"
#include "tests/support/golden.h"

namespace lamina {
namespace {

using test::number;

// Element i holds lengths[i] times the number i + 1.
Dataset ragged(std::vector<int64_t> lengths) {
  return Dataset::from_generator([lengths] {
    return [lengths, i = size_t{0}]() mutable -> std::optional<Element> {
      if (i == lengths.size()) return std::nullopt;
      const auto n = static_cast<size_t>(lengths[i++]);
      return test::ints(std::vector<int64_t>(n, static_cast<int64_t>(i)));
    };
  });
}

int64_t length(const Element& element) { return element.x[0].shape()[0]; }

// The pipelines of tools/golden/datasets.py, by name.
std::map<std::string, Dataset> pipelines(const std::vector<int64_t>& lengths,
                                         const test::TemporaryFolder& folder) {
  std::map<std::string, Dataset> all;
  const auto add = [&all](const std::string& name, const Dataset& dataset) { all.emplace(name, dataset); };
  const auto range = [](int64_t stop) { return Dataset::range(stop); };
  const auto flag = [](bool value) { return value ? "_1" : "_0"; };
  BucketOptions buckets = {.bucket_boundaries = {2, 4, 8}, .bucket_batch_sizes = {2, 3, 2, 1}};
  for (const bool drop : {false, true}) {
    for (const int n : {0, 1, 6, 7}) {
      add("batch_" + std::to_string(n) + flag(drop), range(n).batch(3, {.drop_remainder = drop}));
    }
    for (const auto& w : std::vector<std::vector<int64_t>>{
             {3, 3, 1}, {3, 1, 1}, {2, 5, 1}, {3, 2, 2}, {1, 4, 3}, {4, 3, 3}}) {
      const std::string name =
          "window_" + std::to_string(w[0]) + "_" + std::to_string(w[1]) + "_" + std::to_string(w[2]);
      add(name + flag(drop), range(11).window(w[0], {.shift = w[1], .stride = w[2], .drop_remainder = drop}));
    }
    add(std::string("padded_batch") + flag(drop), ragged(lengths).padded_batch(4, {.drop_remainder = drop}));
    buckets.drop_remainder = drop;
    add(std::string("bucket") + flag(drop), ragged(lengths).bucket_by_sequence_length(length, buckets));
  }
  buckets.drop_remainder = false;
  buckets.pad_to_bucket_boundary = true;
  buckets.padded_shapes.x = {{-1}};
  const Dataset short_ones = ragged(lengths).filter([](const Element& e) { return length(e) < 8; });
  add("bucket_to_boundary", short_ones.bucket_by_sequence_length(length, buckets));
  add("padded_batch_to_10",
      ragged(lengths).padded_batch(5, {.padded_shapes = {.x = {{10}}}, .padding_values = {.x = {-1}}}));
  const auto matrix = [](Element e) {
    const int64_t n = length(e);
    return Element{.x = broadcast_to(reshape(e.x[0], {n, 1}), {n, n + 1})};
  };
  add("padded_batch_matrices",
      ragged({1, 2, 0, 3}).map(matrix).padded_batch(3, {.padded_shapes = {.x = {{-1, -1}}}}));

  for (const int64_t cycle : {1, 2, 3, 5}) {
    for (const int64_t block : {1, 2, 4}) {
      const auto open = [](Element e) {
        const int64_t n = number(e);
        return Dataset::range(10 * n, 10 * n + (n * 5) % 7);
      };
      add("interleave_" + std::to_string(cycle) + "_" + std::to_string(block),
          Dataset::range(1, 7).interleave(open, {.cycle_length = cycle, .block_length = block}));
    }
  }
  add("flat_map", range(5).flat_map([](Element e) { return Dataset::range(number(e)); }));
  add("batch_of_batches", range(11).batch(2).take(5).batch(2));
  add("unbatch", range(7).batch(3).unbatch());
  add("take_skip", range(10).skip(3).take(4));
  add("skip_all", range(3).skip(5));
  add("take_endless", range(3).repeat().take(8));
  add("repeat", range(3).repeat(2));
  add("repeat_none", range(3).repeat(0));
  add("repeat_empty", range(0).repeat());
  add("concatenate", range(3).concatenate(Dataset::range(7, 9)));
  add("shard", range(10).shard(3, 1));
  add("shard_unbatched", range(10).batch(4).unbatch().shard(4, 3));
  add("filter", range(9).filter([](const Element& e) { return number(e) % 3 == 1; }));
  add("range_down", Dataset::range(9, 0, -4));
  add("cache_repeat", range(3).cache().repeat(2));
  add("prefetch", range(3).prefetch(2));
  add("shuffle_one", range(6).shuffle(1));
  const auto together = [](Element e) { return test::ints({number({.x = e.x[0]}), number({.x = e.x[1]})}); };
  add("enumerate", Dataset::range(7, 10).enumerate().map(together));
  add("enumerate_from", Dataset::range(7, 12).enumerate(-2).map(together).skip(1).repeat(2));
  const auto squares = [&] {
    return range(5)
        .map([](Element e) {
          return Element{.x = Tensor::from(std::vector<int64_t>{number(e) * number(e)}, Shape{})};
        })
        .cache(folder / "squares");
  };
  add("cache_file_left_early", squares().take(2));
  add("cache_file", squares().repeat(2));
  add("cache_file_again", squares().skip(1));
  return all;
}

TEST(DatasetGolden, GivesTheElementsOfTfData) {
  const test::Golden golden("data/datasets");
  const test::TemporaryFolder folder;
  const Json cases = golden.json("cases");
  const std::map<std::string, Dataset> ours = pipelines(golden.at("lengths").to_vector<int64_t>(), folder);
  EXPECT_EQ(ours.size(), cases.size());
  int64_t elements = 0;
  for (const auto& member : cases.as_object()) {
    const auto found = ours.find(member.first);
    ASSERT_NE(found, ours.end()) << member.first;
    const int64_t cardinality = member.second.at("cardinality").as_int();
    // Where tf.data does not know, we may.
    if (cardinality != Dataset::kUnknown) {
      EXPECT_EQ(found->second.cardinality(), cardinality) << member.first;
    }
    size_t count = 0;
    const Json::List& expected = member.second.at("elements").as_list();
    for (const Element& element : found->second) {
      ASSERT_LT(count, expected.size()) << member.first;
      const Json& wanted = expected[count++];
      EXPECT_EQ(element.x[0].dtype(), DType::kInt64);
      std::vector<int64_t> shape, values;
      for (const Json& extent : wanted.at(0).as_list()) shape.push_back(extent.as_int());
      for (const Json& value : wanted.at(1).as_list()) values.push_back(value.as_int());
      EXPECT_EQ(element.x[0].shape().dims(), shape) << member.first << " " << count;
      EXPECT_EQ(element.x[0].to_vector<int64_t>(), values) << member.first << " " << count;
    }
    EXPECT_EQ(count, expected.size()) << member.first;
    elements += static_cast<int64_t>(count);
  }
  EXPECT_GT(elements, 400);
}

}  // namespace
}  // namespace lamina
