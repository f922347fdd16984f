// What a UnigramSegmenter knows.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "lamina/text/detail/word_table.h"
#include "lamina/text/unigram_segmenter.h"

namespace lamina::detail {

struct UnigramSegmenterState {
  std::vector<std::pair<std::string, double>> words;  // the most probable first
  WordTable table;                                    // the same words
  size_t longest = 1;                                 // in characters
  double unknown = -10;                               // of a character that is no word

  /// Words with the logarithm of their probability. Throws InvalidArgument for words that are empty, no
  /// UTF-8, too long or there twice, and for numbers that are no logarithms of a probability.
  explicit UnigramSegmenterState(std::vector<std::pair<std::string, double>> given);
};

}  // namespace lamina::detail
