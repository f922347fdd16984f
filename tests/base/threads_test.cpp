// Parallel loops: they cover every index once, stay serial for small work, hand exceptions on, and several
// threads may run them at once.
#include "lamina/base/threads.h"

#include <gtest/gtest.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <functional>
#include <mutex>
#include <numeric>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "lamina/base/detail/flush_denormals.h"
#include "lamina/base/detail/thread_pool.h"
#include "lamina/base/error.h"

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

/// What `loops` loops of each of the sizes, of parts that take long enough to be helped with, say of the
/// threads that run them.
struct Helpers {
  std::set<long> seen;
  int most_at_once = 0;
};
Helpers helpers_of(int threads, const std::vector<int64_t>& sizes, int loops) {
  Helpers helpers;
  std::thread caller([&] {
    set_num_threads(threads);
    std::mutex mutex;
    int running = 0;
    for (int i = 0; i < loops; ++i) {
      for (const int64_t n : sizes) {
        parallel_for(n, 1, [&](int64_t begin, int64_t end) {
          EXPECT_EQ(end, begin + 1);
          {
            const std::lock_guard lock(mutex);
            helpers.seen.insert(::syscall(SYS_gettid));
            helpers.most_at_once = std::max(helpers.most_at_once, ++running);
          }
          std::this_thread::sleep_for(std::chrono::microseconds(200));
          const std::lock_guard lock(mutex);
          --running;
        });
      }
    }
  });
  caller.join();
  return helpers;
}

// Which threads help is not determined: the pool is the whole process's, and may have more threads than this
// caller asks for, from callers before it. That none are begun anew, and that no more work at once, is.
TEST(Threads, ThePoolKeepsItsThreadsWhateverTheSizeOfTheWork) {
  const Helpers of_six = helpers_of(6, {6}, 20);
  EXPECT_LE(of_six.most_at_once, 6);
  const int workers = detail::ThreadPool::get().workers();
  EXPECT_GE(workers, 1);
  const Helpers of_four = helpers_of(4, {4, 2, 3}, 20);
  EXPECT_LE(of_four.most_at_once, 4);
  EXPECT_GE(of_four.seen.size(), 2u);
  EXPECT_LE(of_four.seen.size(), static_cast<size_t>(workers) + 1);
  EXPECT_EQ(detail::ThreadPool::get().workers(), workers);
}

/// What the ranges of a loop are with so many threads.
std::set<std::pair<int64_t, int64_t>> ranges_of(int64_t n, int64_t grain, int threads) {
  std::set<std::pair<int64_t, int64_t>> ranges;
  std::thread caller([&] {
    set_num_threads(threads);
    std::mutex mutex;
    parallel_for(n, grain, [&](int64_t begin, int64_t end) {
      const std::lock_guard lock(mutex);
      ranges.emplace(begin, end);
    });
  });
  caller.join();
  return ranges;
}

TEST(Threads, RangesAreNoShorterThanTheGrainAndTheSameEachTime) {
  for (const int64_t n : {7, 100, 1001}) {
    for (const int threads : {2, 3, 5}) {
      const auto ranges = ranges_of(n, 3, threads);
      EXPECT_EQ(ranges, ranges_of(n, 3, threads));
      int64_t at = 0;
      for (const auto& [begin, end] : ranges) {
        EXPECT_EQ(begin, at);
        EXPECT_GE(end - begin, 3);
        at = end;
      }
      EXPECT_EQ(at, n);
    }
  }
}

// The caller does not depend on workers: while all of them are held up elsewhere, it does everything.
TEST(Threads, ALoopEndsThoughNoWorkerComes) {
  std::atomic<bool> release{false};
  std::atomic<int> held{0};
  std::thread blocker([&] {
    set_num_threads(2);
    parallel_for(2, 1, [&](int64_t, int64_t) {
      ++held;
      while (!release) std::this_thread::yield();
    });
  });
  while (held == 0) std::this_thread::yield();
  std::thread caller([] {
    set_num_threads(2);
    std::atomic<int64_t> sum{0};
    parallel_for(1000, 1, [&](int64_t begin, int64_t end) { sum += end - begin; });
    EXPECT_EQ(sum, 1000);
  });
  caller.join();
  release = true;
  blocker.join();
}

