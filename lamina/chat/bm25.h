// Bm25: how well documents answer a query, by the words that both have.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace lamina {

/// Options of Bm25.
struct Bm25Options {
  double k1 = 1.2;  ///< how soon a term that comes again counts no more, at least 0
  double b = 0.75;  ///< how much long documents are held against, 0 to 1
};

/// Okapi BM25 (Robertson and Zaragoza, "The Probabilistic Relevance Framework", 2009): of each term t of the
/// query, as often as it stands there,
///   idf(t) f (k1 + 1) / (f + k1 (1 - b + b length / mean length)),  idf(t) = ln(1 + (N - n + 0.5) / (n +
///   0.5))
/// where f is how often the document has it, N the documents and n those with the term. Terms are words in
/// lower case and, of Chinese and other texts without spaces, characters and pairs of them.
class Bm25 {
 public:
  /// Throws InvalidArgument for no documents and options out of range.
  explicit Bm25(const std::vector<std::string>& documents, const Bm25Options& options = {});

  /// Documents with a term of the query, by number, with their scores.
  std::vector<std::pair<int64_t, double>> scores(const std::string& query) const;
  /// What a document would score that is the query; terms that no document has count as the rarest.
  double own_score(const std::string& query) const;
  int64_t documents() const { return static_cast<int64_t>(lengths_.size()); }

 private:
  struct Posting {
    int32_t document, count;
  };
  double idf(size_t documents) const;

  Bm25Options options_;
  std::unordered_map<std::string, std::vector<Posting>> postings_;
  double mean_ = 0;              // terms of a document
  std::vector<double> lengths_;  // of each document: k1 (1 - b + b length / mean length)
};

}  // namespace lamina
