// Parallel loops: they cover every index once, stay serial for small work, and several threads may run them
// at once.
#include "lamina/base/threads.h"

#include <gtest/gtest.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdint>
#include <mutex>
#include <numeric>
#include <set>
#include <thread>
#include <vector>

namespace lamina {
namespace {

TEST(Threads, EveryIndexIsVisitedOnce) {
  for (const int64_t n : {0, 1, 7, 1000, 100'003}) {
    std::vector<int> visits(static_cast<size_t>(n), 0);
    parallel_for(n, 16, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) ++visits[static_cast<size_t>(i)];
    });
    EXPECT_EQ(std::accumulate(visits.begin(), visits.end(), int64_t{0}), n);
    for (const int count : visits) ASSERT_EQ(count, 1);
  }
}

TEST(Threads, SmallWorkStaysOnTheCallingThread) {
  const auto caller = std::this_thread::get_id();
  int ranges = 0;
  parallel_for(1000, 1000, [&](int64_t begin, int64_t end) {
    ++ranges;
    EXPECT_EQ(begin, 0);
    EXPECT_EQ(end, 1000);
    EXPECT_EQ(std::this_thread::get_id(), caller);
  });
  EXPECT_EQ(ranges, 1);
}

TEST(Threads, TheNumberOfThreadsIsAPropertyOfTheCallingThread) {
  const int before = num_threads();
  std::thread other([] {
    set_num_threads(3);
    EXPECT_EQ(num_threads(), 3);
  });
  other.join();
  EXPECT_EQ(num_threads(), before);
}

// A team of another size would make OpenMP end threads and start new ones, each time.
TEST(Threads, ThePoolKeepsItsThreadsWhateverTheSizeOfTheWork) {
  std::set<long> seen;
  std::thread caller([&seen] {
    set_num_threads(4);
    std::mutex mutex;
    for (int round = 0; round < 20; ++round) {
      for (const int64_t n : {4, 2, 3}) {
        parallel_for(n, 1, [&](int64_t begin, int64_t end) {
          EXPECT_EQ(end, begin + 1);
          const std::lock_guard lock(mutex);
          seen.insert(::syscall(SYS_gettid));
        });
      }
    }
  });
  caller.join();
  EXPECT_EQ(seen.size(), 4u);
}

TEST(Threads, LoopsOfSeveralThreadsDoNotDisturbEachOther) {
  constexpr int kCallers = 3;
  std::vector<int64_t> sums(kCallers, 0);
  std::vector<std::thread> callers;
  for (int caller = 0; caller < kCallers; ++caller) {
    callers.emplace_back([&sums, caller] {
      set_num_threads(2);
      for (int round = 0; round < 50; ++round) {
        std::vector<int64_t> squares(5000, 0);
        parallel_for(5000, 100, [&](int64_t begin, int64_t end) {
          for (int64_t i = begin; i < end; ++i) squares[static_cast<size_t>(i)] = i * i;
        });
        sums[static_cast<size_t>(caller)] += std::accumulate(squares.begin(), squares.end(), int64_t{0});
      }
    });
  }
  for (std::thread& thread : callers) thread.join();
  // Sum of i^2 for i < n is (n-1) n (2n-1) / 6.
  for (const int64_t sum : sums) EXPECT_EQ(sum, int64_t{50} * (4999LL * 5000 * 9999 / 6));
}

}  // namespace
}  // namespace lamina
