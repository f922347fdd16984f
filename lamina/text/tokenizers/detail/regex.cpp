// Patterns are written for Oniguruma: what it means otherwise is rewritten for PCRE2, which has limits.
#define PCRE2_CODE_UNIT_WIDTH 8
#include "lamina/text/tokenizers/detail/regex.h"

#include <pcre2.h>

#include <map>

#include "lamina/base/error.h"
#include "lamina/text/tokenizers/detail/characters.h"

namespace lamina::detail::tokenizers {
namespace {

// Steps of matching at one place: published patterns take a few per character. What takes more is tried again
// with more, but not at every place of a text, or a long text would take hours in small steps.
constexpr uint32_t kFewSteps = 5'000, kManySteps = 5'000'000;
constexpr uint32_t kHeapLimitKiB = 64 << 10, kDepthLimit = 100'000;
constexpr int kDearMatches = 100;
constexpr size_t kPaysForOne = 1000;  // bytes: a dear match that gets so far does not count
constexpr size_t kLongestPattern = 64 << 10;

std::string hex(uint32_t code) {
  static constexpr char kDigits[] = "0123456789ABCDEF";
  std::string text;
  for (int shift = 20; shift >= 0; shift -= 4) text += kDigits[(code >> shift) & 15];
  return "\\x{" + text + "}";
}

// Characters of \p{name} that PCRE2's Unicode lacks, as they stand in a class.
std::string newer(std::string_view name) {
  static const std::vector<NewerCharacters> all = newer_characters();
  std::string text;
  for (const NewerCharacters& entry : all) {
    if (entry.name != name) continue;
    for (const CharacterRange& range : entry.ranges) {
      text += hex(range.first);
      if (range.last > range.first) text += "-" + hex(range.last);
    }
  }
  return text;
}

// What a letter behind a backslash stands for, as it stands in a class; empty: the same in both. \h is a
// hexadecimal digit in Oniguruma, \s has no U+180E, \w has marks, and digits and words are of a newer
// Unicode.
const std::string& class_of_letter(char letter) {
  static const std::map<char, std::string> kClasses = {
      {'h', "0-9a-fA-F"},
      {'d', "\\p{Nd}" + newer("Nd")},
      {'s',
       "\\t-\\r \\x{85}\\x{A0}\\x{1680}\\x{2000}-\\x{200A}\\x{2028}\\x{2029}\\x{202F}\\x{205F}\\x{3000}"},
      {'w',
       "\\p{L}\\p{M}\\p{Nd}\\p{Nl}\\p{Pc}\\x{24B6}-\\x{24E9}\\x{1F130}-\\x{1F149}\\x{1F150}-\\x{1F169}"
       "\\x{1F170}-\\x{1F189}" +
           newer("L") + newer("M") + newer("Nd") + newer("Nl")}};
  static const std::string kNone;
  const auto found = kClasses.find(letter);
  return found == kClasses.end() ? kNone : found->second;
}

// Oniguruma's pattern in PCRE2's words: (?m) lets the dot match line breaks, and categories have the
// characters of a newer Unicode.
std::string translate(const std::string& pattern) {
  std::string result;
  bool in_class = false;
  for (size_t i = 0; i < pattern.size(); ++i) {
    const char c = pattern[i];
    if (c == '\\' && i + 1 < pattern.size()) {
      const char next = pattern[++i];
      const size_t close = pattern.find('}', i);
      if ((next == 'p' || next == 'P') && i + 1 < pattern.size() && pattern[i + 1] == '{' &&
          close != std::string::npos) {
        std::string name = pattern.substr(i + 2, close - i - 2);
        const bool negated = (next == 'P') != name.starts_with('^');
        if (name.starts_with('^')) name.erase(0, 1);
        const std::string more = newer(name);
        i = close;
        if (more.empty() || (in_class && negated)) {
          result += (negated ? "\\P{" : "\\p{") + name + "}";
        } else if (in_class) {
          result += "\\p{" + name + "}" + more;
        } else {
          result += (negated ? "[^\\p{" : "[\\p{") + name + "}" + more + "]";
        }
      } else if (const std::string& letters = class_of_letter(next); !letters.empty()) {
        result += in_class ? letters : "[" + letters + "]";
      } else if (const std::string& others = class_of_letter(static_cast<char>(next | 0x20));
                 !others.empty() && !in_class && next >= 'A' && next <= 'Z') {
        result += "[^" + others + "]";
      } else {
        result += c;
        result += next;
      }
    } else if (in_class && c == '&' && i + 1 < pattern.size() && pattern[i + 1] == '&') {
      throw InvalidArgument("intersections of classes (&&) are not supported");
    } else if (!in_class && c == '(' && pattern.compare(i, 2, "(?") == 0) {
      size_t at = i + 2;
      while (at < pattern.size() &&
             (pattern[at] == '-' || pattern[at] == 'i' || pattern[at] == 'm' || pattern[at] == 'x'))
        ++at;
      if (at > i + 2 && at < pattern.size() && (pattern[at] == ':' || pattern[at] == ')')) {
        for (; i < at; ++i) result += pattern[i] == 'm' ? 's' : pattern[i];
      }
      result += pattern[i];
    } else {
      if (c == '[' && !in_class) {
        in_class = true;
        result += c;
        // A bracket that comes first is a member.
        if (i + 1 < pattern.size() && pattern[i + 1] == '^') result += pattern[++i];
        if (i + 1 < pattern.size() && pattern[i + 1] == ']') {
          result += "\\]";
          ++i;
        }
        continue;
      }
      if (c == '[' && in_class) {
        const size_t end = pattern.find(":]", i);
        if (pattern.compare(i, 2, "[:") != 0 || end == std::string::npos)
          throw InvalidArgument("classes inside of classes are not supported");
        result += pattern.substr(i, end + 2 - i);
        i = end + 1;
        continue;
      }
      if (c == ']') in_class = false;
      result += c;
    }
  }
  return result;
}

std::string message_of(int error) {
  PCRE2_UCHAR text[160] = {};
  pcre2_get_error_message(error, text, sizeof text);
  return reinterpret_cast<const char*>(text);
}

}  // namespace

struct Regex::Code {
  explicit Code(const std::string& pattern) {
    if (pattern.size() > kLongestPattern) {
      throw InvalidArgument("a regular expression of " + std::to_string(pattern.size()) +
                            " bytes; the limit is " + std::to_string(kLongestPattern));
    }
    const auto shown = "the regular expression '" + pattern.substr(0, 120) + "' ";
    std::string translated;
    try {
      translated = translate(pattern);
    } catch (const InvalidArgument& error) {
      throw InvalidArgument(shown + "cannot be used: " + error.what());
    }
    int error = 0;
    PCRE2_SIZE place = 0;
    pcre2_compile_context* context = pcre2_compile_context_create(nullptr);
    pcre2_set_parens_nest_limit(context, 200);
    code = pcre2_compile(reinterpret_cast<PCRE2_SPTR>(translated.data()), translated.size(),
                         PCRE2_UTF | PCRE2_UCP | PCRE2_MULTILINE | PCRE2_NEVER_BACKSLASH_C, &error, &place,
                         context);
    pcre2_compile_context_free(context);
    if (code == nullptr)
      throw InvalidArgument(shown + "does not compile: " + message_of(error) + " at byte " +
                            std::to_string(place));
    pcre2_jit_compile(code, PCRE2_JIT_COMPLETE);  // where it cannot, matching is slower
    few = with_limit(kFewSteps);
    many = with_limit(kManySteps);
  }
  ~Code() {
    pcre2_match_context_free(few);
    pcre2_match_context_free(many);
    pcre2_code_free(code);
  }
  Code(const Code&) = delete;
  Code& operator=(const Code&) = delete;

