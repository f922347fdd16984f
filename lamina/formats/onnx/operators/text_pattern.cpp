// RE2's patterns by PCRE2, with limits: published patterns mean the same in both.
#define PCRE2_CODE_UNIT_WIDTH 8
#include "lamina/formats/onnx/operators/text_pattern.h"

#include <fmt/format.h>
#include <pcre2.h>

#include "lamina/base/error.h"
#include "lamina/base/terminal.h"
#include "lamina/text/detail/unicode.h"

namespace lamina::onnx {

struct TextPattern::Code {
  std::shared_ptr<pcre2_code> compiled;
  std::shared_ptr<pcre2_match_context> limits;
};

TextPattern::TextPattern(const std::string& pattern, bool whole) {
  if (pattern.size() > (64U << 10)) throw InvalidArgument("its pattern has more than 65536 bytes");
  int error = 0;
  PCRE2_SIZE place = 0;
  const std::shared_ptr<pcre2_compile_context> around(pcre2_compile_context_create(nullptr),
                                                      pcre2_compile_context_free);
  pcre2_set_parens_nest_limit(around.get(), 200);
  pcre2_set_newline(around.get(), PCRE2_NEWLINE_LF);
  const uint32_t ends = whole ? PCRE2_ANCHORED | PCRE2_ENDANCHORED : 0;
  auto code = std::make_shared<Code>();
  code->compiled = {pcre2_compile(reinterpret_cast<PCRE2_SPTR>(pattern.data()), pattern.size(),
                                  PCRE2_UTF | PCRE2_NEVER_BACKSLASH_C | PCRE2_DOLLAR_ENDONLY | ends, &error, &place,
                                  around.get()),
                    pcre2_code_free};
  if (!code->compiled) {
    PCRE2_UCHAR message[160] = {};
    pcre2_get_error_message(error, message, sizeof message);
    throw InvalidArgument(fmt::format("its pattern '{}' does not compile: {} at byte {}",
                                      printable(pattern.substr(0, 120)), reinterpret_cast<const char*>(message), place));
  }
  code->limits = {pcre2_match_context_create(nullptr), pcre2_match_context_free};
  pcre2_set_match_limit(code->limits.get(), 5'000'000);
  pcre2_set_heap_limit(code->limits.get(), 64U << 10);
  pcre2_set_depth_limit(code->limits.get(), 100'000);
  code_ = std::move(code);
}

std::vector<std::pair<size_t, size_t>> TextPattern::find(const std::string& text, size_t from) const {
  const std::shared_ptr<pcre2_match_data> found(
      pcre2_match_data_create_from_pattern(code_->compiled.get(), nullptr), pcre2_match_data_free);
  // That the text is UTF-8 was seen from its beginning on.
  const int result = pcre2_match(code_->compiled.get(), reinterpret_cast<PCRE2_SPTR>(text.data()), text.size(), from,
                                 from > 0 ? PCRE2_NO_UTF_CHECK : 0, found.get(), code_->limits.get());
  if (result == PCRE2_ERROR_NOMATCH) return {};
  if (result < 0)
    throw InvalidArgument(result == PCRE2_ERROR_MATCHLIMIT || result == PCRE2_ERROR_DEPTHLIMIT ||
                                  result == PCRE2_ERROR_HEAPLIMIT
                              ? "its pattern takes too much work on '" + printable(text.substr(0, 120)) + "'"
                              : "'" + printable(text.substr(0, 120)) + "' is no UTF-8");
  const PCRE2_SIZE* const ends = pcre2_get_ovector_pointer(found.get());
  std::vector<std::pair<size_t, size_t>> ranges;
  for (size_t i = 0; i < static_cast<size_t>(result); ++i) {
    const bool unset = ends[2 * i] == PCRE2_UNSET;
    ranges.emplace_back(unset ? 0 : ends[2 * i], unset ? 0 : ends[2 * i + 1]);
  }
  return ranges;
}

bool TextPattern::matches(const std::string& text) const { return !find(text, 0).empty(); }

std::string TextPattern::replaced(const std::string& text, const std::string& rewrite, bool all) const {
  std::string result;
  const auto write = [&](const std::vector<std::pair<size_t, size_t>>& groups) {
    for (size_t i = 0; i < rewrite.size(); ++i) {
      if (rewrite[i] != '\\') {
        result += rewrite[i];
        continue;
      }
      const char next = ++i < rewrite.size() ? rewrite[i] : '\0';
      if (next == '\\') {
        result += next;
      } else if (next >= '0' && next <= '9') {
        const auto group = static_cast<size_t>(next - '0');
        if (group < groups.size()) result += text.substr(groups[group].first, groups[group].second - groups[group].first);
      } else {
        throw InvalidArgument("its rewrite '" + printable(rewrite.substr(0, 120)) + "' has a backslash that names no group");
      }
    }
  };
  size_t copied = 0, from = 0;
  bool after_match = false;  // an empty match is none at the end of the one before
  while (from <= text.size()) {
    const auto groups = find(text, from);
    if (groups.empty()) break;
    const auto [begin, end] = groups[0];
    if (begin == end && after_match && begin == copied) {
      if (begin == text.size()) break;
      from = lamina::detail::character_at(text, begin).end;
      after_match = false;
      continue;
    }
    result += text.substr(copied, begin - copied);
    write(groups);
    copied = end;
    after_match = true;
    if (!all) break;
    from = end;
    if (begin == end) {
      if (end == text.size()) break;
      from = lamina::detail::character_at(text, end).end;
      after_match = false;
    }
  }
  return result + text.substr(copied);
}

}  // namespace lamina::onnx
