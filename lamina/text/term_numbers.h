// TermNumbers: the numbers of the terms in a text, for networks that learn a vector for each term.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "lamina/base/json.h"
#include "lamina/text/count_vectorizer.h"

namespace lamina {

/// Which terms of one or several CountVectorizers a text has: words and pairs of words, say, and runs of
/// characters, which misspelt and unknown words share with known ones. An Embedding with mask_zero and a mean
/// over it read what thousands of columns, nearly all zero, would say.
///
///   CountVectorizer words({.ngram_range = {1, 2}}), runs({.ngram_range = {2, 5}, .analyzer = "char_wb"});
///   words.fit(texts), runs.fit(texts);
///   TermNumbers terms({words, runs});
///   terms({"what is my balance"});   // {{1, 2077, 2090, ...}}
class TermNumbers {
 public:
  /// @param vectorizers  fitted, at least one. Throws InvalidArgument for none, for one before fit, and for
  ///                     more than 2^31 - 3 terms.
  explicit TermNumbers(std::vector<CountVectorizer> vectorizers);

  /// How many numbers there are: 0 (it fills up), 1 (every text has it, so that no text is empty), and one
  /// for each term from 2 on, those of the first vectorizer first.
  int64_t size() const { return size_; }
  /// 1, and the number of each term that occurs, rising; a term that occurs twice is there once.
  std::vector<std::vector<int32_t>> operator()(const std::vector<std::string>& texts) const;

  /// {"class_name": "TermNumbers", "config": {"vectorizers": [...]}}. Throws as CountVectorizer::to_json
  /// does.
  Json to_json() const;
  /// What to_json() gave. `name` opens the message of the FileError for anything that cannot be.
  static TermNumbers from_json(const Json& json, const std::string& name = "TermNumbers");

 private:
  std::vector<CountVectorizer> vectorizers_;
  int64_t size_ = 2;
};

}  // namespace lamina
