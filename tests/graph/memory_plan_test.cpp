// The arena: no two blocks that live at once overlap, and the plan is tight where that is easy to know.
#include "lamina/graph/memory_plan.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <random>

#include "lamina/base/error.h"

namespace lamina {
namespace {

RC_GTEST_PROP(MemoryPlan, NeverOverlapsLiveBlocks, ()) {
  const int count = *rc::gen::inRange(0, 40);
  std::vector<Lifetime> lifetimes;
  for (int i = 0; i < count; ++i) {
    const int first = *rc::gen::inRange(0, 30);
    const int last = first + *rc::gen::inRange(0, 10);
    lifetimes.push_back({static_cast<size_t>(*rc::gen::inRange(0, 5000)), first, last});
  }
  const MemoryPlan plan = plan_memory(lifetimes);
  RC_ASSERT(plan.offsets.size() == lifetimes.size());
  size_t most_alive = 0;
  for (int step = 0; step < 40; ++step) {
    size_t alive = 0;
    for (const Lifetime& block : lifetimes)
      alive += block.first <= step && step <= block.last ? block.bytes : 0;
    most_alive = std::max(most_alive, alive);
  }
  RC_ASSERT(plan.bytes >= most_alive);
  for (size_t a = 0; a < lifetimes.size(); ++a) {
    RC_ASSERT(plan.offsets[a] % 64 == 0);
    RC_ASSERT(plan.offsets[a] + lifetimes[a].bytes <= plan.bytes);
    for (size_t b = 0; b < a; ++b) {
      const bool both_live =
          lifetimes[a].first <= lifetimes[b].last && lifetimes[b].first <= lifetimes[a].last;
      const bool apart = plan.offsets[a] + lifetimes[a].bytes <= plan.offsets[b] ||
                         plan.offsets[b] + lifetimes[b].bytes <= plan.offsets[a];
      RC_ASSERT(apart || !both_live || lifetimes[a].bytes == 0 || lifetimes[b].bytes == 0);
    }
  }
}

// More blocks than the greedy plan compares.
TEST(MemoryPlan, PlacesVeryManyBlocks) {
  std::mt19937 random(7);
  std::vector<Lifetime> lifetimes;
  for (int i = 0; i < 3000; ++i) {
    const int first = static_cast<int>(random() % 3000);
    lifetimes.push_back({1 + random() % 5000, first, first + static_cast<int>(random() % 20)});
  }
  const MemoryPlan plan = plan_memory(lifetimes);
  size_t overlaps = 0;
  for (size_t a = 0; a < lifetimes.size(); ++a) {
    ASSERT_EQ(plan.offsets[a] % 64, 0u);
    ASSERT_LE(plan.offsets[a] + lifetimes[a].bytes, plan.bytes);
    for (size_t b = 0; b < a; ++b) {
      const bool both_live =
          lifetimes[a].first <= lifetimes[b].last && lifetimes[b].first <= lifetimes[a].last;
      overlaps += both_live && plan.offsets[a] < plan.offsets[b] + lifetimes[b].bytes &&
                  plan.offsets[b] < plan.offsets[a] + lifetimes[a].bytes;
    }
  }
  EXPECT_EQ(overlaps, 0u);

  std::vector<Lifetime> chain;
  for (int i = 0; i < 100000; ++i) chain.push_back({1024, i, i + 1});
  EXPECT_EQ(plan_memory(chain).bytes, 2048u);
}

TEST(MemoryPlan, RefusesWhatNoMemoryHolds) {
  const size_t half = size_t{1} << 62;
  EXPECT_THROW(plan_memory(std::vector<Lifetime>{{half, 0, 1}, {half, 0, 1}, {half, 0, 1}, {half, 1, 1}}),
               Unsupported);
}

TEST(MemoryPlan, ReusesMemoryOfWhatDied) {
  const std::vector<Lifetime> chain = {{1024, 0, 1}, {1024, 1, 2}, {1024, 2, 3}, {1024, 3, 4}};
  EXPECT_EQ(plan_memory(chain).bytes, 2048u);
}

}  // namespace
}  // namespace lamina
