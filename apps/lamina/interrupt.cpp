// Signal handlers can only reach a global: it lives here, in the program, and not in the library.
#include "interrupt.h"

#include <unistd.h>
#include <csignal>

namespace lamina::cli {
namespace {

std::atomic<bool> asked{false};
static_assert(std::atomic<bool>::is_always_lock_free,
              "only lock-free atomics may be touched by a signal handler");
struct sigaction old_interrupt, old_terminate;

void restore() {
  sigaction(SIGINT, &old_interrupt, nullptr);
  sigaction(SIGTERM, &old_terminate, nullptr);
}

void on_signal(int) {
  asked = true;
  restore();  // the next one has its usual effect
  static constexpr char kNote[] = "\nFinishing this step and saving; once more to end at once.\n";
  [[maybe_unused]] auto written = write(STDERR_FILENO, kNote, sizeof kNote - 1);
}

}  // namespace

Interrupt::Interrupt() {
  asked = false;
  struct sigaction action {};
  action.sa_handler = on_signal;
  action.sa_flags = SA_RESTART;
  sigemptyset(&action.sa_mask);
  sigaction(SIGINT, &action, &old_interrupt);
  sigaction(SIGTERM, &action, &old_terminate);
}

Interrupt::~Interrupt() { restore(); }

const std::atomic<bool>& Interrupt::flag() const { return asked; }

}  // namespace lamina::cli
