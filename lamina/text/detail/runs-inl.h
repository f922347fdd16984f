// Cuts a text where words end for certain: between scripts, at spaces and at punctuation.
#pragma once

#include <string_view>

#include "lamina/text/detail/unicode.h"

namespace lamina::detail {

/// Calls sink(run, unspaced) for the parts of a clean text: runs of characters of scripts that are written
/// without spaces (unspaced), runs of other letters and digits, and every other character but white space.
template <class Sink>
void for_each_run(std::string_view text, Sink&& sink) {
  enum class Kind { kNone, kUnspaced, kWord };
  Kind open = Kind::kNone;
  size_t begin = 0;
  const auto close = [&](size_t end) {
    if (open != Kind::kNone) sink(text.substr(begin, end - begin), open == Kind::kUnspaced);
    open = Kind::kNone;
  };
  for_each_character(text, [&](const Character& character) {
    const Kind kind = is_unspaced(character.code)         ? Kind::kUnspaced
                      : is_word_character(character.code) ? Kind::kWord
                                                          : Kind::kNone;
    if (kind != open) {
      close(character.begin);
      begin = character.begin;
      open = kind;
    }
    if (kind == Kind::kNone && !is_space(character.code))
      sink(text.substr(character.begin, character.end - character.begin), false);
  });
  close(text.size());
}

}  // namespace lamina::detail
