// A thread that waits for signals, and what it and the training tell each other.
#include "interrupt.h"

#include <pthread.h>
#include <unistd.h>

#include <chrono>
#include <csignal>

namespace lamina::cli {
namespace {

std::atomic<bool> asked{false};      // to stop
std::atomic<bool> asking{false};     // whether an Interrupt lives
std::atomic<bool> requested{false};  // of it, by a first signal
std::atomic<bool> watching{false};   // false: the watcher ends with the next signal
bool ignored[NSIG];                  // since before the program
sigset_t old_mask;
struct sigaction old_pipe, old_file_size;

sigset_t watched() {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : {SIGHUP, SIGINT, SIGTERM}) sigaddset(&set, signal);
  return set;
}

// As the signal would have done without us.
void end_by(int signal) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, signal);
  pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
  raise(signal);
}

void watch() {
  using Clock = std::chrono::steady_clock;
  // Who starts us may pass on a Ctrl-C that the terminal has sent to us, too.
  constexpr auto kSameRequest = std::chrono::milliseconds(250);
  const sigset_t set = watched();
  for (Clock::time_point first;;) {
    int signal = 0;
    if (sigwait(&set, &signal) != 0) continue;
    if (!watching) return;
    if (ignored[signal]) continue;
    if (signal == SIGHUP) {
      asked = true;
    } else if (asking && !requested.exchange(true)) {
      first = Clock::now();
      asked = true;
      static constexpr char kNote[] = "\nFinishing this step and saving; once more to end at once.\n";
      [[maybe_unused]] auto written = write(STDERR_FILENO, kNote, sizeof kNote - 1);
    } else if (!asking || Clock::now() - first > kSameRequest) {
      end_by(signal);
    }
  }
}

void ignore(int signal, struct sigaction& old) {
  struct sigaction action {};
  action.sa_handler = SIG_IGN;
  sigemptyset(&action.sa_mask);
  sigaction(signal, &action, &old);
}

}  // namespace

Undisturbed::Undisturbed() {
  for (const int signal : {SIGHUP, SIGINT, SIGTERM}) {
    struct sigaction action {};
    sigaction(signal, nullptr, &action);
    ignored[signal] = action.sa_handler == SIG_IGN;
  }
  ignore(SIGPIPE, old_pipe);
  ignore(SIGXFSZ, old_file_size);
  asked = asking = requested = false;
  watching = true;
  const sigset_t set = watched();
  pthread_sigmask(SIG_BLOCK, &set, &old_mask);  // for the threads to come, too
  watcher_ = std::thread(watch);
}

Undisturbed::~Undisturbed() {
  watching = false;
  pthread_kill(watcher_.native_handle(), SIGHUP);
  watcher_.join();
  pthread_sigmask(SIG_SETMASK, &old_mask, nullptr);
  sigaction(SIGPIPE, &old_pipe, nullptr);
  sigaction(SIGXFSZ, &old_file_size, nullptr);
}

Interrupt::Interrupt() {
  requested = false;
  asking = true;
}

Interrupt::~Interrupt() { asking = false; }

const std::atomic<bool>& Interrupt::flag() const { return asked; }

}  // namespace lamina::cli
