// Where warnings go: standard error, or a function of yours.
#pragma once

#include <functional>
#include <string>

namespace lamina {

enum class LogLevel { kInfo, kWarning, kError };

/// Takes one message, without a line break at its end.
using LogSink = std::function<void(LogLevel level, const std::string& message)>;

/// Sends every later message of the library to `sink` and returns the sink before. An empty sink, which is
/// also the first, writes the line "lamina: MESSAGE" to standard error. Thread-safe: a sink is called by one
/// thread at a time. What it throws reaches whoever caused the message. A message that a sink causes itself
/// goes to standard error.
LogSink set_log_sink(LogSink sink);

/// Sends a message to the sink.
void log_message(LogLevel level, const std::string& message);

/// A message of level kWarning: something the caller should know and that is no error.
inline void warn(const std::string& message) { log_message(LogLevel::kWarning, message); }

}  // namespace lamina
