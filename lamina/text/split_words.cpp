// The general way; filters and separators of ASCII, which is nearly always, need none of it.
#include "lamina/text/detail/split_words.h"

#include <algorithm>

#include "lamina/text/detail/unicode.h"

namespace lamina::detail {

WordSplitter::WordSplitter(const std::string& filters, const std::string& split) : split_(split) {
  for_each_character(filters, [&](const Character& character) { filters_.push_back(character.code); });
  std::sort(filters_.begin(), filters_.end());
  bytewise_ = split.size() == 1 && static_cast<unsigned char>(split[0]) < 0x80 &&
              (filters_.empty() || filters_.back() < 0x80);
  if (!bytewise_) return;
  ends_word_[static_cast<unsigned char>(split[0])] = true;
  for (const uint32_t code : filters_) ends_word_[code] = true;
}

std::string WordSplitter::translated(std::string_view text) const {
  std::string result;
  result.reserve(text.size());
  for_each_character(text, [&](const Character& character) {
    if (std::binary_search(filters_.begin(), filters_.end(), character.code)) {
      result += split_;
    } else {
      result += text.substr(character.begin, character.end - character.begin);
    }
  });
  return result;
}

}  // namespace lamina::detail
