// Slots of threads: a thread finds its own again, anybody finds the rest, nothing is lost.
#include "lamina/base/detail/thread_slots.h"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <thread>
#include <vector>

namespace lamina::detail {
namespace {

TEST(ThreadSlots, AThreadFindsWhatItGaveBack) {
  ThreadSlots<std::unique_ptr<int>> slots;
  EXPECT_EQ(slots.take(), nullptr);
  EXPECT_EQ(slots.put(std::make_unique<int>(1)), nullptr);
  const auto replaced = slots.put(std::make_unique<int>(2));
  ASSERT_NE(replaced, nullptr);
  EXPECT_EQ(*replaced, 1);
  EXPECT_EQ(*slots.take(), 2);
  EXPECT_EQ(slots.take(), nullptr);
}

TEST(ThreadSlots, AnybodyFindsWhatOthersLeft) {
  ThreadSlots<std::unique_ptr<int>> slots;
  std::thread([&] { EXPECT_EQ(slots.put(std::make_unique<int>(7)), nullptr); }).join();
  const auto found = slots.take_any();
  ASSERT_NE(found, nullptr);
  EXPECT_EQ(*found, 7);
  EXPECT_EQ(slots.take_any(), nullptr);
}

// More threads than slots: what a thread takes nobody else has, and what is put is there or handed back.
TEST(ThreadSlots, NothingIsLentTwiceOrLost) {
  ThreadSlots<std::shared_ptr<std::atomic<int>>> slots;
  std::atomic<int> made{0}, dropped{0};
  std::vector<std::thread> threads;
  for (size_t i = 0; i < 2 * slots.kSlots; ++i) {
    threads.emplace_back([&] {
      for (int round = 0; round < 2000; ++round) {
        auto mine = round % 3 == 0 ? slots.take_any() : slots.take();
        if (!mine) {
          mine = std::make_shared<std::atomic<int>>(0);
          ++made;
        }
        EXPECT_EQ(mine->fetch_add(1), 0);
        mine->fetch_sub(1);
        if (slots.put(std::move(mine))) ++dropped;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  int left = 0;
  while (slots.take_any()) ++left;
  EXPECT_EQ(made, dropped + left);
}

TEST(SpreadCount, CountsWhatAllThreadsAdd) {
  SpreadCount count;
  std::vector<std::thread> threads;
  for (int i = 0; i < 12; ++i) {
    threads.emplace_back([&count, i] {
      for (int round = 0; round < 1000; ++round) count.add(i % 2 ? 3 : -1);
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(count.total(), 6 * 1000 * (3 - 1));
}

}  // namespace
}  // namespace lamina::detail
