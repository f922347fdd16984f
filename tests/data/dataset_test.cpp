// Each stage of a Dataset by itself: its elements, its cardinality, and what fit asks of it.
#include "lamina/data/dataset.h"

#include <gtest/gtest.h>

#include <set>

#include "lamina/core/tensor_node.h"
#include "tests/data/dataset_support.h"

namespace lamina {
namespace {

using test::number;
using test::numbers;
using test::values;
using Numbers = std::vector<int64_t>;

TEST(DatasetSources, SlicesAreTheRowsOfAllTensors) {
  const Tensor x = Tensor::from<float>({0, 1, 2, 3, 4, 5}, {3, 2});
  const Tensor y = Tensor::from<int32_t>({7, 8, 9});
  const Dataset dataset = Dataset::from_tensor_slices(x, y, Tensor::from<float>({0.5f, 1, 2}));
  EXPECT_EQ(dataset.cardinality(), 3);
  int count = 0;
  for (const Element& element : dataset) {
    EXPECT_EQ(element.x[0].shape(), Shape({2}));
    EXPECT_EQ(element.x[0].to_vector<float>(), (std::vector<float>{2.0f * count, 2.0f * count + 1}));
    EXPECT_EQ(element.y[0].item<int32_t>(), 7 + count);
    EXPECT_EQ(element.sample_weight[0].rank(), 0);
    ++count;
  }
  EXPECT_EQ(count, 3);
}

TEST(DatasetSources, SlicesKeepNames) {
  const Tensors x = {{"words", Tensor::from<int32_t>({1, 2})}, {"lengths", Tensor::from<int32_t>({3, 4})}};
  const Dataset dataset = Dataset::from_tensor_slices(x);
  for (const Element& batch : dataset.batch(2)) {
    EXPECT_EQ(batch.x["lengths"].to_vector<int32_t>(), (std::vector<int32_t>{3, 4}));
  }
}

TEST(DatasetSources, TensorsAreOneElement) {
  const Dataset dataset = Dataset::from_tensors(Tensor::from<int64_t>({1, 2}));
  EXPECT_EQ(values(dataset), (std::vector<Numbers>{{1, 2}}));
  EXPECT_EQ(dataset.cardinality(), 1);
}

TEST(DatasetSources, RangesCountInBothDirections) {
  EXPECT_EQ(numbers(Dataset::range(3)), (Numbers{0, 1, 2}));
  EXPECT_EQ(numbers(Dataset::range(2, 9, 3)), (Numbers{2, 5, 8}));
  EXPECT_EQ(numbers(Dataset::range(5, 0, -2)), (Numbers{5, 3, 1}));
  EXPECT_EQ(numbers(Dataset::range(5, 5)), Numbers());
  EXPECT_EQ(Dataset::range(2, 9, 3).cardinality(), 3);
  EXPECT_EQ(Dataset::range(INT64_MIN, INT64_MAX, INT64_MAX).cardinality(), 3);
}

TEST(DatasetSources, GeneratorsStartAnewInEachPass) {
  int made = 0;
  Dataset dataset = Dataset::from_generator([&made] {
    ++made;
    return [i = 0]() mutable -> std::optional<Element> {
      if (i == 3) return std::nullopt;
      return Element{.x = Tensor::from<int64_t>({i++})};
    };
  });
  EXPECT_EQ(dataset.cardinality(), Dataset::kUnknown);
  EXPECT_EQ(made, 0);
  for (int epoch = 0; epoch < 2; ++epoch) EXPECT_EQ(numbers(dataset, epoch), (Numbers{0, 1, 2}));
  EXPECT_EQ(made, 2);
}

TEST(DatasetSources, FilesAreReadInOrderOrShuffled) {
  const std::vector<std::string> paths = {"a", "bb", "ccc", "dddd"};
  const auto read = [](const std::string& path) {
    return Element{.x = Tensor::from<int64_t>({static_cast<int64_t>(path.size())})};
  };
  EXPECT_EQ(numbers(Dataset::from_files(paths, read)), (Numbers{1, 2, 3, 4}));
  const Dataset shuffled = Dataset::from_files(paths, read, {.shuffle = true, .num_parallel_calls = 2});
  const Numbers first = numbers(shuffled);
  EXPECT_EQ(std::multiset(first.begin(), first.end()), (std::multiset<int64_t>{1, 2, 3, 4}));
  std::set<Numbers> orders;
  for (int epoch = 0; epoch < 8; ++epoch) orders.insert(numbers(shuffled, epoch));
  EXPECT_GT(orders.size(), 2u);
}

TEST(DatasetSources, RandomNumbersMakeMapsRandomWithoutState) {
  const auto noise = [](std::vector<Element> parts) {
    const Tensor key = random_key(parts[1].x[0].item<int64_t>());
    return Element{.x = parts[0].x[0] + random_uniform(key, {2})};
  };
  const Dataset zeros = Dataset::from_tensor_slices(Tensor::from(std::vector<float>(6, 0.0f), {3, 2}));
  const auto noisy = [&](bool anew) {
    return Dataset::zip({zeros, Dataset::random({.rerandomize_each_iteration = anew})}, noise).batch(3);
  };
  const auto pass = [](Dataset dataset, int epoch, uint64_t seed) {
    Batch batch;
    dataset.begin(epoch, seed);
    EXPECT_TRUE(dataset.next(batch));
    return batch.x[0].to_vector<float>();
  };
  EXPECT_EQ(pass(noisy(true), 1, 3), pass(noisy(true), 1, 3));
  EXPECT_NE(pass(noisy(true), 1, 3), pass(noisy(true), 2, 3));
  EXPECT_NE(pass(noisy(true), 1, 3), pass(noisy(true), 1, 4));
  EXPECT_EQ(pass(noisy(false), 1, 3), pass(noisy(false), 2, 3));
  const std::vector<float> drawn = pass(noisy(true), 0, 0);
  EXPECT_EQ(std::set<float>(drawn.begin(), drawn.end()).size(), 6u);
}

TEST(DatasetStages, LeaveTheDatasetThatTheyExtendAsItWas) {
  const Dataset three = Dataset::range(3);
  const Dataset doubled = three.map([](Element e) { return Element{.x = e.x[0] * 2}; });
  EXPECT_EQ(numbers(doubled), (Numbers{0, 2, 4}));
  EXPECT_EQ(numbers(three), (Numbers{0, 1, 2}));
  EXPECT_EQ(doubled.str(), "range(0, 3) > map");
}

TEST(DatasetStages, MapGivesComputedTensors) {
  const Dataset dataset = Dataset::range(2).map([](Element e) {
    const Tensor x = cast(e.x[0], DType::kFloat32) + 0.5f;
    return Element{.x = {x, x * 2.0f}, .y = x};
  });
  for (const Element& element : dataset) {
    for (const Tensor& tensor : element.x) {
      EXPECT_TRUE(tensor.computed());
      EXPECT_FALSE(tensor.node()->history);  // which would keep e.x alive, and is of the thread that has it
    }
    EXPECT_EQ(element.x[1].item(), 2 * element.y[0].item());
  }
}

TEST(DatasetStages, MapTakesFunctionsOfTensors) {
  const Tensor x = Tensor::from<float>({1, 2, 3}), y = Tensor::from<float>({4, 5, 6});
  const Dataset samples = Dataset::from_tensor_slices(x, y, y);
  const Dataset dataset = samples.map([](Tensor x) { return x * 2.0f; })
                              .map([](const Tensor& x, const Tensor& y) { return std::pair(x, x + y); },
                                   {.num_parallel_calls = 2});
  for (const Element& batch : dataset.batch(3)) {
    EXPECT_EQ(batch.x[0].to_vector<float>(), (std::vector<float>{2, 4, 6}));
    EXPECT_EQ(batch.y[0].to_vector<float>(), (std::vector<float>{6, 9, 12}));
    EXPECT_EQ(batch.sample_weight[0].to_vector<float>(), (std::vector<float>{4, 5, 6}));
  }
}

TEST(DatasetStages, FilterKeepsWhatThePredicateLikes) {
  const Dataset odd = Dataset::range(7).filter([](const Element& e) { return number(e) % 2 == 1; });
  EXPECT_EQ(numbers(odd), (Numbers{1, 3, 5}));
  EXPECT_EQ(odd.cardinality(), Dataset::kUnknown);
  EXPECT_FALSE(odd.endless());
}

TEST(DatasetStages, TakeSkipAndShardCount) {
  EXPECT_EQ(numbers(Dataset::range(5).take(3)), (Numbers{0, 1, 2}));
  EXPECT_EQ(numbers(Dataset::range(5).take(0)), Numbers());
  EXPECT_EQ(numbers(Dataset::range(5).take(9)), (Numbers{0, 1, 2, 3, 4}));
  EXPECT_EQ(numbers(Dataset::range(5).skip(3)), (Numbers{3, 4}));
  EXPECT_EQ(numbers(Dataset::range(5).skip(9)), Numbers());
  EXPECT_EQ(numbers(Dataset::range(8).shard(3, 1)), (Numbers{1, 4, 7}));
  EXPECT_EQ(Dataset::range(8).shard(3, 2).cardinality(), 2);
  EXPECT_EQ(Dataset::range(5).skip(9).cardinality(), 0);
  EXPECT_EQ(Dataset::range(5).repeat().take(7).cardinality(), 7);
  EXPECT_EQ(Dataset::range(5).repeat().skip(7).cardinality(), Dataset::kInfinite);
}

TEST(DatasetStages, RepeatAndConcatenateFollowOn) {
  EXPECT_EQ(numbers(Dataset::range(2).repeat(3)), (Numbers{0, 1, 0, 1, 0, 1}));
  EXPECT_EQ(numbers(Dataset::range(2).repeat(0)), Numbers());
  EXPECT_EQ(numbers(Dataset::range(2).repeat().take(5)), (Numbers{0, 1, 0, 1, 0}));
  EXPECT_EQ(numbers(Dataset::range(2).concatenate(Dataset::range(5, 7))), (Numbers{0, 1, 5, 6}));
  EXPECT_EQ(Dataset::range(2).repeat(3).cardinality(), 6);
  EXPECT_EQ(Dataset::range(2).repeat().cardinality(), Dataset::kInfinite);
  EXPECT_EQ(Dataset::range(2).repeat().concatenate(Dataset::range(2)).cardinality(), Dataset::kInfinite);
}

TEST(DatasetStages, RepeatingNothingEnds) {
  EXPECT_EQ(numbers(Dataset::range(0).repeat()), Numbers());
  const auto none = [](const Element&) { return false; };
  EXPECT_EQ(numbers(Dataset::range(3).filter(none).repeat()), Numbers());
}

TEST(DatasetStages, ShuffleDrawsFromTheBuffer) {
  for (const int64_t buffer : {1, 3, 10, 50}) {
    const Numbers drawn = numbers(Dataset::range(20).shuffle(buffer));
    Numbers sorted = drawn;
    std::sort(sorted.begin(), sorted.end());
    EXPECT_EQ(sorted, numbers(Dataset::range(20)));
    for (size_t i = 0; i < drawn.size(); ++i) EXPECT_LT(drawn[i], static_cast<int64_t>(i) + buffer);
    EXPECT_EQ(drawn == sorted, buffer == 1) << buffer;
  }
}

TEST(DatasetStages, ShuffleOfEverythingIsEven) {
  // Every number at every place about as often: 4 numbers, 4,000 passes; 1,000 +- 5 standard deviations.
  std::vector<std::vector<int>> counts(4, std::vector<int>(4, 0));
  Dataset dataset = Dataset::range(4).shuffle(4);
  for (int epoch = 0; epoch < 4000; ++epoch) {
    const Numbers order = numbers(dataset, epoch, 7);
    for (size_t place = 0; place < 4; ++place) ++counts[place][static_cast<size_t>(order[place])];
  }
  for (const auto& row : counts) {
    for (const int count : row) EXPECT_NEAR(count, 1000, 137);
  }
}

TEST(DatasetStages, ShuffleGoesBySeedAndPass) {
  const Dataset free = Dataset::range(30).shuffle(30);
  EXPECT_EQ(numbers(free, 0, 1), numbers(free, 0, 1));
  EXPECT_NE(numbers(free, 0, 1), numbers(free, 1, 1));
  EXPECT_NE(numbers(free, 0, 1), numbers(free, 0, 2));
  const Dataset fixed = Dataset::range(30).shuffle(30, {.seed = 5});
  EXPECT_EQ(numbers(fixed, 0, 1), numbers(fixed, 0, 2));
  EXPECT_NE(numbers(fixed, 0), numbers(fixed, 1));
  const Dataset once = Dataset::range(30).shuffle(30, {.reshuffle_each_iteration = false});
  EXPECT_EQ(numbers(once, 0), numbers(once, 1));
  const Numbers twice = numbers(Dataset::range(30).shuffle(30).repeat(2));
  EXPECT_NE(Numbers(twice.begin(), twice.begin() + 30), Numbers(twice.begin() + 30, twice.end()));
  // Two shuffles of one pipeline are not the same shuffle.
  EXPECT_NE(numbers(Dataset::zip({free, free}), 0, 1), numbers(free, 0, 1));
}

TEST(DatasetStages, BatchStacksAndKeepsTheRemainder) {
  EXPECT_EQ(values(Dataset::range(5).batch(2)), (std::vector<Numbers>{{0, 1}, {2, 3}, {4}}));
  EXPECT_EQ(values(Dataset::range(5).batch(2, {.drop_remainder = true})),
            (std::vector<Numbers>{{0, 1}, {2, 3}}));
  EXPECT_EQ(Dataset::range(5).batch(2).cardinality(), 3);
  EXPECT_EQ(Dataset::range(5).batch(2, {.drop_remainder = true}).cardinality(), 2);
  EXPECT_EQ(numbers(Dataset::range(5).batch(2).unbatch()), (Numbers{0, 1, 2, 3, 4}));
  EXPECT_EQ(numbers(Dataset::range(5).batch(2).unbatch().skip(3)), (Numbers{3, 4}));
}

TEST(DatasetStages, PaddedBatchFillsUp) {
  const Dataset ragged = test::ragged(4);  // {}, {1}, {2, 2}, {3, 3, 3}
  EXPECT_EQ(values(ragged.padded_batch(2)), (std::vector<Numbers>{{0, 1}, {2, 2, 0, 3, 3, 3}}));
  const PaddedBatchOptions to_four = {.padded_shapes = {.x = {{4}}}, .padding_values = {.x = {-1}}};
  EXPECT_EQ(values(ragged.padded_batch(2, to_four)),
            (std::vector<Numbers>{{-1, -1, -1, -1, 1, -1, -1, -1}, {2, 2, -1, -1, 3, 3, 3, -1}}));
}

TEST(DatasetStages, PaddedBatchFillsUpInnerAxes) {
  const Dataset dataset = Dataset::range(1, 3).map([](Element e) {
    const int64_t n = number(e);
    return Element{.x = Tensor::from(std::vector<float>(static_cast<size_t>(n * 2), 1.0f), {n, 2}),
                   .y = Tensor::from(std::vector<float>(static_cast<size_t>(n * n), 2.0f), {n, n})};
  });
  for (const Element& batch : dataset.padded_batch(2, {.padding_values = {.y = {9}}})) {
    EXPECT_EQ(batch.x[0].shape(), Shape({2, 2, 2}));
    EXPECT_EQ(batch.x[0].to_vector<float>(), (std::vector<float>{1, 1, 0, 0, 1, 1, 1, 1}));
    EXPECT_EQ(batch.y[0].to_vector<float>(), (std::vector<float>{2, 9, 9, 9, 2, 2, 2, 2}));
  }
}

TEST(DatasetStages, BucketsHoldSimilarLengths) {
  const auto length = [](const Element& e) { return e.x[0].size(); };
  const BucketOptions options = {.bucket_boundaries = {2, 4}, .bucket_batch_sizes = {2, 2, 1}};
  const Dataset batches = test::ragged(6).bucket_by_sequence_length(length, options);
  EXPECT_EQ(values(batches),
            (std::vector<Numbers>{{0, 1}, {2, 2, 0, 3, 3, 3}, {4, 4, 4, 4}, {5, 5, 5, 5, 5}}));
  BucketOptions fixed = options;
  fixed.pad_to_bucket_boundary = true;
  fixed.padded_shapes.x = {{-1}};
  std::vector<Shape> shapes;
  for (const Element& batch : test::ragged(3).bucket_by_sequence_length(length, fixed)) {
    shapes.push_back(batch.x[0].shape());
  }
  EXPECT_EQ(shapes, (std::vector<Shape>{{2, 1}, {1, 3}}));
}

TEST(DatasetStages, WindowsSlide) {
  EXPECT_EQ(values(Dataset::range(7).window(3)), (std::vector<Numbers>{{0, 1, 2}, {3, 4, 5}, {6}}));
  EXPECT_EQ(values(Dataset::range(5).window(3, {.shift = 1, .drop_remainder = true})),
            (std::vector<Numbers>{{0, 1, 2}, {1, 2, 3}, {2, 3, 4}}));
  EXPECT_EQ(values(Dataset::range(7).window(2, {.shift = 4, .stride = 2})),
            (std::vector<Numbers>{{0, 2}, {4, 6}}));
}

TEST(DatasetStages, InterleaveTakesTurns) {
  const auto three_of = [](Element e) {
    const int64_t n = number(e);
    return Dataset::range(10 * n, 10 * n + n);
  };
  const Dataset inputs = Dataset::range(1, 5);
  EXPECT_EQ(numbers(inputs.flat_map(three_of)), (Numbers{10, 20, 21, 30, 31, 32, 40, 41, 42, 43}));
  for (const int calls : {0, 2}) {
    const InterleaveOptions options = {.cycle_length = 2, .block_length = 2, .num_parallel_calls = calls};
    EXPECT_EQ(numbers(inputs.interleave(three_of, options)),
              (Numbers{10, 20, 21, 30, 31, 32, 40, 41, 42, 43}));
  }
}

TEST(DatasetStages, ZipEndsWithTheShortest) {
  const Dataset zipped =
      Dataset::zip({Dataset::range(3), Dataset::range(10, 20), Dataset::range(9).repeat()});
  EXPECT_EQ(zipped.cardinality(), 3);
  int count = 0;
  for (const Element& element : zipped) {
    EXPECT_EQ(element.y[0].item<int64_t>(), 10 + count);
    EXPECT_EQ(element.sample_weight[0].item<int64_t>(), count++);
  }
  EXPECT_EQ(count, 3);
}

TEST(DatasetStages, CacheComputesOnce) {
  auto calls = std::make_shared<int>(0);
  const auto counting = [calls](Element e) {
    ++*calls;
    return e;
  };
  const Dataset dataset = Dataset::range(4).shuffle(4).map(counting).cache();
  Dataset partial = dataset.take(2);
  EXPECT_EQ(numbers(partial).size(), 2u);
  EXPECT_EQ(*calls, 2);  // an abandoned pass keeps nothing
  const Numbers first = numbers(dataset, 2, 9);
  EXPECT_EQ(*calls, 6);
  EXPECT_EQ(numbers(dataset, 3, 9), first);
  EXPECT_EQ(numbers(dataset.skip(1), 3, 9), Numbers(first.begin() + 1, first.end()));
  EXPECT_EQ(*calls, 6);
  EXPECT_NE(numbers(dataset, 0, 10), Numbers());  // another seed: another order, computed anew
  EXPECT_EQ(*calls, 10);
}

TEST(DatasetSource, TellsFitWhatItNeeds) {
  const Dataset samples = Dataset::from_tensor_slices(Tensor::from(std::vector<float>(20, 0.f), {10, 2}));
  const Dataset batches = samples.shuffle(10).batch(4).prefetch(2);
  EXPECT_EQ(batches.steps(), 3);
  EXPECT_EQ(batches.samples(), 10);
  EXPECT_EQ(samples.batch(4, {.drop_remainder = true}).samples(), 8);
  EXPECT_FALSE(batches.endless());
  EXPECT_TRUE(batches.repeat().endless());
  EXPECT_EQ(batches.repeat().steps(), std::nullopt);
  EXPECT_TRUE(samples.repeat().filter([](const Element&) { return true; }).batch(2).endless());
  EXPECT_EQ(batches.identity(), samples.shuffle(10).batch(4).identity());
  EXPECT_FALSE(batches.identity() == samples.shuffle(10).batch(5).identity());
  EXPECT_EQ(batches.str(), "from_tensor_slices(x: float32(10, 2)) > shuffle(10) > batch(4) > prefetch(2)");
}

TEST(DatasetSource, CopiesShareNoPosition) {
  Dataset one = Dataset::range(3);
  Batch batch;
  one.begin(0, 0);
  EXPECT_TRUE(one.next(batch));
  Dataset other = one;
  EXPECT_THROW(other.next(batch), InvalidArgument);
  other.begin(0, 0);
  EXPECT_TRUE(other.next(batch));
  EXPECT_EQ(number(batch), 0);
  EXPECT_TRUE(one.next(batch));
  EXPECT_EQ(number(batch), 1);
  one.begin(0, 0, 3);
  EXPECT_FALSE(one.next(batch));
  EXPECT_FALSE(one.next(batch));
}

TEST(DatasetSource, AMoveTakesThePassAndLeavesTheDescription) {
  Dataset one = Dataset::range(3);
  Batch batch;
  one.begin(0, 0);
  EXPECT_TRUE(one.next(batch));
  Dataset other = std::move(one);
  EXPECT_TRUE(other.next(batch));
  EXPECT_EQ(number(batch), 1);
  EXPECT_EQ(numbers(one), (Numbers{0, 1, 2}));
  one = std::move(other);
  EXPECT_TRUE(one.next(batch));
  EXPECT_EQ(number(batch), 2);
}

}  // namespace
}  // namespace lamina
