// The five behaviours, as folds over stretches that are delimiters or not.
#include "lamina/text/tokenizers/detail/splitting.h"

#include <algorithm>

#include "lamina/base/error.h"

namespace lamina::detail::tokenizers {
namespace {

struct Stretch {
  size_t begin, end;
  bool delimiter;
};

}  // namespace

Behavior behavior_of(const std::string& name) {
  static const std::vector<std::pair<std::string, Behavior>> kNames = {
      {"Removed", Behavior::kRemoved},
      {"Isolated", Behavior::kIsolated},
      {"MergedWithPrevious", Behavior::kMergedWithPrevious},
      {"MergedWithNext", Behavior::kMergedWithNext},
      {"Contiguous", Behavior::kContiguous}};
  std::vector<std::string> known;
  for (const auto& [text, behavior] : kNames) {
    if (text == name) return behavior;
    known.push_back(text);
  }
  throw InvalidArgument("unknown behavior '" + name + "'" + suggest(name, known));
}

void split_at(std::string_view text, const Matches& matches, Behavior behavior, bool invert,
              std::vector<std::pair<size_t, size_t>>& parts) {
  if (text.empty()) return;
  std::vector<Stretch> stretches;
  stretches.reserve(matches.size() * 2 + 1);
  size_t at = 0;
  for (const auto& [begin, end] : matches) {
    if (begin != at) stretches.push_back({at, begin, invert});
    stretches.push_back({begin, end, !invert});
    at = end;
  }
  if (at != text.size()) stretches.push_back({at, text.size(), invert});
  bool before = false;  // whether the stretch before was a delimiter
  switch (behavior) {
    case Behavior::kRemoved:
      for (const Stretch& s : stretches) {
        if (!s.delimiter) parts.emplace_back(s.begin, s.end);
      }
      return;
    case Behavior::kIsolated:
      for (const Stretch& s : stretches) parts.emplace_back(s.begin, s.end);
      return;
    case Behavior::kContiguous:
      for (const Stretch& s : stretches) {
        if (s.delimiter == before && !parts.empty()) {
          parts.back().second = s.end;
        } else {
          parts.emplace_back(s.begin, s.end);
        }
        before = s.delimiter;
      }
      return;
    case Behavior::kMergedWithPrevious:
      for (const Stretch& s : stretches) {
        if (s.delimiter && !before && !parts.empty()) {
          parts.back().second = s.end;
        } else {
          parts.emplace_back(s.begin, s.end);
        }
        before = s.delimiter;
      }
      return;
    case Behavior::kMergedWithNext:
      for (auto s = stretches.rbegin(); s != stretches.rend(); ++s) {
        if (s->delimiter && !before && !parts.empty()) {
          parts.back().first = s->begin;
        } else {
          parts.emplace_back(s->begin, s->end);
        }
        before = s->delimiter;
      }
      std::reverse(parts.begin(), parts.end());
      return;
  }
}

}  // namespace lamina::detail::tokenizers
