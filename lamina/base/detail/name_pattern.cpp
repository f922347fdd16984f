// PCRE2, and its limits.
#define PCRE2_CODE_UNIT_WIDTH 8
#include "lamina/base/detail/name_pattern.h"

#include <pcre2.h>

#include "lamina/base/error.h"

namespace lamina::detail {
namespace {

constexpr uint32_t kSteps = 1'000'000, kDepth = 10'000, kHeapKiB = 16 << 10;
constexpr size_t kLongest = 4096;

std::string reason(int error) {
  PCRE2_UCHAR text[256] = {};
  pcre2_get_error_message(error, text, sizeof text);
  return reinterpret_cast<const char*>(text);
}

PCRE2_SPTR units(const std::string& text) { return reinterpret_cast<PCRE2_SPTR>(text.data()); }

}  // namespace

struct NamePattern::Code {
  pcre2_code* code = nullptr;

  Code() = default;
  Code(const Code&) = delete;
  Code& operator=(const Code&) = delete;
  ~Code() { pcre2_code_free(code); }
};

NamePattern::NamePattern(const std::string& pattern) : pattern_(pattern) {
  if (pattern.size() > kLongest)
    throw InvalidArgument("a pattern of " + std::to_string(pattern.size()) + " bytes: at most " +
                          std::to_string(kLongest) + " are read");
  auto code = std::make_shared<Code>();
  int error = 0;
  PCRE2_SIZE place = 0;
  code->code = pcre2_compile(units(pattern), pattern.size(), PCRE2_UTF, &error, &place, nullptr);
  if (!code->code)
    throw InvalidArgument("the pattern '" + pattern + "' is no regular expression: " + reason(error) +
                          " at place " + std::to_string(place));
  code_ = std::move(code);
}

bool NamePattern::matches(const std::string& name) const {
  const std::unique_ptr<pcre2_match_data, void (*)(pcre2_match_data*)> data(
      pcre2_match_data_create_from_pattern(code_->code, nullptr), pcre2_match_data_free);
  const std::unique_ptr<pcre2_match_context, void (*)(pcre2_match_context*)> limits(
      pcre2_match_context_create(nullptr), pcre2_match_context_free);
  if (!data || !limits) throw std::bad_alloc();
  pcre2_set_match_limit(limits.get(), kSteps);
  pcre2_set_depth_limit(limits.get(), kDepth);
  pcre2_set_heap_limit(limits.get(), kHeapKiB);
  const int found = pcre2_match(code_->code, units(name), name.size(), 0, PCRE2_ANCHORED | PCRE2_ENDANCHORED,
                                data.get(), limits.get());
  if (found == PCRE2_ERROR_NOMATCH) return false;
  if (found < 0) throw InvalidArgument("the pattern '" + pattern_ + "' on '" + name + "': " + reason(found));
  return true;
}

}  // namespace lamina::detail
