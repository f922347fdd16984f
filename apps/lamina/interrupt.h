// Signals during training: those that ask to stop, and those that must not end it.
#pragma once

#include <atomic>

namespace lamina::cli {

/// While it lives, the first SIGINT or SIGTERM sets flag(), so that the step can be finished and the state
/// saved; a second one ends the process at once, as without this class. SIGHUP, which says that the terminal
/// is closed, sets it too; as it often comes twice, or together with SIGTERM, it does not count as the first.
/// Signals that the process was started with orders to ignore (nohup) stay ignored. One at a time.
class Interrupt {
 public:
  Interrupt();
  ~Interrupt();
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;

  const std::atomic<bool>& flag() const;
};

/// While it lives, a write to a pipe whose reader has ended (SIGPIPE: `train | head -1`), or to a file beyond
/// a limit (SIGXFSZ), fails, and does not end the process.
class WritesMayFail {
 public:
  WritesMayFail();
  ~WritesMayFail();
  WritesMayFail(const WritesMayFail&) = delete;
  WritesMayFail& operator=(const WritesMayFail&) = delete;
};

}  // namespace lamina::cli
