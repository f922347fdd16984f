// What a WordPiece model consists of; a list of whole words.
#pragma once

#include <memory>
#include <string>

#include "lamina/text/tokenizers/detail/parts.h"

namespace lamina::detail::tokenizers {

struct WordPieceParts {
  Vocabulary vocabulary;
  std::string unk_token = "[UNK]";
  std::string continuing_subword_prefix = "##";
  int64_t max_input_chars_per_word = 100;  ///< longer words are unknown
};

std::shared_ptr<Model> make_word_piece(WordPieceParts parts);
std::shared_ptr<Model> make_word_level(Vocabulary vocabulary, std::string unk_token);

}  // namespace lamina::detail::tokenizers
