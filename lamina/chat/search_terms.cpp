// Terms of texts, with and without spaces.
#include "lamina/chat/detail/search_terms.h"

#include "lamina/text/detail/unicode.h"

namespace lamina::detail {

std::vector<std::string> search_terms(const std::string& text) {
  const std::string lowered = lower(text);
  std::vector<std::string> terms;
  std::string word, before;  // `before`: the unspaced character in front
  const auto end_word = [&] {
    if (!word.empty()) terms.push_back(std::move(word));
    word.clear();
  };
  for_each_character(lowered, [&](const Character& character) {
    std::string bytes = lowered.substr(character.begin, character.end - character.begin);
    if (is_unspaced(character.code)) {
      end_word();
      terms.push_back(bytes);
      if (!before.empty()) terms.push_back(before + bytes);
      before = std::move(bytes);
      return;
    }
    before.clear();
    if (is_word_character(character.code)) {
      word += bytes;
    } else {
      end_word();
    }
  });
  end_word();
  return terms;
}

}  // namespace lamina::detail