  void find_all(const std::string& pattern, std::string_view text, Matches& matches) const {
    struct Data {
      explicit Data(const pcre2_code* code) : data(pcre2_match_data_create_from_pattern(code, nullptr)) {}
      ~Data() { pcre2_match_data_free(data); }
      Data(const Data&) = delete;
      Data& operator=(const Data&) = delete;
      pcre2_match_data* data;
    };
    const Data found(code);
    size_t at = 0, last_end = static_cast<size_t>(-1);
    int dear_matches = 0;
    while (at <= text.size()) {
      const auto match = [&](pcre2_match_context* limits) {
        return pcre2_match(code, reinterpret_cast<PCRE2_SPTR>(text.data()), text.size(), at,
                           PCRE2_NO_UTF_CHECK, found.data, limits);
      };
      int result = match(few);
      const bool dear = result == PCRE2_ERROR_MATCHLIMIT || result == PCRE2_ERROR_DEPTHLIMIT;
      if (dear && dear_matches < kDearMatches) result = match(many);
      if (result == PCRE2_ERROR_NOMATCH) return;
      if (result < 0) {
        throw InvalidArgument("the regular expression '" + pattern.substr(0, 120) +
                              "' takes too much work on this "
                              "text and was stopped at byte " +
                              std::to_string(at) + " of " + std::to_string(text.size()) + " (" +
                              message_of(result) + ")");
      }
      const PCRE2_SIZE* place = pcre2_get_ovector_pointer(found.data);
      const size_t begin = place[0], end = place[1];
      if (end <= begin && begin == last_end) {  // nothing right behind a match is none
        at += at < text.size() ? character_size(text[at]) : 1;
        continue;
      }
      if (dear && end < at + kPaysForOne) ++dear_matches;
      matches.emplace_back(begin, std::max(begin, end));
      at = last_end = std::max(begin, end);
    }
  }

