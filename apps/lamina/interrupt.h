// Ctrl-C during training: the first one asks, the second one ends.
#pragma once

#include <atomic>

namespace lamina::cli {

/// While it lives, the first SIGINT or SIGTERM sets flag(), so that the step can be finished and the state
/// saved; a second one ends the process at once, as without this class. One at a time.
class Interrupt {
 public:
  Interrupt();
  ~Interrupt();
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;

  const std::atomic<bool>& flag() const;
};

}  // namespace lamina::cli
