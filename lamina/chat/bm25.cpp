// BM25 by inverted lists.
#include "lamina/chat/bm25.h"

#include <cmath>
#include <map>

#include "lamina/base/error.h"
#include "lamina/chat/detail/search_terms.h"

namespace lamina {

Bm25::Bm25(const std::vector<std::string>& documents, const Bm25Options& options) : options_(options) {
  if (documents.empty()) throw InvalidArgument("Bm25: expected documents; got none");
  if (!(options.k1 >= 0) || !(options.b >= 0 && options.b <= 1))
    throw InvalidArgument("Bm25: expected k1 of at least 0 and b from 0 to 1; got " +
                          std::to_string(options.k1) + " and " + std::to_string(options.b));
  double total = 0;
  for (size_t i = 0; i < documents.size(); ++i) {
    const std::vector<std::string> terms = detail::search_terms(documents[i]);
    std::map<std::string, int32_t> counts;
    for (const std::string& term : terms) ++counts[term];
    for (const auto& [term, count] : counts) postings_[term].push_back({static_cast<int32_t>(i), count});
    lengths_.push_back(static_cast<double>(terms.size()));
    total += lengths_.back();
  }
  mean_ = std::max(total / static_cast<double>(documents.size()), 1e-9);
  for (double& length : lengths_) length = options.k1 * (1 - options.b + options.b * length / mean_);
}

double Bm25::idf(size_t documents) const {
  const auto n = static_cast<double>(documents);
  return std::log(1 + (static_cast<double>(lengths_.size()) - n + 0.5) / (n + 0.5));
}

std::vector<std::pair<int64_t, double>> Bm25::scores(const std::string& query) const {
  std::vector<double> sums(lengths_.size());
  for (const std::string& term : detail::search_terms(query)) {
    const auto found = postings_.find(term);
    if (found == postings_.end()) continue;
    const double weight = idf(found->second.size()) * (options_.k1 + 1);
    for (const Posting& posting : found->second) {
      const auto i = static_cast<size_t>(posting.document);
      sums[i] += weight * posting.count / (posting.count + lengths_[i]);
    }
  }
  std::vector<std::pair<int64_t, double>> result;
  for (size_t i = 0; i < sums.size(); ++i) {
    if (sums[i] > 0) result.emplace_back(static_cast<int64_t>(i), sums[i]);
  }
  return result;
}

double Bm25::own_score(const std::string& query) const {
  const std::vector<std::string> terms = detail::search_terms(query);
  std::map<std::string, int> counts;
  for (const std::string& term : terms) ++counts[term];
  const double length =
      options_.k1 * (1 - options_.b + options_.b * static_cast<double>(terms.size()) / mean_);
  double sum = 0;
  for (const auto& [term, count] : counts) {
    const auto found = postings_.find(term);
    const double weight = idf(found == postings_.end() ? 1 : found->second.size()) * (options_.k1 + 1);
    sum += count * weight * count / (count + length);
  }
  return sum;
}

}  // namespace lamina
