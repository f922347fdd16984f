// How pre-tokenizers cut at what they look for.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lamina/text/detail/unicode.h"
#include "lamina/text/tokenizers/detail/pieces.h"
#include "lamina/text/tokenizers/detail/regex.h"

namespace lamina::detail::tokenizers {

/// What becomes of a delimiter.
enum class Behavior { kRemoved, kIsolated, kMergedWithPrevious, kMergedWithNext, kContiguous };

/// The behaviour of that name: "Removed" or "removed", ... Throws InvalidArgument for another.
Behavior behavior_of(const std::string& name);

/// Cuts a text at `matches`; emit(begin, end) gets the parts. `invert`: at what lies between them.
void split_at(std::string_view text, const Matches& matches, Behavior behavior, bool invert,
              std::vector<std::pair<size_t, size_t>>& parts);

/// Cuts all pieces at the characters for which is(code) is true.
template <class Is>
void split_at_characters(Pieces& pieces, Behavior behavior, Is&& is) {
  Matches matches;
  std::vector<std::pair<size_t, size_t>> parts;
  pieces.split([&](std::string_view text, auto&& emit) {
    if (behavior == Behavior::kRemoved) {  // the common case without lists
      size_t from = 0;
      for_each_character(text, [&](const Character& character) {
        if (!is(character.code)) return;
        emit(from, character.begin);
        from = character.end;
      });
      return emit(from, text.size());
    }
    matches.clear();
    for_each_character(text, [&](const Character& character) {
      if (is(character.code)) matches.emplace_back(character.begin, character.end);
    });
    parts.clear();
    split_at(text, matches, behavior, false, parts);
    for (const auto& [begin, end] : parts) emit(begin, end);
  });
}

}  // namespace lamina::detail::tokenizers
