// Signals during training: those that ask to stop, and those that must not end it.
//
// No signal handler runs here: it would interrupt whatever its thread is at, libraries included that are not
// made for that. A thread of its own waits for the signals instead, and all others leave them alone.
#pragma once

#include <atomic>
#include <thread>

namespace lamina::cli {

/// While it lives, the process outlives whoever looks at it. SIGHUP, which says that the terminal is closed,
/// only sets the flag of Interrupt: it often comes twice, or together with SIGTERM. A write to a pipe whose
/// reader has ended (SIGPIPE: `train | head -1`), or to a file beyond a limit (SIGXFSZ), fails. Signals that
/// the process was started with orders to ignore (nohup) stay ignored; SIGINT and SIGTERM end it as ever.
/// Make it before anything starts threads. One at a time.
class Undisturbed {
 public:
  Undisturbed();
  ~Undisturbed();
  Undisturbed(const Undisturbed&) = delete;
  Undisturbed& operator=(const Undisturbed&) = delete;

 private:
  std::thread watcher_;
};

/// While it lives, the first SIGINT or SIGTERM sets flag(), so that the step can be finished and the state
/// saved; a second one, unless it comes within a quarter of a second, ends the process at once. One at a
/// time, within an Undisturbed.
class Interrupt {
 public:
  Interrupt();
  ~Interrupt();
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;

  const std::atomic<bool>& flag() const;
};

}  // namespace lamina::cli
