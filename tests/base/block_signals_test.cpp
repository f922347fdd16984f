// Signals that wait, and the threads of the pool, which leave all of them to the program's own.
#include "lamina/base/detail/block_signals.h"

#include <gtest/gtest.h>
#include <pthread.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <thread>

#include "lamina/base/detail/spin.h"
#include "lamina/base/threads.h"

namespace lamina {
namespace {

using detail::BlockSignals;

std::atomic<int> handled{0};

// While it lives, SIGUSR1 is counted.
class Counted {
 public:
  Counted() {
    handled = 0;
    struct sigaction action {};
    action.sa_handler = [](int) { ++handled; };
    sigaction(SIGUSR1, &action, &before_);
  }
  ~Counted() { sigaction(SIGUSR1, &before_, nullptr); }

 private:
  struct sigaction before_ {};
};

bool blocked(int signal) {
  sigset_t mask;
  pthread_sigmask(SIG_SETMASK, nullptr, &mask);
  return sigismember(&mask, signal) == 1;
}

TEST(BlockSignals, AHandlerWaitsForTheOutermost) {
  const Counted counted;
  {
    const BlockSignals outer;
    {
      const BlockSignals inner;
      raise(SIGUSR1);
      EXPECT_EQ(handled, 0);
    }
    EXPECT_EQ(handled, 0);
    EXPECT_TRUE(blocked(SIGINT));
    EXPECT_TRUE(blocked(SIGPROF));
  }
  EXPECT_EQ(handled, 1);
  EXPECT_FALSE(blocked(SIGINT));
}

TEST(BlockSignals, WhatTheThreadsOwnInstructionsRaiseComesAtOnce) {
  const BlockSignals held;
  for (const int signal : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP}) EXPECT_FALSE(blocked(signal)) << signal;
}

TEST(BlockSignals, WhatTheCallerHeldItselfStaysHeld) {
  sigset_t mine, before;
  sigemptyset(&mine);
  sigaddset(&mine, SIGUSR2);
  pthread_sigmask(SIG_BLOCK, &mine, &before);
  { const BlockSignals held; }
  EXPECT_TRUE(blocked(SIGUSR2));
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

TEST(BlockSignals, WorkersLeaveSignalsToTheProgramsThreads) {
  std::atomic<int> helped{0};
  std::atomic<bool> held_by_all{true};
  bool caller_held = true;
  std::thread([&] {  // a thread of its own: the number of threads is the calling thread's
    set_num_threads(2);
    const pthread_t caller = pthread_self();
    const int64_t give_up = detail::now_ns() + 20'000'000'000;
    while (helped == 0 && detail::now_ns() < give_up) {
      parallel_parts(64, 1e9, [&](int64_t, int64_t) {
        usleep(100);
        if (pthread_equal(caller, pthread_self())) return;
        ++helped;
        if (!blocked(SIGINT) || !blocked(SIGPROF) || blocked(SIGSEGV)) held_by_all = false;
      });
    }
    caller_held = blocked(SIGINT);
  })
      .join();
  EXPECT_GT(helped, 0);
  EXPECT_TRUE(held_by_all);
  EXPECT_FALSE(caller_held);
}

}  // namespace
}  // namespace lamina
