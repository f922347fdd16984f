// Decomposition by utf8proc's tables, canonical order, composition.
#include "lamina/text/tokenizers/detail/unicode_forms.h"

#include <utf8proc.h>

#include <algorithm>
#include <iterator>

#include "lamina/text/tokenizers/detail/characters.h"

namespace lamina::detail::tokenizers {
namespace {

// The reference's tables are of Unicode 9: what came later neither decomposes nor combines.
constexpr CharacterRange kNoDecomposition[] = {
    {0x32FF, 0x32FF},   {0xA7F1, 0xA7F4},   {0xAB69, 0xAB69},   {0x105C9, 0x105E4}, {0x10781, 0x107BA},
    {0x11383, 0x113C8}, {0x11938, 0x11938}, {0x16121, 0x16128}, {0x16D68, 0x16D6A}, {0x1CCD6, 0x1CCF9},
    {0x1E030, 0x1E06D}, {0x1F16C, 0x1F16C}, {0x1FBF0, 0x1FBF9}};
constexpr CharacterRange kNoCombining[] = {
    {0x7FD, 0x7FD},     {0x897, 0x89F},     {0x8CA, 0x8D3},     {0x9FE, 0x9FE},     {0xC3C, 0xC3C},
    {0xD3B, 0xD3C},     {0xEBA, 0xEBA},     {0x1715, 0x1715},   {0x1ABF, 0x1ACE},   {0x1DF6, 0x1DFA},
    {0xA82C, 0xA82C},   {0x10D24, 0x10D27}, {0x10D69, 0x10D6D}, {0x10EAB, 0x10EAC}, {0x10EFC, 0x10EFF},
    {0x10F46, 0x10F50}, {0x10F82, 0x10F85}, {0x11070, 0x11070}, {0x1133B, 0x1133B}, {0x113CE, 0x113E2},
    {0x1145E, 0x1145E}, {0x11839, 0x1183A}, {0x1193D, 0x1193E}, {0x11943, 0x11943}, {0x119E0, 0x119E0},
    {0x11A34, 0x11A34}, {0x11A47, 0x11A47}, {0x11A99, 0x11A99}, {0x11D42, 0x11D42}, {0x11D44, 0x11D45},
    {0x11D97, 0x11D97}, {0x11F41, 0x11F42}, {0x1612F, 0x1612F}, {0x16FF0, 0x16FF1}, {0x1E08F, 0x1E08F},
    {0x1E130, 0x1E136}, {0x1E2AE, 0x1E2AE}, {0x1E2EC, 0x1E2EF}, {0x1E4EC, 0x1E4EF}, {0x1E5EE, 0x1E5EF}};

template <size_t kCount>
bool in(const CharacterRange (&ranges)[kCount], uint32_t code) {
  const auto* range = std::lower_bound(std::begin(ranges), std::end(ranges), code,
                                       [](const CharacterRange& r, uint32_t c) { return r.last < c; });
  return range != std::end(ranges) && range->first <= code;
}

int combining_class(uint32_t code) {
  if (code < 0x300) return 0;
  const int found = utf8proc_get_property(static_cast<utf8proc_int32_t>(code))->combining_class;
  return found != 0 && code >= 0x7FD && in(kNoCombining, code) ? 0 : found;
}

constexpr int kLongest = 18;  // characters that one decomposes into: U+FDFA

int decompose(uint32_t code, bool compatible, int32_t to[kLongest]) {
  to[0] = static_cast<int32_t>(code);
  if (code < 0xA0 || (code >= 0x32FF && in(kNoDecomposition, code))) return 1;
  int boundary = 0;
  const auto options =
      static_cast<utf8proc_option_t>(UTF8PROC_DECOMPOSE | (compatible ? UTF8PROC_COMPAT : 0));
  const auto count =
      utf8proc_decompose_char(static_cast<utf8proc_int32_t>(code), to, kLongest, options, &boundary);
  return count > 0 && count <= kLongest ? static_cast<int>(count) : 1;
}

// The character that two make, or 0.
uint32_t compose(uint32_t first, uint32_t second) {
  if (second < 0x300 ||
      utf8proc_get_property(static_cast<utf8proc_int32_t>(second))->comb_index == UINT16_MAX) {
    // Hangul is composed by arithmetic.
    const bool leading = first >= 0x1100 && first < 0x1113 && second >= 0x1161 && second < 0x1176;
    const bool trailing =
        first >= 0xAC00 && first < 0xD7A4 && (first - 0xAC00) % 28 == 0 && second > 0x11A7 && second < 0x11C3;
    if (leading) return 0xAC00 + ((first - 0x1100) * 21 + (second - 0x1161)) * 28;
    return trailing ? first + (second - 0x11A7) : 0;
  }
  int32_t pair[2] = {static_cast<int32_t>(first), static_cast<int32_t>(second)};
  if (utf8proc_normalize_utf32(pair, 2, static_cast<utf8proc_option_t>(UTF8PROC_COMPOSE | UTF8PROC_STABLE)) !=
      1)
    return 0;
  const auto made = static_cast<uint32_t>(pair[0]);
  return in(kNoDecomposition, made) ? 0 : made;
}

struct Ordered {
  Change change;
  int combining;
};

void decompose_all(std::string_view text, bool compatible, std::vector<Ordered>& result) {
  size_t pending = 0;
  const auto sort_pending = [&] {
    if (result.size() - pending > 1) {
      std::stable_sort(result.begin() + static_cast<std::ptrdiff_t>(pending), result.end(),
                       [](const Ordered& a, const Ordered& b) { return a.combining < b.combining; });
    }
    pending = result.size();
  };
  for_each_character(text, [&](const Character& character) {
    int32_t parts[kLongest];
    const int count = decompose(character.code, compatible, parts);
    for (int i = 0; i < count; ++i) {
      const auto code = static_cast<uint32_t>(parts[i]);
      const int combining = combining_class(code);
      if (combining == 0) sort_pending();
      result.push_back({{code, i == 0 ? 0 : 1}, combining});
    }
  });
  sort_pending();
}

void compose_all(const std::vector<Ordered>& from, std::vector<Change>& to) {
  bool has_first = false;
  Change first = {};
  std::vector<Change> between;  // marks that stand between `first` and what comes
  int last = -1;                // the combining class of the last of them
  const auto flush = [&] {
    to.insert(to.end(), between.begin(), between.end());
    between.clear();
    last = -1;
  };
  for (const Ordered& next : from) {
    if (!has_first) {
      if (next.combining != 0) {
        to.push_back(next.change);
      } else {
        first = next.change;
        has_first = true;
      }
      continue;
    }
    const bool blocked = last >= 0 && last >= next.combining;
    if (!blocked) {
      if (const uint32_t made = compose(first.code, next.change.code)) {
        first = {made, first.change + next.change.change - 1};
        continue;
      }
    }
    if (next.combining == 0) {
      to.push_back(first);
      flush();
      first = next.change;
    } else {
      between.push_back(next.change);
      last = next.combining;
    }
  }
  if (has_first) to.push_back(first);
  flush();
}

// Whether no character of the form can change: below U+0300 nothing composes, below U+00C0 (U+00A0 with
// compatibility) nothing decomposes.
bool plain(std::string_view text, NormalForm form) {
  const uint32_t limit = form == NormalForm::kNfc ? 0x300 : form == NormalForm::kNfd ? 0xC0 : 0xA0;
  for (size_t at = 0; at < text.size();) {
    const Character character = character_at(text, at);
    const bool ideograph = character.code >= 0x3400 && character.code <= 0x9FFF;
    if (character.code >= limit && !ideograph) return false;
    at = character.end;
  }
  return true;
}

}  // namespace

bool to_normal_form(std::string_view text, NormalForm form, std::vector<Change>& changes) {
  if (plain(text, form)) return false;
  std::vector<Ordered> ordered;
  ordered.reserve(text.size());
  decompose_all(text, form == NormalForm::kNfkc || form == NormalForm::kNfkd, ordered);
  changes.clear();
  if (form == NormalForm::kNfc || form == NormalForm::kNfkc) {
    compose_all(ordered, changes);
  } else {
    for (const Ordered& one : ordered) changes.push_back(one.change);
  }
  return true;
}

}  // namespace lamina::detail::tokenizers
