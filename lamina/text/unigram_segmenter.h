// UnigramSegmenter: words of a language that writes none apart, learned from texts.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "lamina/base/json.h"

namespace lamina {

namespace detail {
struct UnigramSegmenterState;
}

/// Arguments of UnigramSegmenter::train.
struct UnigramOptions {
  /// Words to end with, single characters among them. All characters of the texts are kept, so that there can
  /// be more.
  int64_t vocab_size = 8000;
  int64_t max_word_length = 6;     ///< in characters, 1 to 16
  int64_t seed_size = 200000;      ///< words to start with: the substrings that cover most text
  int64_t num_iterations = 2;      ///< of expectation and maximisation before each pruning
  double shrinking_factor = 0.75;  ///< share of the words that stays at each pruning, between 0 and 1
};

/// Splits text into words by the most probable way to write it as a sequence of independent words: the
/// unigram language model of Kudo, "Subword Regularization" (2018), trained by expectation and maximisation
/// from the texts alone. It looks at runs of characters of scripts that are written without spaces (Chinese
/// characters, kana, Thai and their neighbours); runs of other letters and digits are words as they stand,
/// and every other character but white space is a word, too. The same texts give the same words, whatever the
/// number of threads.
///
///   auto segmenter = UnigramSegmenter::train(reviews, {.vocab_size = 8000});
///   segmenter.segment("房间很好，wifi快");  // {"房间", "很好", "，", "wifi", "快"}
///   Tokenizer().fit_on_texts(segmenter.join(reviews));
class UnigramSegmenter {
 public:
  /// Learns words from texts (UTF-8; bytes that are none become U+FFFD, which a warning counts). Throws
  /// InvalidArgument for options that cannot be, and for texts without a character of such a script.
  static UnigramSegmenter train(const std::vector<std::string>& texts, const UnigramOptions& options = {});

  /// The words of a text; a character that is not known is a word of its own.
  std::vector<std::string> segment(const std::string& text) const;
  /// Each text with a space between its words: what Tokenizer, TextVectorization and CountVectorizer (with a
  /// token_pattern of one or more) split again.
  std::vector<std::string> join(const std::vector<std::string>& texts) const;

  /// Words with the natural logarithm of their probability, the most probable first.
  const std::vector<std::pair<std::string, double>>& words() const;

  /// {"class_name": "UnigramSegmenter", "config": {"words": [...], "log_probabilities": [...]}}.
  Json to_json() const;
  /// What to_json() gave. `name` opens the message of the FileError for anything that cannot be.
  static UnigramSegmenter from_json(const Json& json, const std::string& name = "UnigramSegmenter");

 private:
  explicit UnigramSegmenter(std::shared_ptr<const detail::UnigramSegmenterState> state);
  std::shared_ptr<const detail::UnigramSegmenterState> state_;
};

/// The characters of a text, white space left out: the other way to split Chinese.
std::vector<std::string> split_characters(const std::string& text);

}  // namespace lamina
