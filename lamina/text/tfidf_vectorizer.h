// TF-IDF: counts weighted by how rare a term is, as scikit-learn weighs them.
#pragma once

#include <string>
#include <vector>

#include "lamina/base/json.h"
#include "lamina/text/count_vectorizer.h"
#include "lamina/text/csr_matrix.h"

namespace lamina {

/// Arguments of TfidfTransformer, with scikit-learn's names and defaults
/// (sklearn.feature_extraction.text.TfidfTransformer).
struct TfidfOptions {
  /// "l2" (rows of length 1), "l1" (rows whose magnitudes sum to 1) or "none".
  std::string norm = "l2";
  bool use_idf = true;        ///< whether to weigh by the inverse document frequency
  bool smooth_idf = true;     ///< whether to count one more document, which holds every term
  bool sublinear_tf = false;  ///< whether a count becomes 1 + log(count)
};

/// Weighs counts: count * idf, idf = log(documents / documents with the term) + 1, rows brought to norm.
class TfidfTransformer {
 public:
  /// Throws InvalidArgument for an unknown norm.
  explicit TfidfTransformer(TfidfOptions options = {});

  const TfidfOptions& options() const { return options_; }
  /// Learns the idf of each column.
  void fit(const CsrMatrix& counts);
  /// The weighted matrix. Throws InvalidArgument before fit (with use_idf) and for other columns.
  CsrMatrix transform(CsrMatrix counts) const;
  /// Of each column; empty before fit and without use_idf (scikit-learn: idf_).
  const std::vector<double>& idf() const { return idf_; }
  /// Sets it. Throws InvalidArgument without use_idf and for numbers that are not finite.
  void set_idf(std::vector<double> idf);

 private:
  TfidfOptions options_;
  std::vector<double> idf_;
};

/// CountVectorizer followed by TfidfTransformer (sklearn.feature_extraction.text.TfidfVectorizer).
///
///   TfidfVectorizer vectorizer({.max_features = 500}, {.sublinear_tf = true});
///   CsrMatrix x = vectorizer.fit_transform(texts);
class TfidfVectorizer {
 public:
  /// Throws as both of them do.
  explicit TfidfVectorizer(CountVectorizerOptions counts = {}, TfidfOptions tfidf = {});

  /// Learns terms and weights.
  void fit(const std::vector<std::string>& documents);
  /// fit and transform at once.
  CsrMatrix fit_transform(const std::vector<std::string>& documents);
  /// The weight of each term in each document. Throws InvalidArgument before fit.
  CsrMatrix transform(const std::vector<std::string>& documents) const;

  const CountVectorizer& counts() const { return counts_; }
  const TfidfTransformer& tfidf() const { return tfidf_; }
  /// Of each term (scikit-learn: idf_).
  const std::vector<double>& idf() const { return tfidf_.idf(); }
  /// The terms in the order of the columns (scikit-learn: get_feature_names_out).
  const std::vector<std::string>& get_feature_names() const { return counts_.get_feature_names(); }

  /// {"class_name": "TfidfVectorizer", "config": {...}}, terms and weights included. Throws as
  /// CountVectorizer::to_json does.
  Json to_json() const;
  /// What to_json() gave. `name` opens the message of the FileError for anything that cannot be; throws
  /// Unsupported as CountVectorizer does.
  static TfidfVectorizer from_json(const Json& json, const std::string& name = "TfidfVectorizer");

 private:
  CountVectorizer counts_;
  TfidfTransformer tfidf_;
};

}  // namespace lamina
