// Tokenizer: words to numbers, the most frequent first, as Keras's preprocessing.text has it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lamina/base/json.h"
#include "lamina/core/tensor.h"

namespace lamina {

namespace detail {
struct TokenizerState;
}

/// Keras's default `filters`: ASCII punctuation without the apostrophe, tab and line break.
inline constexpr const char* kTokenizerFilters = "!\"#$%&()*+,-./:;<=>?@[\\]^_`{|}~\t\n";

/// Arguments of Tokenizer, with Keras's names and defaults.
struct TokenizerOptions {
  /// Only the words numbered below this are used: the num_words - 1 most frequent ones. 0: all (Keras's
  /// None).
  int64_t num_words = 0;
  /// Characters (not bytes) that become `split` before the text is split.
  std::string filters = kTokenizerFilters;
  bool lower = true;        ///< whether texts are taken to lower case, as Python's str.lower does
  std::string split = " ";  ///< what separates words; not empty
  bool char_level = false;  ///< whether every character is a word; filters are not applied then, as in Keras
  /// A word that stands for those that are not known; its number is 1. Absent: they are left out.
  std::optional<std::string> oov_token = {};
  int64_t document_count = 0;  ///< texts counted already
};

/// The words of a text, as Tokenizer splits it (Keras: text_to_word_sequence).
/// @param text     UTF-8; bytes that are none become U+FFFD, which a warning counts.
/// @param filters  characters that become `split`.
/// @param lower    whether to take the text to lower case first.
/// @param split    what separates words; not empty.
std::vector<std::string> text_to_word_sequence(const std::string& text,
                                               const std::string& filters = kTokenizerFilters,
                                               bool lower = true, const std::string& split = " ");

/// Numbers words by how often they occur, those that occur alike by which came first; number 0 is never given
/// (keras.preprocessing.text.Tokenizer, in Keras 3 keras.src.legacy.preprocessing.text). Texts are UTF-8;
/// bytes that are none become U+FFFD, which a warning counts. Results do not depend on the number of threads.
///
///   Tokenizer tokenizer({.num_words = 10000, .oov_token = "<unk>"});
///   tokenizer.fit_on_texts(texts);
///   Tensor x = pad_sequences(tokenizer.texts_to_sequences(texts), {.maxlen = 200});
class Tokenizer {
 public:
  using Sequence = std::vector<int32_t>;
  using Words = std::vector<std::string>;

  /// Throws InvalidArgument for a negative num_words or document_count and an empty split.
  explicit Tokenizer(TokenizerOptions options = {});

  const TokenizerOptions& options() const;

  /// Counts the words of the texts, adding to what was counted before, and numbers all of them anew.
  void fit_on_texts(const std::vector<std::string>& texts);
  /// The same for texts that are words already, each taken as it is but for `lower` (Keras: fit_on_texts of
  /// lists).
  void fit_on_words(const std::vector<Words>& texts);
  /// Counts in how many of the sequences each number occurs: what "tfidf" needs where there were never texts.
  void fit_on_sequences(const std::vector<Sequence>& sequences);

  /// The number of each word of each text; words that are not known, or not below num_words, are left out or
  /// become the number of oov_token.
  std::vector<Sequence> texts_to_sequences(const std::vector<std::string>& texts) const;
  /// The same for texts that are words already.
  std::vector<Sequence> words_to_sequences(const std::vector<Words>& texts) const;
  /// The words of the numbers, joined by spaces.
  std::vector<std::string> sequences_to_texts(const std::vector<Sequence>& sequences) const;

  /// One row a text and one column a number, 0 included: (texts, num_words), or (texts, words + 1) without
  /// num_words.
  /// @param texts  the texts.
  /// @param mode   "binary" (whether the word occurs), "count", "freq" (its share of the words of the text),
  ///               or "tfidf" ((1 + log count) * log(1 + documents / (1 + documents with the word))).
  /// @param dtype  of the result. Keras: float64.
  /// Throws InvalidArgument for an unknown mode, when nothing was fitted and num_words is 0, and for "tfidf"
  /// when no documents were counted.
  Tensor texts_to_matrix(const std::vector<std::string>& texts, const std::string& mode = "binary",
                         DType dtype = DType::kFloat64) const;
  /// The same of sequences.
  Tensor sequences_to_matrix(const std::vector<Sequence>& sequences, const std::string& mode = "binary",
                             DType dtype = DType::kFloat64) const;

  /// How many texts or sequences were counted.
  int64_t document_count() const;
  /// Every word with its number, by number; with an oov_token it comes first.
  std::vector<std::pair<std::string, int64_t>> word_index() const;
  /// The number of a word; absent when it is not known.
  std::optional<int64_t> index_of(std::string_view word) const;
  /// The word of a number; absent when there is none.
  std::optional<std::string> index_word(int64_t index) const;
  /// Every word with how often it occurred, in the order in which words were first seen.
  std::vector<std::pair<std::string, int64_t>> word_counts() const;
  /// Every word with the number of texts that hold it, in the same order.
  std::vector<std::pair<std::string, int64_t>> word_docs() const;

  /// As Keras writes it: {"class_name": "Tokenizer", "config": {...}}, whose dictionaries are JSON texts.
  Json to_json() const;
  /// What to_json() or Keras gave. `name` opens the message of the FileError for anything that cannot be:
  /// members that are missing or of another kind, counts below 1, numbers that are not 1 to the number of
  /// words or occur twice.
  static Tokenizer from_json(const Json& json, const std::string& name = "Tokenizer");

 private:
  std::shared_ptr<const detail::TokenizerState> state_;  // replaced as a whole, so that copies share it
};

/// The tokenizer in a JSON text that Tokenizer::to_json().dump() or Keras's Tokenizer.to_json() wrote. Throws
/// FileError as Tokenizer::from_json does.
Tokenizer tokenizer_from_json(const std::string& text);

}  // namespace lamina
