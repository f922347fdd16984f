// What a CountVectorizer knows.
#pragma once

#include <string>
#include <unordered_set>

#include "lamina/text/count_vectorizer.h"
#include "lamina/text/detail/word_table.h"

namespace lamina::detail {

enum class Analyzer { kWord, kChar, kCharWithinWords };

struct CountVectorizerState {
  CountVectorizerOptions options;
  Analyzer analyzer = Analyzer::kWord;
  int shortest_word = 2;  // what token_pattern means
  std::unordered_set<std::string> stop_words;
  WordTable terms;  // by column

  /// Throws InvalidArgument and Unsupported for what cannot be.
  explicit CountVectorizerState(CountVectorizerOptions given);

  /// Calls sink(term) for each term of a clean text.
  template <class Sink>
  void terms_of(std::string_view text, Sink&& sink) const;
};

}  // namespace lamina::detail
