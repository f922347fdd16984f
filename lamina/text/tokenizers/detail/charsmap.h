// Charsmap: SentencePiece's table of what is replaced by what, a double array in darts-clone's format.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lamina::detail::tokenizers {

class Charsmap {
 public:
  Charsmap() = default;
  /// Throws InvalidArgument when the bytes are no such table. Empty bytes are a table of nothing.
  explicit Charsmap(std::string_view bytes);

  bool empty() const { return units_.empty(); }
  struct Match {
    size_t size;  // bytes of the text; 0: none
    std::string_view replacement;
  };
  /// The shortest entry that `text` starts with.
  Match shortest(std::string_view text) const { return find(text, true); }
  /// The longest.
  Match longest(std::string_view text) const { return find(text, false); }

 private:
  Match find(std::string_view text, bool first) const;
  std::vector<uint32_t> units_;
  std::string replacements_;  // each ends with a zero byte
};

}  // namespace lamina::detail::tokenizers
