// Estimators inside others.
#include "lamina/classic/detail/nested.h"

#include "lamina/base/error.h"

namespace lamina::classic::detail {

Json nested_json(const std::string& name, const Estimator& estimator) {
  return Json::object(
      {{"name", name}, {"class_name", estimator.class_name()}, {"params", estimator.params()}});
}

std::shared_ptr<Estimator> nested_from(const Json& json) {
  return Estimator::make(json.at("class_name").as_string(), json.at("params"));
}

void save_nested(const Estimator& estimator, size_t place, EstimatorSnapshot& snapshot) {
  const std::string prefix = std::to_string(place) + "/";
  EstimatorSnapshot inner = estimator.snapshot();
  snapshot.values["steps"].push_back(std::move(inner.values));
  for (auto& [name, array] : inner.arrays) snapshot.arrays[prefix + name] = array;
}

std::shared_ptr<Estimator> load_nested(const EstimatorSnapshot& snapshot, size_t place,
                                       const Estimator& like) {
  const std::string prefix = std::to_string(place) + "/";
  EstimatorSnapshot inner{like.class_name(), like.params(), snapshot.values.at("steps").at(place), {}};
  for (auto at = snapshot.arrays.lower_bound(prefix);
       at != snapshot.arrays.end() && at->first.starts_with(prefix); ++at)
    inner.arrays[at->first.substr(prefix.size())] = at->second;
  return Estimator::from_snapshot(inner);
}

}  // namespace lamina::classic::detail
