// Parallel loops in children of fork(), and with more threads than there can be.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <limits>
#include <thread>
#include <vector>

#include "lamina/base/threads.h"

namespace lamina {
namespace {

// Whether a child of fork() ends well within half a minute.
bool child_ends_well(const std::function<void()>& work) {
  const pid_t child = ::fork();
  if (child == 0) {
    ::alarm(30);
    work();
    ::_exit(0);
  }
  int status = 0;
  return ::waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

int64_t count_to(int64_t n) {
  std::atomic<int64_t> sum{0};
  parallel_for(n, 1, [&](int64_t begin, int64_t end) { sum += end - begin; });
  return sum;
}

TEST(Threads, ChildrenOfForkDoNotHang) {
  const auto counts = [] {
    if (count_to(1000) != 1000) ::_exit(1);
  };
  std::thread caller([&] {
    set_num_threads(4);
    counts();
    EXPECT_TRUE(child_ends_well(counts));
    EXPECT_TRUE(child_ends_well([&] {  // its own threads and children
      counts();
      std::thread([&] { set_num_threads(3), counts(); }).join();
      if (!child_ends_well(counts)) ::_exit(2);
    }));
    counts();
    // From inside a loop, while workers are in it.
    std::atomic<int> bad{0};
    parallel_for(8, 1, [&](int64_t, int64_t) { bad += child_ends_well(counts) ? 0 : 1; });
    EXPECT_EQ(bad, 0);
    // From a child that leaves by exit(), which destroys what is static.
    EXPECT_TRUE(child_ends_well([&] { counts(), std::quick_exit(0); }));
  });
  caller.join();
}

TEST(Threads, ChildrenOfForkDoNotHangWhileOthersWork) {
  std::atomic<bool> stop{false};
  std::vector<std::thread> others;
  for (int i = 0; i < 3; ++i) {
    others.emplace_back([&] {
      set_num_threads(3);
      while (!stop) count_to(1000);
    });
  }
  int bad = 0;
  for (int i = 0; i < 20; ++i) {
    bad += child_ends_well([] {
      set_num_threads(3);
      if (count_to(1000) != 1000) ::_exit(1);
    })
               ? 0
               : 1;
  }
  stop = true;
  for (std::thread& other : others) other.join();
  EXPECT_EQ(bad, 0);
}

TEST(Threads, TheirNumberIsBounded) {
  // In a child, whose threads are not left to the tests to come.
  EXPECT_TRUE(child_ends_well([] {
    const int most = std::max(64, static_cast<int>(std::thread::hardware_concurrency()));
    for (const int wanted : {65, 100'000, std::numeric_limits<int>::max()}) {
      set_num_threads(wanted);
      if (num_threads() > most || count_to(1000) != 1000) ::_exit(1);
    }
    for (const int wanted : {1, 0, -1, std::numeric_limits<int>::min()}) {
      set_num_threads(wanted);
      if (num_threads() != 1) ::_exit(2);
    }
  }));
}

}  // namespace
}  // namespace lamina
