// Steps that more than one normalizer takes.
#pragma once

#include <vector>

#include "lamina/text/tokenizers/detail/aligned_text.h"
#include "lamina/text/tokenizers/detail/characters.h"

namespace lamina::detail::tokenizers {

/// Each character in lower case, by itself.
void lowercase(AlignedText& text);

/// Keeps the characters for which keep(code) is true.
template <class Keep>
void filter(AlignedText& text, Keep&& keep) {
  std::vector<Change> changes;
  changes.reserve(text.text().size());
  size_t skipped = 0;
  bool removed = false;
  for_each_character(text.text(), [&](const Character& character) {
    if (keep(character.code)) {
      changes.push_back({character.code, 0});
    } else {
      removed = true;
      if (changes.empty()) {
        ++skipped;
      } else {
        --changes.back().change;
      }
    }
  });
  if (removed) text.transform(changes, skipped);
}

/// Replaces each character by to(code).
template <class To>
void map_characters(AlignedText& text, To&& to) {
  std::vector<Change> changes;
  changes.reserve(text.text().size());
  bool changed = false;
  for_each_character(text.text(), [&](const Character& character) {
    const uint32_t code = to(character.code);
    changed = changed || code != character.code;
    changes.push_back({code, 0});
  });
  if (changed) text.transform(changes);
}

}  // namespace lamina::detail::tokenizers
