// What a TextVectorization knows.
#pragma once

#include <cstdint>
#include <vector>

#include "lamina/text/detail/word_table.h"
#include "lamina/text/text_vectorization.h"

namespace lamina::detail {

enum class OutputMode { kInt, kMultiHot, kCount, kTfIdf };

struct TextVectorizationState {
  TextVectorizationOptions options;
  OutputMode mode = OutputMode::kInt;
  bool lower = false, strip = false, characters = false, whole = false;  // what the names mean

  bool has_vocabulary = false, learned = false;
  WordTable tokens;        // without the special ones
  std::vector<float> idf;  // of the special ones, then of each token

  explicit TextVectorizationState(TextVectorizationOptions given);

  /// Special tokens in front: padding ("int" only) and unknown.
  int64_t token_start() const { return mode == OutputMode::kInt ? 2 : 1; }
  void set_vocabulary(const std::vector<std::string>& vocabulary, const std::vector<double>& idf_weights);
  void set_idf(const std::vector<double>& of_tokens, float of_special);

  /// Calls sink(token) for the tokens of a text, runs of them included.
  template <class Sink>
  void tokens_of(std::string_view text, Sink&& sink) const;

 private:
  template <class Sink>
  void single_tokens(std::string_view text, Sink&& sink) const;
};

}  // namespace lamina::detail
