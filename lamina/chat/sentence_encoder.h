// SentenceEncoder: a vector for each text, near those of texts that mean the same, learned from questions and
// answers.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "lamina/nn/model.h"
#include "lamina/text/term_numbers.h"

namespace lamina {

/// Two texts that belong together: a question and its answer, or two ways to ask for one thing.
struct TextPair {
  std::string first, second;
  int64_t group = 0;  ///< pairs of one group are never taken for contrasts of each other
};

/// Options of SentenceEncoder::learn.
struct SentenceEncoderOptions {
  int dimensions = 64;       ///< of the vectors, at least 1
  int epochs = 12;           ///< times that each pair is seen, at least 1
  int64_t most_steps = 600;  ///< batches of all epochs together, about: large files are seen less often
  int batch_size = 128;      ///< pairs that are contrasted with each other, at least 2
  double learning_rate = 2e-3;
  uint64_t seed = 0;
};

/// The mean of a learned vector for each word, pair of words and run of 1 to 4 characters of a text, as a
/// unit vector. It begins as a random projection of TF-IDF, so that texts that share rare terms are near each
/// other before anything is learned, and then learns to find the other text of each pair among those of its
/// batch (softmax over cosines: Henderson et al., "Efficient Natural Language Response Suggestion for Smart
/// Reply", 2017). Copies share one network.
class SentenceEncoder {
 public:
  /// Learns from these pairs; the terms are those of `texts`. Throws InvalidArgument for options out of
  /// range, for texts without any term, and for no texts. Without pairs it stays the projection.
  static SentenceEncoder learn(const std::vector<std::string>& texts, const std::vector<TextPair>& pairs,
                               const SentenceEncoderOptions& options = {});

  /// Unit vectors of the texts, float32 (texts, dimensions); zeros for a text without a known term.
  Tensor operator()(const std::vector<std::string>& texts) const;
  int64_t dimensions() const;

 private:
  SentenceEncoder(TermNumbers terms, Sequential network, int64_t length);
  Tensor numbers(const std::vector<std::string>& texts) const;

  TermNumbers terms_;
  Sequential network_;
  int64_t length_;  // terms of a text that count
};

}  // namespace lamina
