// Unicode's "maximal subparts": table 3-7 of the standard says which second bytes can be.
#include "lamina/text/tokenizers/detail/decoding.h"

#include "lamina/base/utf8.h"

namespace lamina::detail::tokenizers {

std::string lossy_utf8(std::string_view bytes) {
  if (is_utf8(bytes)) return std::string(bytes);
  std::string text;
  for (size_t at = 0; at < bytes.size();) {
    const auto byte = [&](size_t i) { return static_cast<unsigned char>(bytes[i]); };
    const unsigned lead = byte(at);
    if (lead < 0x80) {
      text += bytes[at++];
      continue;
    }
    const size_t size = lead < 0xC2 ? 0 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : lead < 0xF5 ? 4 : 0;
    size_t have = size == 0 ? 0 : 1;
    while (have < size && have > 0 && at + have < bytes.size()) {
      const unsigned low = have > 1 ? 0x80 : lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
      const unsigned high = have > 1 ? 0xBF : lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
      if (byte(at + have) < low || byte(at + have) > high) break;
      ++have;
    }
    if (have == size && size > 0) {
      text.append(bytes.substr(at, size));
      at += size;
    } else {
      text += "\xEF\xBF\xBD";
      at += have > 0 ? have : 1;
    }
  }
  return text;
}

}  // namespace lamina::detail::tokenizers
