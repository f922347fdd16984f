// Regular expressions of whole names, with bounded work: they come from files. Internal header.
#pragma once

#include <memory>
#include <string>

namespace lamina::detail {

/// What Python's re.fullmatch does with a pattern, by PCRE2, which differs in what names hardly need.
class NamePattern {
 public:
  /// Throws InvalidArgument, with the place and the reason, for what is no regular expression.
  explicit NamePattern(const std::string& pattern);
  /// Throws InvalidArgument when a match takes more work than the limit: patterns can take a time that grows
  /// exponentially.
  bool matches(const std::string& name) const;

 private:
  struct Code;
  std::string pattern_;
  std::shared_ptr<const Code> code_;
};

}  // namespace lamina::detail