TEST(Threads, AnExceptionReachesTheCallerFromWhicheverThread) {
  std::thread caller([] {
    set_num_threads(4);
    for (int64_t bad = 0; bad < 16; ++bad) {
      try {
        parallel_for(16, 1, [&](int64_t begin, int64_t end) {
          if (begin <= bad && bad < end) throw InvalidArgument("range " + std::to_string(bad));
        });
        ADD_FAILURE() << "nothing was thrown for " << bad;
      } catch (const InvalidArgument& error) {
        EXPECT_EQ(std::string(error.what()), "range " + std::to_string(bad));
      }
    }
  });
  caller.join();
}

TEST(Threads, AfterAnExceptionTheRestIsDroppedAndThePoolGoesOn) {
  std::thread caller([] {
    set_num_threads(3);
    for (int round = 0; round < 100; ++round) {
      std::atomic<int> begun{0};
      EXPECT_THROW(parallel_for(1000, 1,
                                [&](int64_t, int64_t) {
                                  ++begun;
                                  throw std::runtime_error("no");
                                }),
                   std::runtime_error);
      EXPECT_LE(begun, 3);
      std::atomic<int64_t> sum{0};
      parallel_for(1000, 1, [&](int64_t begin, int64_t end) { sum += end - begin; });
      EXPECT_EQ(sum, 1000);
    }
  });
  caller.join();
}

TEST(Threads, ALoopInsideALoopStaysOnItsThread) {
  std::thread caller([] {
    set_num_threads(2);
    std::atomic<int64_t> sum{0};
    parallel_for(8, 1, [&](int64_t, int64_t) {
      const auto mine = std::this_thread::get_id();
      parallel_for(100, 1, [&](int64_t begin, int64_t end) {
        EXPECT_EQ(std::this_thread::get_id(), mine);
        sum += end - begin;
      });
    });
    EXPECT_EQ(sum % 100, 0);
    EXPECT_GE(sum, 200);
  });
  caller.join();
}

/// Runs `test` in a process of its own, where the pool has as many threads as the test asks for.
void in_a_child(const std::function<bool()>& test) {
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) ::_exit(test() ? 0 : 1);
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

// Two threads with loops of their own leave no processor for a helper.
TEST(Threads, WithAsManyCallersAsProcessorsEachDoesItsOwnLoops) {
  in_a_child([] {
    std::atomic<bool> release{false};
    std::atomic<int> held{0};
    std::thread first([&] {
      set_num_threads(2);
      parallel_for(2, 1, [&](int64_t, int64_t) {
        ++held;
        while (!release) std::this_thread::yield();
      });
    });
    while (held == 0) std::this_thread::yield();
    std::atomic<int> elsewhere{0};
    std::thread second([&] {
      set_num_threads(2);
      for (int round = 0; round < 100; ++round) {
        parallel_for(64, 1, [&, mine = std::this_thread::get_id()](int64_t, int64_t) {
          if (std::this_thread::get_id() != mine) ++elsewhere;
        });
      }
    });
    second.join();
    release = true;
    first.join();
    return elsewhere == 0;
  });
}

// Bits must not depend on which thread computes them.
TEST(Threads, HelpersTakeSubnormalNumbersAsTheirCallerDoes) {
  std::thread caller([] {
    set_num_threads(4);
    for (const bool flush : {false, true}) {
      std::vector<float> values(4096, 1e-38f);
      const auto halve = [&] {
        parallel_for(4096, 1, [&](int64_t begin, int64_t end) {
          for (int64_t i = begin; i < end; ++i) values[static_cast<size_t>(i)] *= 0.5f;
          std::this_thread::yield();
        });
      };
      if (flush) {
        const detail::FlushDenormals scope;
        halve();
      } else {
        halve();
      }
      for (const float value : values) ASSERT_EQ(std::fpclassify(value), flush ? FP_ZERO : FP_SUBNORMAL);
    }
  });
  caller.join();
}

TEST(Threads, AForkedChildHasAPoolOfItsOwn) {
  parallel_for(100, 1, [](int64_t, int64_t) {});
  in_a_child([] {
    set_num_threads(4);
    std::atomic<int64_t> sum{0};
    parallel_for(1000, 1, [&](int64_t begin, int64_t end) { sum += end - begin; });
    return sum == 1000;
  });
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
