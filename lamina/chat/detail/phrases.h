// What a bot says of itself, in its languages.
#pragma once

#include <string>

namespace lamina::detail {

struct Phrases {
  const char *hand_over, *too_long, *nothing, *confirm_begin, *confirm_end, *done, *change, *bye, *any;
};

/// English or Chinese.
const Phrases& phrases(bool chinese);

/// Whether a text has a Chinese character, or one of another script without spaces.
bool has_unspaced(const std::string& text);

}  // namespace lamina::detail
