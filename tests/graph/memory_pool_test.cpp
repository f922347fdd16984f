// The pool of arenas: best fit, and no more memory than runs at once need.
#include "lamina/graph/memory_pool.h"

#include <gtest/gtest.h>

namespace lamina {
namespace {

const Device kCpu{};

TEST(MemoryPool, LendsTheSmallestThatFits) {
  MemoryPool pool;
  auto large = pool.take(kCpu, 4096), small = pool.take(kCpu, 256);
  const void* const large_at = large->data();
  const void* const small_at = small->data();
  EXPECT_EQ(pool.bytes(), 4352u);
  pool.give_back(std::move(large));
  pool.give_back(std::move(small));
  const auto first = pool.take(kCpu, 200), second = pool.take(kCpu, 100);
  EXPECT_EQ(first->data(), small_at);
  EXPECT_EQ(second->data(), large_at);
  EXPECT_EQ(pool.bytes(), 4352u);
}

TEST(MemoryPool, ReplacesWhatIsTooSmall) {
  MemoryPool pool;
  pool.give_back(pool.take(kCpu, 256));
  pool.give_back(pool.take(kCpu, 1024));
  EXPECT_EQ(pool.bytes(), 1024u);
}

}  // namespace
}  // namespace lamina
