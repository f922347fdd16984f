// Estimators inside others, in parameters and in snapshots.
#pragma once

#include <memory>
#include <string>

#include "lamina/classic/estimator.h"

namespace lamina::classic::detail {

/// {"name", "class_name", "params"}
Json nested_json(const std::string& name, const Estimator& estimator);
/// Throws InvalidArgument for what that did not write.
std::shared_ptr<Estimator> nested_from(const Json& json);

/// Puts the snapshot of the `place`-th estimator inside: arrays as "PLACE/...", values as a member.
void save_nested(const Estimator& estimator, size_t place, EstimatorSnapshot& snapshot);
/// Takes it out.
std::shared_ptr<Estimator> load_nested(const EstimatorSnapshot& snapshot, size_t place,
                                       const Estimator& like);

}  // namespace lamina::classic::detail
