// CountVectorizer: how often each term occurs in each text, as scikit-learn counts.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "lamina/base/json.h"
#include "lamina/text/csr_matrix.h"

namespace lamina {

namespace detail {
struct CountVectorizerState;
}

/// A number of documents: as an integer (at least 1) so many, as a floating-point number (0 to 1) that share
/// of them.
class DocumentLimit {
 public:
  DocumentLimit(int count) : count_(count) {}
  DocumentLimit(int64_t count) : count_(count) {}
  DocumentLimit(double share) : is_share_(true), share_(share) {}

  /// So many of `documents`: the share is not rounded.
  double of(int64_t documents) const;
  /// Whether it is a number that is possible.
  bool valid() const;
  /// As an integer or a number with a point.
  Json to_json() const;
  /// What to_json() gave; throws InvalidArgument for another kind.
  static DocumentLimit from_json(const Json& json);

 private:
  bool is_share_ = false;
  int64_t count_ = 0;
  double share_ = 0;
};

/// Arguments of CountVectorizer, with scikit-learn's names and defaults
/// (sklearn.feature_extraction.text.CountVectorizer).
struct CountVectorizerOptions {
  bool lowercase = true;  ///< whether texts are taken to lower case, as Python's str.lower does
  /// What changes a text in place of `lowercase`; must be callable from several threads at once.
  std::function<std::string(const std::string&)> preprocessor = {};
  /// What splits a text in place of `token_pattern`; must be callable from several threads at once.
  std::function<std::vector<std::string>(const std::string&)> tokenizer = {};
  /// Terms that are left out, before runs of them are made. Empty: none. scikit-learn's list "english" is not
  /// built in, and {"english"} alone is refused; read_lines (lamina/data/read_lines.h) reads a list of yours.
  std::vector<std::string> stop_words = {};
  /// What a token is: "(?u)\\b\\w\\w+\\b", runs of two or more letters, digits and underscores as Python's re
  /// knows them, or "(?u)\\b\\w+\\b", runs of one or more. (Other patterns: use `tokenizer`.)
  std::string token_pattern = R"((?u)\b\w\w+\b)";
  /// Least and greatest length of the runs of tokens (or characters) that are terms.
  std::pair<int, int> ngram_range = {1, 1};
  /// Terms are made of: "word" (tokens), "char" (characters), or "char_wb" (characters within words, with a
  /// space on both sides).
  std::string analyzer = "word";
  DocumentLimit max_df = 1.0;  ///< terms in more documents are left out
  DocumentLimit min_df = 1;    ///< terms in fewer documents are left out
  /// Keep so many terms, those that occur most often; of those that occur alike, the first in the order of
  /// characters. (scikit-learn picks among these as NumPy's sort, which is not stable, happens to leave them:
  /// differently on different processors.) 0: all (None).
  int64_t max_features = 0;
  /// The terms, in the order of the columns. Given, nothing is learned.
  std::vector<std::string> vocabulary = {};
  bool binary = false;  ///< whether each term counts once a document
};

/// Counts terms: one row a document, one column a term, in the order of their characters. Documents are
/// UTF-8; bytes that are none become U+FFFD, which a warning counts. Results do not depend on the number of
/// threads.
///
///   CountVectorizer vectorizer({.max_features = 500});
///   CsrMatrix x = vectorizer.fit_transform(texts);
///   CsrMatrix y = vectorizer.transform(others);
class CountVectorizer {
 public:
  /// Throws InvalidArgument for an unknown analyzer, limits and lengths that cannot be, terms that occur
  /// twice in the vocabulary, and Unsupported for another token_pattern.
  explicit CountVectorizer(CountVectorizerOptions options = {});

  const CountVectorizerOptions& options() const;

  /// Learns the terms of the documents. Throws InvalidArgument when there are none, also after leaving out,
  /// and when max_df is less than min_df.
  void fit(const std::vector<std::string>& documents);
  /// fit and transform at once.
  CsrMatrix fit_transform(const std::vector<std::string>& documents);
  /// How often each term occurs in each document; others are not counted. Throws InvalidArgument before fit
  /// when no vocabulary was given.
  CsrMatrix transform(const std::vector<std::string>& documents) const;

  /// The terms in the order of the columns (scikit-learn: get_feature_names_out). Throws as transform does.
  const std::vector<std::string>& get_feature_names() const;
  /// The column of a term; absent when there is none (scikit-learn: vocabulary_[term]).
  std::optional<int64_t> column(const std::string& term) const;
  /// The terms of one document, as they are counted (scikit-learn: build_analyzer()(document)).
  std::vector<std::string> analyze(const std::string& document) const;

  /// {"class_name": "CountVectorizer", "config": {...}}, the terms included. Throws Unsupported where
  /// preprocessor or tokenizer is a function.
  Json to_json() const;
  /// What to_json() gave. `name` opens the message of the FileError for anything that cannot be; throws
  /// Unsupported as the constructor does.
  static CountVectorizer from_json(const Json& json, const std::string& name = "CountVectorizer");

 private:
  std::shared_ptr<const detail::CountVectorizerState> state_;  // replaced as a whole, so that copies share it
};

}  // namespace lamina
