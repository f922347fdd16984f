// TextVectorization: Keras's preprocessing layer for texts, on strings.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "lamina/base/json.h"
#include "lamina/core/tensor.h"

namespace lamina {

namespace detail {
struct TextVectorizationState;
}

/// How TextVectorization changes a text before it is split: by name or by a function.
struct Standardize {
  using Function = std::function<std::string(const std::string&)>;
  Standardize(const char* name) : name(name) {}
  Standardize(std::string name) : name(std::move(name)) {}
  template <class F>
  requires std::is_invocable_r_v<std::string, F, const std::string&> Standardize(F function)
      : function(std::move(function)) {}

  /// "lower_and_strip_punctuation", "lower", "strip_punctuation" or "none" (Keras: None). Lower case is that
  /// of tf.strings.lower, which knows the letters of ASCII alone; punctuation is that of ASCII, left out.
  std::string name;
  Function function;  ///< in place of a name; must be callable from several threads at once
};

/// How TextVectorization splits a text: by name or by a function.
struct Split {
  using Function = std::function<std::vector<std::string>(const std::string&)>;
  Split(const char* name) : name(name) {}
  Split(std::string name) : name(std::move(name)) {}
  template <class F>
  requires std::is_invocable_r_v < std::vector<std::string>, F,
  const std::string& > Split(F function) : function(std::move(function)) {}

  /// "whitespace" (of ASCII), "character" or "none" (Keras: None: the text is one token).
  std::string name;
  Function function;  ///< in place of a name; must be callable from several threads at once
};

/// Arguments of TextVectorization, with Keras's names and defaults (keras.layers.TextVectorization).
struct TextVectorizationOptions {
  /// Most tokens of the vocabulary, special ones included. 0: no limit (Keras's None).
  int64_t max_tokens = 0;
  Standardize standardize = "lower_and_strip_punctuation";
  Split split = "whitespace";
  /// Lengths of the runs of tokens, joined by spaces, that are looked up, as Keras's tuple; ngrams_of(n) is
  /// its integer. Empty: tokens as they are.
  std::vector<int64_t> ngrams = {};
  /// "int": numbers of the tokens, int64 (texts, length); "multi_hot" and "count": int64 (texts, tokens);
  /// "tf_idf": float32 (texts, tokens).
  std::string output_mode = "int";
  /// Length to which rows of "int" are cut or filled up with 0; 0: that of the longest text.
  int64_t output_sequence_length = 0;
  /// Whether the other modes have max_tokens columns even where the vocabulary is smaller.
  bool pad_to_max_tokens = false;
  /// The tokens, with or without the special ones in front ("", "[UNK]"; without "" in other modes than
  /// "int"). Given, adapt() is not possible.
  std::vector<std::string> vocabulary = {};
  /// Of "tf_idf" with a vocabulary: as many numbers.
  std::vector<double> idf_weights = {};
};

/// Keras's integer `ngrams`: runs of 1 to n tokens.
std::vector<int64_t> ngrams_of(int64_t n);

/// Texts to numbers of tokens or to bags of tokens, as the Keras layer of this name computes them. Number 0
/// fills up ("int" only), the next is any token that is not known. It works on strings and is no layer:
/// tensors hold numbers. Results do not depend on the number of threads. Texts are UTF-8; bytes that are
/// none become U+FFFD, which a warning counts (TensorFlow keeps them).
///
///   TextVectorization vectorize({.max_tokens = 10000, .output_sequence_length = 200});
///   vectorize.adapt(texts);
///   Tensor x = vectorize(texts);  // int64 (texts, 200)
class TextVectorization {
 public:
  /// Throws InvalidArgument for names that are not known, suggesting the nearest, for lengths below 0
  /// or above 2^24, ngrams below 1, an output_sequence_length in another mode than "int", and a vocabulary as
  /// set_vocabulary does.
  explicit TextVectorization(TextVectorizationOptions options = {});

  const TextVectorizationOptions& options() const;

  /// Learns the vocabulary: the most frequent tokens, those that occur alike from the greatest in bytes to
  /// the least; and for "tf_idf" log(1 + texts / (1 + texts with the token)) of each. What was learned before
  /// is forgotten. Throws InvalidArgument when a vocabulary was given.
  void adapt(const std::vector<std::string>& texts);

  /// The tokens in the order of their numbers.
  /// @param include_special_tokens  whether those in front that stand for padding and unknown tokens are in
  ///                                it.
  std::vector<std::string> get_vocabulary(bool include_special_tokens = true) const;
  /// Tokens of the vocabulary, special ones included.
  int64_t vocabulary_size() const;
  /// Weight of each token and, in front, of the special ones, as "tf_idf" multiplies by them; empty in other
  /// modes.
  std::vector<float> idf_weights() const;

  /// Uses these tokens from now on.
  /// @param vocabulary   tokens, with or without the special ones in front.
  /// @param idf_weights  of "tf_idf": as many numbers.
  /// Throws InvalidArgument for an empty vocabulary, tokens that occur twice, "" among them, more than
  /// max_tokens, and weights that are missing, not as many or not asked for.
  void set_vocabulary(const std::vector<std::string>& vocabulary,
                      const std::vector<double>& idf_weights = {});

  /// The texts as options().output_mode says. Throws InvalidArgument without a vocabulary.
  Tensor operator()(const std::vector<std::string>& texts) const;

  /// {"class_name": "TextVectorization", "config": {...}}, with the config that Keras's from_config takes,
  /// vocabulary included. Throws Unsupported where standardize or split is a function.
  Json to_json() const;
  /// What to_json() or Keras's get_config gave. `name` opens the message of the FileError for anything that
  /// cannot be; throws Unsupported for what this class lacks (another encoding, ragged or sparse results).
  static TextVectorization from_json(const Json& json, const std::string& name = "TextVectorization");

 private:
  std::shared_ptr<const detail::TextVectorizationState>
      state_;  // replaced as a whole, so that copies share it
};

}  // namespace lamina
