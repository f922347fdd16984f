// A text, cut where its lines end.
#include "lamina/data/read_lines.h"

#include <algorithm>

#include "lamina/data/detail/text_file.h"

namespace lamina {

std::vector<std::string> read_lines(const std::string& path) {
  const std::string text = detail::whole_text(detail::text_file(path), path);
  std::vector<std::string> lines;
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find_first_of("\r\n", at), text.size());
    lines.push_back(text.substr(at, end - at));
    at = end + 1;
    if (end < text.size() && text[end] == '\r' && at < text.size() && text[at] == '\n') ++at;
  }
  return lines;
}

}  // namespace lamina