  static pcre2_match_context* with_limit(uint32_t steps) {
    pcre2_match_context* context = pcre2_match_context_create(nullptr);
    pcre2_set_match_limit(context, steps);
    pcre2_set_heap_limit(context, kHeapLimitKiB);
    pcre2_set_depth_limit(context, kDepthLimit);
    return context;
  }

  pcre2_code* code = nullptr;
  pcre2_match_context *few = nullptr, *many = nullptr;
};

Regex::Regex(const std::string& pattern) : pattern_(pattern), scanner_(known_scanner(pattern)) {
  if (scanner_ == nullptr) code_ = std::make_shared<const Code>(pattern);
}

Regex Regex::literal(const std::string& text) {
  Regex regex;
  regex.pattern_ = text;
  regex.literal_ = text;
  if (text.empty()) regex.code_ = std::make_shared<const Code>("");
  return regex;
}

void Regex::find_all(std::string_view text, Matches& matches) const {
  if (scanner_ != nullptr) {
    scanner_(text, matches);
  } else if (!literal_.empty()) {
    for (size_t at = text.find(literal_); at != std::string_view::npos;
         at = text.find(literal_, at + literal_.size()))
      matches.emplace_back(at, at + literal_.size());
  } else {
    code_->find_all(pattern_, text, matches);
  }
}

void find_all_by_pcre2(const std::string& pattern, std::string_view text, Matches& matches) {
  Regex::Code(pattern).find_all(pattern, text, matches);
}

namespace {
std::map<std::string, Scanner>& scanners() {
  static std::map<std::string, Scanner> all;
  return all;
}
}  // namespace

Scanner known_scanner(const std::string& pattern) {
  const auto found = scanners().find(pattern);
  return found == scanners().end() ? nullptr : found->second;
}

bool add_scanner(const char* pattern, Scanner scanner) { return scanners().emplace(pattern, scanner).second; }

std::vector<std::string> known_patterns() {
  std::vector<std::string> patterns;
  for (const auto& [pattern, scanner] : scanners()) patterns.push_back(pattern);
  return patterns;
}

}  // namespace lamina::detail::tokenizers
