// Rows of sparse counts, side by side, as lists of numbers.
#include "lamina/text/term_numbers.h"

#include <limits>
#include <utility>

#include "lamina/base/error.h"
#include "lamina/nn/config.h"
#include "lamina/text/detail/saved_object.h"

namespace lamina {

TermNumbers::TermNumbers(std::vector<CountVectorizer> vectorizers) : vectorizers_(std::move(vectorizers)) {
  if (vectorizers_.empty()) throw InvalidArgument("TermNumbers: give at least one CountVectorizer");
  for (const CountVectorizer& each : vectorizers_)
    size_ += static_cast<int64_t>(each.get_feature_names().size());
  if (size_ > std::numeric_limits<int32_t>::max())
    throw InvalidArgument("TermNumbers: " + std::to_string(size_ - 2) +
                          " terms are more than int32 can number");
}

std::vector<std::vector<int32_t>> TermNumbers::operator()(const std::vector<std::string>& texts) const {
  std::vector<std::vector<int32_t>> numbers(texts.size(), std::vector<int32_t>{1});
  int32_t first = 2;
  for (const CountVectorizer& each : vectorizers_) {
    const CsrMatrix counts = each.transform(texts);
    for (size_t i = 0; i < texts.size(); ++i) {
      for (int64_t at = counts.indptr[i]; at < counts.indptr[i + 1]; ++at)
        numbers[i].push_back(first + counts.indices[static_cast<size_t>(at)]);
    }
    first += static_cast<int32_t>(counts.cols);
  }
  return numbers;
}

Json TermNumbers::to_json() const {
  Json list = Json::list();
  for (const CountVectorizer& each : vectorizers_) list.push_back(each.to_json());
  return detail::saved_object("TermNumbers", Json::object({{"vectorizers", std::move(list)}}));
}

TermNumbers TermNumbers::from_json(const Json& json, const std::string& name) {
  return detail::read_saved(json, "TermNumbers", name, [](const Json& config) {
    ConfigReader reader(config, "TermNumbers");
    const Json list = reader.json("vectorizers");
    reader.done();
    std::vector<CountVectorizer> vectorizers;
    for (const Json& each : list.as_list()) vectorizers.push_back(CountVectorizer::from_json(each));
    return TermNumbers(std::move(vectorizers));
  });
}

}  // namespace lamina
