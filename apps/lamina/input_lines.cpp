// Waits in tenths of a second, so that an interrupt is seen.
#include "input_lines.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace lamina::cli {

bool InputLines::next(std::string& line) {
  line.clear();
  const auto cut_end = [&] {
    if (line.ends_with('\r')) line.pop_back();
    return true;
  };
  bool any = false;
  for (;;) {
    const size_t end = waiting_.find('\n');
    const size_t taken = end == std::string::npos ? waiting_.size() : end;
    any = any || taken > 0;
    line.append(waiting_, 0, std::min(taken, most_ - std::min(most_, line.size())));
    waiting_.erase(0, end == std::string::npos ? taken : end + 1);
    if (end != std::string::npos) return cut_end();
    while (!stop_ && !ended_ && !fill(100)) {
    }
    if (stop_) return false;
    if (ended_ && waiting_.empty()) return any && cut_end();
  }
}

bool InputLines::ready(int milliseconds) {
  while (waiting_.find('\n') == std::string::npos && !ended_ && fill(milliseconds)) {
  }
  return ended_ || waiting_.find('\n') != std::string::npos;
}

// Whether something came, or the end.
bool InputLines::fill(int milliseconds) {
  pollfd input{STDIN_FILENO, POLLIN, 0};
  const int ready = ::poll(&input, 1, milliseconds);
  if (ready == 0 || (ready < 0 && errno == EINTR)) return false;
  char bytes[4096];
  const ssize_t count = ready < 0 ? -1 : ::read(STDIN_FILENO, bytes, sizeof bytes);
  if (count < 0 && errno == EINTR) return false;
  ended_ = count <= 0;
  if (count > 0) waiting_.append(bytes, static_cast<size_t>(count));
  return true;
}

}  // namespace lamina::cli
