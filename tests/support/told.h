// What the library tells its log while a test looks.
#pragma once

#include <string>

#include "lamina/base/log.h"

namespace lamina::test {

/// Collects the messages of the log, one a line, for as long as it lives.
class Told {
 public:
  Told() : before_(set_log_sink([this](LogLevel, const std::string& message) { text_ += message + "\n"; })) {}
  ~Told() { set_log_sink(before_); }
  Told(const Told&) = delete;
  Told& operator=(const Told&) = delete;

  const std::string& text() const { return text_; }
  bool holds(const std::string& words) const { return text_.find(words) != std::string::npos; }

 private:
  std::string text_;
  LogSink before_;
};

}  // namespace lamina::test
