// Weights of counts: a few lines of arithmetic in double precision, in scikit-learn's order.
#include "lamina/text/tfidf_vectorizer.h"

#include <cmath>

#include "lamina/base/error.h"
#include "lamina/nn/config.h"
#include "lamina/text/detail/saved_object.h"

namespace lamina {

TfidfTransformer::TfidfTransformer(TfidfOptions options) : options_(std::move(options)) {
  if (options_.norm != "l2" && options_.norm != "l1" && options_.norm != "none")
    throw InvalidArgument("TfidfTransformer: unknown norm '" + options_.norm + "'" +
                          suggest(options_.norm, {"l2", "l1", "none"}));
}

void TfidfTransformer::fit(const CsrMatrix& counts) {
  idf_.clear();
  if (!options_.use_idf) return;
  std::vector<int64_t> documents(static_cast<size_t>(counts.cols));
  for (const int32_t column : counts.indices) ++documents[static_cast<size_t>(column)];
  const double smooth = options_.smooth_idf ? 1 : 0;
  for (const int64_t with : documents)
    idf_.push_back(
        std::log((static_cast<double>(counts.rows) + smooth) / (static_cast<double>(with) + smooth)) + 1);
}

void TfidfTransformer::set_idf(std::vector<double> idf) {
  if (!options_.use_idf && !idf.empty()) throw InvalidArgument("TfidfTransformer: idf without use_idf");
  for (const double weight : idf) {
    // Without smoothing, a term that no document holds weighs infinitely much.
    if (std::isnan(weight)) throw InvalidArgument("TfidfTransformer: an idf that is no number");
  }
  idf_ = std::move(idf);
}

CsrMatrix TfidfTransformer::transform(CsrMatrix counts) const {
  if (options_.use_idf && idf_.size() != static_cast<size_t>(counts.cols)) {
    throw InvalidArgument(idf_.empty()
                              ? std::string("TfidfTransformer: call fit first")
                              : "TfidfTransformer: " + std::to_string(counts.cols) +
                                    " columns where it was fitted to " + std::to_string(idf_.size()));
  }
  for (size_t i = 0; i < counts.values.size(); ++i) {
    double& value = counts.values[i];
    if (options_.sublinear_tf) value = std::log(value) + 1;
    if (options_.use_idf) value *= idf_[static_cast<size_t>(counts.indices[i])];
  }
  if (options_.norm == "none") return counts;
  for (size_t row = 0; row + 1 < counts.indptr.size(); ++row) {
    const auto begin = counts.values.begin() + counts.indptr[row],
               end = counts.values.begin() + counts.indptr[row + 1];
    double sum = 0;
    for (auto value = begin; value != end; ++value)
      sum += options_.norm == "l2" ? *value * *value : std::abs(*value);
    if (sum == 0) continue;
    const double norm = options_.norm == "l2" ? std::sqrt(sum) : sum;
    for (auto value = begin; value != end; ++value) *value /= norm;
  }
  return counts;
}

TfidfVectorizer::TfidfVectorizer(CountVectorizerOptions counts, TfidfOptions tfidf)
    : counts_(std::move(counts)), tfidf_(std::move(tfidf)) {}

void TfidfVectorizer::fit(const std::vector<std::string>& documents) { fit_transform(documents); }

CsrMatrix TfidfVectorizer::fit_transform(const std::vector<std::string>& documents) {
  CsrMatrix counts = counts_.fit_transform(documents);
  tfidf_.fit(counts);
  return tfidf_.transform(std::move(counts));
}

CsrMatrix TfidfVectorizer::transform(const std::vector<std::string>& documents) const {
  return tfidf_.transform(counts_.transform(documents));
}

Json TfidfVectorizer::to_json() const {
  const TfidfOptions& options = tfidf_.options();
  const std::vector<double>& idf = tfidf_.idf();
  return detail::saved_object("TfidfVectorizer",
                              Json::object({{"counts", counts_.to_json()},
                                            {"norm", options.norm},
                                            {"use_idf", options.use_idf},
                                            {"smooth_idf", options.smooth_idf},
                                            {"sublinear_tf", options.sublinear_tf},
                                            {"idf", Json(Json::List(idf.begin(), idf.end()))}}));
}

TfidfVectorizer TfidfVectorizer::from_json(const Json& json, const std::string& name) {
  return detail::read_saved(json, "TfidfVectorizer", name, [&](const Json& config) {
    ConfigReader reader(config, "TfidfVectorizer");
    TfidfOptions options;
    options.norm = reader.string("norm", "l2");
    options.use_idf = reader.boolean("use_idf", true);
    options.smooth_idf = reader.boolean("smooth_idf", true);
    options.sublinear_tf = reader.boolean("sublinear_tf", false);
    TfidfVectorizer vectorizer({}, options);
    vectorizer.counts_ = CountVectorizer::from_json(reader.json("counts"), name);
    const Json idf = reader.json("idf");
    if (idf.is_list() && idf.size() > 0) {
      vectorizer.tfidf_.set_idf(reader.numbers("idf"));
      if (vectorizer.idf().size() != vectorizer.get_feature_names().size())
        reader.fail("idf", "has " + std::to_string(idf.size()) + " weights for " +
                               std::to_string(vectorizer.get_feature_names().size()) + " terms");
    }
    reader.done();
    return vectorizer;
  });
}

}  // namespace lamina
