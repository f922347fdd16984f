// Signal handlers can only reach a global: it lives here, in the program, and not in the library.
#include "interrupt.h"

#include <unistd.h>
#include <csignal>

namespace lamina::cli {
namespace {

std::atomic<bool> asked{false};
static_assert(std::atomic<bool>::is_always_lock_free,
              "only lock-free atomics may be touched by a signal handler");
struct sigaction old_interrupt, old_terminate, old_hang_up, old_pipe, old_file_size;

// After the first request the next has its usual effect.
void restore_requests() {
  sigaction(SIGINT, &old_interrupt, nullptr);
  sigaction(SIGTERM, &old_terminate, nullptr);
}

void on_request(int) {
  asked = true;
  restore_requests();
  static constexpr char kNote[] = "\nFinishing this step and saving; once more to end at once.\n";
  [[maybe_unused]] auto written = write(STDERR_FILENO, kNote, sizeof kNote - 1);
}

void on_hang_up(int) { asked = true; }

void handle(int signal, void (*handler)(int), struct sigaction& old) {
  sigaction(signal, nullptr, &old);
  if (old.sa_handler == SIG_IGN) return;
  struct sigaction action {};
  action.sa_handler = handler;
  action.sa_flags = SA_RESTART;
  sigemptyset(&action.sa_mask);
  sigaction(signal, &action, nullptr);
}

}  // namespace

Interrupt::Interrupt() {
  asked = false;
  handle(SIGINT, on_request, old_interrupt);
  handle(SIGTERM, on_request, old_terminate);
  handle(SIGHUP, on_hang_up, old_hang_up);
}

Interrupt::~Interrupt() {
  restore_requests();
  sigaction(SIGHUP, &old_hang_up, nullptr);
}

const std::atomic<bool>& Interrupt::flag() const { return asked; }

WritesMayFail::WritesMayFail() {
  handle(SIGPIPE, SIG_IGN, old_pipe);
  handle(SIGXFSZ, SIG_IGN, old_file_size);
}

WritesMayFail::~WritesMayFail() {
  sigaction(SIGPIPE, &old_pipe, nullptr);
  sigaction(SIGXFSZ, &old_file_size, nullptr);
}

}  // namespace lamina::cli
