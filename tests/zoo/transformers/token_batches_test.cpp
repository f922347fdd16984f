// Batches of about as many tokens: every pair once an epoch, shifted targets, labels that do not count.
#include "lamina/zoo/transformers/token_batches.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "lamina/base/error.h"
#include "lamina/zoo/transformers/language_loss.h"

namespace lamina {
namespace {

using Numbers = std::vector<std::vector<int32_t>>;

// Text i is i + 10 as often as its length says, and then 1, which ends it.
Numbers texts(const std::vector<int>& lengths) {
  Numbers all;
  for (size_t i = 0; i < lengths.size(); ++i) {
    all.emplace_back(static_cast<size_t>(lengths[i] - 1), static_cast<int32_t>(i + 10));
    all.back().push_back(1);
  }
  return all;
}

const std::vector<int> kSources = {3, 9, 2, 5, 5, 8, 4, 1, 7, 6}, kTargets = {4, 2, 2, 6, 5, 9, 3, 2, 7, 11};

TEST(TokenBatches, GivesEveryPairOnceAnEpoch) {
  TokenBatches batches(texts(kSources), texts(kTargets), {.tokens = 24, .length_step = 4});
  for (int epoch = 0; epoch < 3; ++epoch) {
    std::multiset<int32_t> seen;
    int64_t count = 0;
    Batch batch;
    for (batches.begin(epoch, 5); batches.next(batch); ++count) {
      const Shape shape = batch.x[0].shape();
      EXPECT_LE(shape[0] * shape[1], 24);
      EXPECT_EQ(shape[1] % 4, 0);
      const auto labels = batch.y[0].to_vector<int32_t>();
      for (int64_t row = 0; row < shape[0]; ++row) {
        const int32_t first = labels[static_cast<size_t>(row * shape[1])];
        if (first != kIgnoredLabel) seen.insert(first);
      }
    }
    EXPECT_EQ(count, *batches.steps());
    // Texts of one token begin with the end; all others with a number of their own.
    EXPECT_EQ(seen, (std::multiset<int32_t>{10, 11, 12, 13, 14, 15, 16, 17, 18, 19}));
  }
}

TEST(TokenBatches, KnowOtherTextsOfTheSameNumber) {
  const auto identity = [](Numbers sources, Numbers targets) {
    return TokenBatches(std::move(sources), std::move(targets)).identity().dump();
  };
  const std::string is = identity({{5, 6, 1}, {7, 1}}, {{8, 1}, {9, 1}});
  EXPECT_EQ(is, identity({{5, 6, 1}, {7, 1}}, {{8, 1}, {9, 1}}));
  EXPECT_NE(is, identity({{5, 6, 1}, {7, 1}}, {{8, 1}, {4, 1}}));
  EXPECT_NE(is, identity({{5, 6}, {1, 7, 1}}, {{8, 1}, {9, 1}}));  // the same tokens in other texts
  EXPECT_NE(is, identity({{7, 1}, {5, 6, 1}}, {{8, 1}, {9, 1}}));
}

TEST(TokenBatches, ShiftsTargetsAndMarksPadding) {
  TokenBatches batches({{5, 6, 1}}, {{7, 1}},
                       {.tokens = 4, .length_step = 4, .pad_token_id = 0, .decoder_start_token_id = 3});
  Batch batch;
  batches.begin(0, 0);
  ASSERT_TRUE(batches.next(batch));
  EXPECT_EQ(batch.x[0].to_vector<int32_t>(), (std::vector<int32_t>{5, 6, 1, 0}));
  EXPECT_EQ(batch.x[1].to_vector<int32_t>(), (std::vector<int32_t>{1, 1, 1, 0}));
  EXPECT_EQ(batch.x[2].to_vector<int32_t>(), (std::vector<int32_t>{3, 7, 0, 0}));
  EXPECT_EQ(batch.y[0].to_vector<int32_t>(), (std::vector<int32_t>{7, 1, kIgnoredLabel, kIgnoredLabel}));
  EXPECT_FALSE(batches.next(batch));
}

TEST(TokenBatches, HasAnotherOrderInEachEpochAndGoesOnAmidOne) {
  const auto order = [](int epoch, uint64_t seed, int64_t from) {
    TokenBatches batches(texts(kSources), texts(kTargets), {.tokens = 12, .length_step = 4});
    std::vector<std::vector<int32_t>> all;
    Batch batch;
    for (batches.begin(epoch, seed, from); batches.next(batch);)
      all.push_back(batch.y[0].to_vector<int32_t>());
    return all;
  };
  EXPECT_EQ(order(1, 3, 0), order(1, 3, 0));
  EXPECT_NE(order(1, 3, 0), order(2, 3, 0));
  EXPECT_NE(order(1, 3, 0), order(1, 4, 0));
  const auto whole = order(1, 3, 0), rest = order(1, 3, 2);
  EXPECT_EQ(std::vector(whole.begin() + 2, whole.end()), rest);
}

TEST(TokenBatches, HasOneShapeForEachLength) {
  TokenBatches batches(texts(std::vector<int>(101, 6)), texts(std::vector<int>(101, 5)),
                       {.tokens = 64, .length_step = 4});
  std::set<std::string> shapes;
  Batch batch;
  for (batches.begin(0, 0); batches.next(batch);) shapes.insert(batch.x[0].shape().str());
  EXPECT_EQ(shapes.size(), 1u);
}

TEST(TokenBatches, CutsLongTextsAndKeepsTheirEnd) {
  TokenBatches batches({{5, 6, 7, 8, 9, 1}}, {{7, 1}}, {.tokens = 4, .length_step = 4, .max_length = 4});
  Batch batch;
  batches.begin(0, 0);
  ASSERT_TRUE(batches.next(batch));
  EXPECT_EQ(batch.x[0].to_vector<int32_t>(), (std::vector<int32_t>{5, 6, 7, 1}));
}

TEST(TokenBatches, RefusesWhatDoesNotFit) {
  EXPECT_THROW(TokenBatches({{1}}, {}), InvalidArgument);
  EXPECT_THROW(TokenBatches({{}}, {{1}}), InvalidArgument);
  EXPECT_THROW(TokenBatches({{1}}, {{1}}, {.tokens = 0}), InvalidArgument);
}

}  // namespace
}  // namespace lamina
