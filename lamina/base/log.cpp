// The sink of messages and its lock.
#include "lamina/base/log.h"

#include <cstdio>
#include <mutex>
#include <utility>

namespace lamina {
namespace {

struct State {
  std::mutex mutex;
  LogSink sink;
};

// Never destroyed: destructors of other static objects may have something to say.
State& state() {
  static State* const state = new State;
  return *state;
}

thread_local bool in_sink = false;

struct InSink {
  InSink() { in_sink = true; }
  ~InSink() { in_sink = false; }
};

void write_line(const std::string& message) {
  const std::string line = "lamina: " + message + "\n";  // one call, so that lines of threads do not mix
  std::fwrite(line.data(), 1, line.size(), stderr);
}

}  // namespace

LogSink set_log_sink(LogSink sink) {
  const std::lock_guard lock(state().mutex);
  return std::exchange(state().sink, std::move(sink));
}

void log_message(LogLevel level, const std::string& message) {
  if (in_sink) return write_line(message);
  const std::lock_guard lock(state().mutex);
  if (!state().sink) return write_line(message);
  const InSink inside;
  state().sink(level, message);
}

}  // namespace lamina
