// Freed blocks are lent again, and no more of them are kept than was said.
#include "lamina/backend/cpu/detail/kept_blocks.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <cstring>
#include <thread>
#include <vector>

#include "lamina/backend/backend.h"

namespace lamina::detail {
namespace {

constexpr size_t kMegabyte = size_t{1} << 20;

TEST(KeptBlocks, LendsTheLastOfASizeAgain) {
  KeptBlocks kept;
  void *const first = std::malloc(8 * kMegabyte), *const second = std::malloc(8 * kMegabyte);
  kept.keep(first, 8 * kMegabyte);
  kept.keep(second, 8 * kMegabyte);
  EXPECT_EQ(kept.take(6 * kMegabyte), nullptr);
  EXPECT_EQ(kept.take(8 * kMegabyte), second);
  EXPECT_EQ(kept.take(8 * kMegabyte), first);
  EXPECT_EQ(kept.take(8 * kMegabyte), nullptr);
  EXPECT_EQ(kept.bytes(), 0u);
  std::free(first);
  std::free(second);
}

TEST(KeptBlocks, KeepsTheNewestUpToItsMost) {
  KeptBlocks kept;
  for (size_t i = 0; i < 5; ++i) kept.keep(std::malloc((16 + 2 * i) * kMegabyte), (16 + 2 * i) * kMegabyte);
  EXPECT_EQ(kept.bytes(), 46 * kMegabyte);
  EXPECT_EQ(kept.take(16 * kMegabyte), nullptr);
  kept.keep(std::malloc(KeptBlocks::kLargest + 1), KeptBlocks::kLargest + 1);
  EXPECT_EQ(kept.bytes(), 46 * kMegabyte);
}

TEST(KeptBlocks, BlocksOfTheCpuHoldWhatTheyWereAskedFor) {
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([t] {
      for (size_t i = 0; i < 50; ++i) {
        const size_t bytes = 5'000'001 + 1'000'003 * (i % 3);
        Buffer buffer(Device{}, bytes);
        auto* data = static_cast<unsigned char*>(buffer.data());
        std::memset(data, t, bytes);
        EXPECT_EQ(reinterpret_cast<uintptr_t>(data) % 64, 0u);
        EXPECT_EQ(data[0] + data[bytes - 1], 2 * t);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

}  // namespace
}  // namespace lamina::detail
