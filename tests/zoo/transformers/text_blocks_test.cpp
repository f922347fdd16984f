// One long text in blocks: what follows what, in which order, and every token once.
#include "lamina/zoo/transformers/text_blocks.h"

#include <gtest/gtest.h>

#include <numeric>
#include <set>

#include "lamina/base/error.h"
#include "lamina/zoo/transformers/language_loss.h"
#include "tests/support/temporary_folder.h"

namespace lamina {
namespace {

std::vector<int32_t> numbers(int32_t count) {
  std::vector<int32_t> all(static_cast<size_t>(count));
  std::iota(all.begin(), all.end(), 0);
  return all;
}

// All pairs of a token and its label that count.
std::vector<std::pair<int32_t, int32_t>> pairs(TextBlocks& blocks, int epoch, uint64_t seed,
                                               int64_t first_step = 0) {
  std::vector<std::pair<int32_t, int32_t>> all;
  Batch batch;
  for (blocks.begin(epoch, seed, first_step); blocks.next(batch);) {
    EXPECT_EQ(batch.x[0].shape(), batch.y[0].shape());
    const auto ids = batch.x[0].to_vector<int32_t>(), labels = batch.y[0].to_vector<int32_t>();
    for (size_t i = 0; i < ids.size(); ++i) {
      if (labels[i] != kIgnoredLabel) all.emplace_back(ids[i], labels[i]);
    }
  }
  return all;
}

TEST(TextBlocks, GivesAllTokensInTheirOrder) {
  TextBlocks blocks(numbers(24), {.length = 5, .rows = 2, .shuffle = false});
  EXPECT_EQ(blocks.samples(), 5);
  EXPECT_EQ(blocks.steps(), 3);
  const auto all = pairs(blocks, 0, 1);
  ASSERT_EQ(all.size(), 23u);
  for (int32_t i = 0; i < 23; ++i) EXPECT_EQ(all[static_cast<size_t>(i)], std::make_pair(i, i + 1));
}

TEST(TextBlocks, ShufflesBlocksAndMovesTheirEdges) {
  TextBlocks blocks(numbers(101), {.length = 10, .rows = 2});
  EXPECT_EQ(blocks.steps(), 5);
  std::set<int32_t> first_edges;
  for (int epoch = 0; epoch < 6; ++epoch) {
    const auto all = pairs(blocks, epoch, 3);
    ASSERT_EQ(all.size(), 100u) << "batches are full";
    for (const auto& [id, label] : all) EXPECT_EQ(label, id + 1);
    EXPECT_GE(std::set(all.begin(), all.end()).size(), 90u) << "at most one block comes twice";
    first_edges.insert(all[0].first % 10);
    EXPECT_EQ(all, pairs(blocks, epoch, 3)) << "the seed decides";
    const auto rest = pairs(blocks, epoch, 3, 2);
    EXPECT_TRUE(std::equal(rest.begin(), rest.end(), all.begin() + 40)) << "it goes on amid an epoch";
  }
  EXPECT_GT(first_edges.size(), 1u);
  EXPECT_NE(pairs(blocks, 0, 3), pairs(blocks, 0, 4));
}

TEST(TextBlocks, FillsABatchFromAShortText) {
  TextBlocks blocks(numbers(11), {.length = 10, .rows = 4});
  EXPECT_EQ(blocks.steps(), 1);
  EXPECT_EQ(pairs(blocks, 0, 1).size(), 40u);
}

TEST(TextBlocks, RefusesTextsThatAreTooShort) {
  EXPECT_NE(test::message_of<InvalidArgument>([] {
              TextBlocks(numbers(10), {.length = 10});
            }).find("the text has 10 tokens; at least 11 are needed"),
            std::string::npos);
  EXPECT_THROW(TextBlocks(numbers(1), {.length = 10, .shuffle = false}), InvalidArgument);
  EXPECT_THROW(TextBlocks(numbers(50), {.length = 0}), InvalidArgument);
  EXPECT_THROW(TextBlocks(numbers(50), {.rows = 0}), InvalidArgument);
}

TEST(TextBlocks, KnowsAnotherTextByItsIdentity) {
  std::vector<int32_t> other = numbers(50);
  other[30] = 7;
  EXPECT_EQ(TextBlocks(numbers(50), {.length = 5}).identity(),
            TextBlocks(numbers(50), {.length = 5}).identity());
  EXPECT_FALSE(TextBlocks(numbers(50), {.length = 5}).identity() ==
               TextBlocks(other, {.length = 5}).identity());
}

}  // namespace
}  // namespace lamina
