// SentenceEncoder: a vector for each text, near those of texts that mean the same, learned from questions and
// answers.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "lamina/core/tensor.h"
#include "lamina/nn/model.h"

namespace lamina {

namespace detail {
class TextVectors;
}

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

  /// The mean of the last hidden states of an encoder from a folder of Hugging Face's (BERT and its like), as
  /// unit vectors. Longer texts are cut to the tokens that it takes. Throws what AutoModel and AutoTokenizer
  /// throw, and InvalidArgument for a model that gives no last_hidden_state.
  static SentenceEncoder from_pretrained(const std::string& folder);
  /// The encoder that was learned, as a model with its terms in the DataInfo section "sentence_encoder": it
  /// is saved and loaded as any. Throws InvalidArgument for one from a folder, which holds it already.
  Model model() const;
  /// What model() gave. Throws FileError, beginning with `name`, for another one.
  static SentenceEncoder of(const Model& model, const std::string& name = "the model");

  /// Unit vectors of the texts, float32 (texts, dimensions); zeros for a text without a known term.
  Tensor operator()(const std::vector<std::string>& texts) const;
  int64_t dimensions() const;

 private:
  explicit SentenceEncoder(std::shared_ptr<const detail::TextVectors> vectors);
  std::shared_ptr<const detail::TextVectors> vectors_;
};

}  // namespace lamina
