// Internal header: keeps signal handlers off a thread for a while.
#pragma once

#include <csignal>
#include <initializer_list>

namespace lamina::detail {

/// While it lives, handlers of signals that come from outside do not run on the calling thread; they run on
/// another one, or afterwards. Kernels of oneDNN's matrix product point the stack pointer at memory on the
/// heap (before 3.11.2), and a handler that ran then would write over what lies beside it. Two calls of the
/// system, and none within another such object.
class BlockSignals {
 public:
  BlockSignals() {
    if (depth()++ > 0) return;
    sigset_t blocked;
    sigfillset(&blocked);
    // Those that a thread sends itself, by what it does, cannot wait.
    for (const int own : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT, SIGSYS})
      sigdelset(&blocked, own);
    pthread_sigmask(SIG_BLOCK, &blocked, &before_);
  }
  ~BlockSignals() {
    if (--depth() == 0) pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }
  BlockSignals(const BlockSignals&) = delete;
  BlockSignals& operator=(const BlockSignals&) = delete;

 private:
  static int& depth() {
    static thread_local int depth = 0;
    return depth;
  }
  sigset_t before_;
};

}  // namespace lamina::detail
