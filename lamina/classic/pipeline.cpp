// Pipelines.
#include "lamina/classic/pipeline.h"

#include <algorithm>

#include "lamina/base/error.h"
#include "lamina/classic/detail/nested.h"
#include "lamina/classic/detail/state.h"
#include "lamina/classic/detail/with_options-inl.h"

namespace lamina::classic {

namespace {
const bool pipeline_known = detail::known_as<Pipeline>("Pipeline");
}  // namespace

Pipeline::Pipeline(std::vector<Step> steps) : steps_(std::move(steps)) { check(); }

std::vector<Pipeline::Step> Pipeline::parts() const { return steps_; }

void Pipeline::check() const {
  detail::require(!steps_.empty() && steps_.size() <= 100, "Pipeline", "the number of steps",
                  "between 1 and 100", steps_.size());
  for (size_t i = 0; i < steps_.size(); ++i) {
    const auto& [name, step] = steps_[i];
    const bool last = i + 1 == steps_.size();
    const bool fits = last ? dynamic_cast<Predictor*>(step.get()) != nullptr
                           : dynamic_cast<Transformer*>(step.get()) != nullptr;
    if (!fits)
      throw InvalidArgument("Pipeline: step '" + name + "' must be a " +
                            (last ? "Predictor, as it is the last" : "Transformer, as it is not the last") +
                            (step ? ", received " + step->class_name() : ", received nothing"));
    const bool twice = std::any_of(steps_.begin(), steps_.begin() + static_cast<std::ptrdiff_t>(i),
                                   [&, &own = name](const Step& other) { return other.first == own; });
    if (name.empty() || twice || name == "steps" || name.find("__") != std::string::npos)
      throw InvalidArgument("Pipeline: '" + name +
                            "' is no name for a step: names must differ, not be empty or "
                            "\"steps\", and not hold \"__\"");
  }
}

const Predictor& Pipeline::last() const {
  if (steps_.empty()) throw InvalidArgument("Pipeline has no steps");
  return dynamic_cast<const Predictor&>(*steps_.back().second);
}

Json Pipeline::params() const {
  Json list = Json::list();
  for (const auto& [name, step] : steps_) list.push_back(detail::nested_json(name, *step));
  return Json::object({{"steps", std::move(list)}});
}

void Pipeline::set_params(const Json& params) {
  std::vector<Step> steps = steps_;
  if (const Json* given = params.find("steps")) {
    steps.clear();
    for (const Json& step : given->as_list())
      steps.emplace_back(step.at("name").as_string(), detail::nested_from(step));
  } else {  // fresh ones, so that copies of this pipeline keep theirs
    for (Step& step : steps) step.second = Estimator::make(step.second->class_name(), step.second->params());
  }
  for (const auto& [key, value] : params.as_object()) {
    if (key == "steps") continue;
    const size_t split = key.find("__");
    const auto found = std::find_if(steps.begin(), steps.end(),
                                    [name = key.substr(0, split)](const Step& s) { return s.first == name; });
    if (split == std::string::npos || found == steps.end())
      throw InvalidArgument("Pipeline has no parameter '" + key + "'; expected STEP__PARAMETER");
    found->second->set_params(Json::object({{key.substr(split + 2), value}}));
  }
  steps.swap(steps_);
  try {
    check();
  } catch (...) {
    steps.swap(steps_);
    throw;
  }
  features_ = 0;
}

Pipeline& Pipeline::fit(const Tensor& x, const Tensor& y) {
  check();
  features_ = 0;
  Tensor at = x;
  for (size_t i = 0; i + 1 < steps_.size(); ++i)
    at = dynamic_cast<Transformer&>(*steps_[i].second).fit_transform(at);
  dynamic_cast<Predictor&>(*steps_.back().second).fit(at, y);
  features_ = steps_.front().second->n_features_in();
  return *this;
}

Tensor Pipeline::transformed(const Tensor& x) const {
  check_fitted();
  Tensor at = x;
  for (size_t i = 0; i + 1 < steps_.size(); ++i)
    at = dynamic_cast<const Transformer&>(*steps_[i].second).transform(at);
  return at;
}

Tensor Pipeline::predict(const Tensor& x) const { return last().predict(transformed(x)); }
Tensor Pipeline::predict_proba(const Tensor& x) const { return last().predict_proba(transformed(x)); }
Tensor Pipeline::decision_function(const Tensor& x) const { return last().decision_function(transformed(x)); }
std::vector<double> Pipeline::feature_importances() const {
  check_fitted();
  return last().feature_importances();
}
double Pipeline::score(const Tensor& x, const Tensor& y) const { return last().score(transformed(x), y); }
bool Pipeline::is_classifier() const { return last().is_classifier(); }
const std::vector<int32_t>& Pipeline::classes() const { return last().classes(); }

void Pipeline::save(EstimatorSnapshot& snapshot) const {
  snapshot.values["steps"] = Json::list();
  for (size_t i = 0; i < steps_.size(); ++i) detail::save_nested(*steps_[i].second, i, snapshot);
}

void Pipeline::load(const EstimatorSnapshot& snapshot) {
  for (size_t i = 0; i < steps_.size(); ++i)
    steps_[i].second = detail::load_nested(snapshot, i, *steps_[i].second);
  check();
}

}  // namespace lamina::classic
