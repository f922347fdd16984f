// Regex: a regular expression of a tokenizer.json, that is, of Oniguruma, matched with bounded work.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace lamina::detail::tokenizers {

/// Ranges of bytes of the text that a pattern matches, in order and apart from each other.
using Matches = std::vector<std::pair<size_t, size_t>>;

class Regex {
 public:
  /// Throws InvalidArgument for a pattern that does not compile, with the place and the reason.
  explicit Regex(const std::string& pattern);
  /// The text itself, each character meaning itself.
  static Regex literal(const std::string& text);

  /// All matches in a text (UTF-8), from front to back. Throws InvalidArgument when a match takes more work
  /// than the limit: patterns can take a time that grows exponentially.
  void find_all(std::string_view text, Matches& matches) const;

  struct Code;

 private:
  Regex() = default;
  std::string pattern_;
  std::string literal_;                                    // if not empty, it is searched for
  std::shared_ptr<const Code> code_;                       // PCRE2's
  void (*scanner_)(std::string_view, Matches&) = nullptr;  // of a well-known pattern
};

/// A function that gives the matches of a well-known pattern, or null. Each such pattern registers its own.
using Scanner = void (*)(std::string_view text, Matches& matches);
Scanner known_scanner(const std::string& pattern);
/// Registers `scanner` for a pattern; returns true.
bool add_scanner(const char* pattern, Scanner scanner);
/// The patterns that have scanners.
std::vector<std::string> known_patterns();
/// The same pattern by PCRE2 alone: what scanners are compared with.
void find_all_by_pcre2(const std::string& pattern, std::string_view text, Matches& matches);

}  // namespace lamina::detail::tokenizers
