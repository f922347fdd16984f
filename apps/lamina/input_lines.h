// InputLines: standard input line by line, as it comes.
#pragma once

#include <atomic>
#include <cstddef>
#include <string>

namespace lamina::cli {

/// Lines of standard input that an interrupt does not wait for.
class InputLines {
 public:
  /// @param stop  ends it when it becomes true
  /// @param most  bytes of a line; what a line has beyond is dropped
  InputLines(const std::atomic<bool>& stop, size_t most) : stop_(stop), most_(most) {}

  /// False at the end, or when `stop` says so. Lines come without their ends (LF or CRLF).
  bool next(std::string& line);
  /// Whether next() would answer without waiting for who writes, after so long at most.
  bool ready(int milliseconds);

 private:
  bool fill(int milliseconds);

  const std::atomic<bool>& stop_;
  size_t most_;
  std::string waiting_;
  bool ended_ = false;
};

}  // namespace lamina::cli
