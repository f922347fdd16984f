// Figures by name, each from probabilities and labels.
#include "lamina/zoo/judged_by.h"

#include <algorithm>

#include "lamina/base/error.h"
#include "lamina/base/log.h"
#include "lamina/classic/calibration.h"
#include "lamina/classic/metrics.h"
#include "lamina/zoo/detail/named.h"

namespace lamina {
namespace {

constexpr char kJudgedBy[] = "judged_by";

using Probabilities = std::vector<std::vector<float>>;

struct Judgement {
  std::string name;
  double (*figure)(const Probabilities& probabilities, const std::vector<int>& labels);
};

// Of one class against the rest.
double area_of_class(const Probabilities& probabilities, const std::vector<int>& labels, size_t label) {
  std::vector<int32_t> is_it;
  std::vector<float> scores;
  for (size_t i = 0; i < labels.size(); ++i) {
    is_it.push_back(labels[i] == static_cast<int>(label));
    scores.push_back(probabilities[i][label]);
  }
  return classic::roc_auc_score(Tensor::from(is_it), Tensor::from(scores));
}

double mean_area(const Probabilities& probabilities, const std::vector<int>& labels) {
  const size_t classes = probabilities[0].size();
  if (classes == 2) return area_of_class(probabilities, labels, 1);
  double sum = 0;
  for (size_t label = 0; label < classes; ++label) sum += area_of_class(probabilities, labels, label);
  return sum / static_cast<double>(classes);
}

double calibration_error(const Probabilities& probabilities, const std::vector<int>& labels) {
  std::vector<int32_t> right;
  std::vector<float> sure;
  for (size_t i = 0; i < labels.size(); ++i) {
    const std::vector<float>& row = probabilities[i];
    const auto called = std::max_element(row.begin(), row.end());
    const bool two = row.size() == 2;
    right.push_back(two ? labels[i] == 1 : labels[i] == called - row.begin());
    sure.push_back(std::clamp(two ? row[1] : *called, 0.0F, 1.0F));  // rounded numbers may stand a little outside
  }
  return classic::expected_calibration_error(Tensor::from(right), Tensor::from(sure));
}

const std::vector<Judgement>& judgement_kinds() {
  static const std::vector<Judgement> all{{"auc", mean_area}, {"expected_calibration_error", calibration_error}};
  return all;
}

}  // namespace

void JudgedBy::save(DataInfo& info) const {
  Json list = Json::list();
  for (const std::string& name : names) list.push_back(detail::named(judgement_kinds(), name, "figure").name);
  info.sections[kJudgedBy] = Json::object({{"names", list}, {"notice", notice}});
}

JudgedBy JudgedBy::of(const DataInfo& info, const std::string& name) {
  JudgedBy result;
  const Json* const section = info.sections.find(kJudgedBy);
  const Json* const list = section && section->is_object() ? section->find("names") : nullptr;
  if (!section) return result;
  if (!list || !list->is_list()) throw FileError(name + ": its section '" + kJudgedBy + "' holds no list of names");
  for (const Json& each : list->as_list()) {
    const std::vector<std::string> known = judgement_names();
    if (!each.is_string() || std::find(known.begin(), known.end(), each.as_string()) == known.end())
      throw FileError(name + ": it is judged by a figure that this build does not know: " + each.dump());
    result.names.push_back(each.as_string());
  }
  if (const Json* const notice = section->find("notice"); notice && notice->is_string()) result.notice = notice->as_string();
  return result;
}

std::vector<std::string> judgement_names() {
  std::vector<std::string> names;
  for (const Judgement& one : judgement_kinds()) names.push_back(one.name);
  return names;
}

std::vector<std::pair<std::string, double>> judgements(const JudgedBy& judged_by, const Probabilities& probabilities,
                                                       const std::vector<int>& labels) {
  Probabilities known;
  std::vector<int> classes;
  for (size_t i = 0; i < labels.size(); ++i) {
    if (labels[i] < 0) continue;
    known.push_back(probabilities[i]);
    classes.push_back(labels[i]);
  }
  std::vector<std::pair<std::string, double>> figures;
  for (const std::string& name : known.empty() ? std::vector<std::string>() : judged_by.names) {
    try {
      figures.emplace_back(name, detail::named(judgement_kinds(), name, "figure").figure(known, classes));
    } catch (const InvalidArgument& error) {
      warn("no " + name + " of these samples: " + error.what());
    }
  }
  return figures;
}

}  // namespace lamina
