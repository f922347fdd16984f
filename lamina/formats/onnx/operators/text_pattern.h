// TextPattern: a regular expression of RE2's, which ONNX and TensorFlow name in their graphs. Internal header.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace lamina::onnx {

/// Digits, words and spaces are those of ASCII, and the end is the end of the text. Texts are UTF-8.
class TextPattern {
 public:
  /// @param whole  whether a match is one of the whole text.
  /// Throws InvalidArgument for a pattern that does not compile, with the place and the reason.
  TextPattern(const std::string& pattern, bool whole);

  /// Throws InvalidArgument where the match takes more work than the limit, and for a text that is no UTF-8.
  bool matches(const std::string& text) const;
  /// The text with each match replaced, or the first alone. In `rewrite` a backslash with a digit is a group, 0 the match.
  /// Throws InvalidArgument for another use of a backslash.
  std::string replaced(const std::string& text, const std::string& rewrite, bool all) const;

  struct Code;

 private:
  /// Ranges of bytes of the match and its groups from place `from` on; none where nothing matches.
  std::vector<std::pair<size_t, size_t>> find(const std::string& text, size_t from) const;

  std::shared_ptr<const Code> code_;
};

}  // namespace lamina::onnx
