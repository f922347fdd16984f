// The options that trees, forests and boosting share: their ranges, and what a tree is grown with.
#pragma once

#include <string>

#include "lamina/classic/detail/state.h"
#include "lamina/classic/detail/tree_builder.h"

namespace lamina::classic::detail {

/// How many of `features` max_features stands for. Throws InvalidArgument for what it cannot be.
int64_t features_for_split(const Json& max_features, int64_t features, const std::string& where);

/// Throws InvalidArgument for options out of their range.
template <class Options>
void check_tree_options(const Options& o, const std::string& where) {
  if (o.max_depth) require(*o.max_depth >= 1, where, "max_depth", "at least 1", *o.max_depth);
  require(o.min_samples_split >= 2, where, "min_samples_split", "at least 2", o.min_samples_split);
  require(o.min_samples_leaf >= 1, where, "min_samples_leaf", "at least 1", o.min_samples_leaf);
  features_for_split(o.max_features, 1 << 30, where);
}

/// Throws InvalidArgument unless these are trees for classes (or for numbers), at least one, not too many.
template <class Options>
void check_ensemble_options(const Options& o, const std::string& where) {
  require(o.n_estimators >= 1 && o.n_estimators <= 1'000'000, where, "n_estimators", "between 1 and 1000000",
          o.n_estimators);
  check_tree_options(o, where);
}

Criterion class_criterion(const std::string& name, const std::string& where);
void check_value_criterion(const std::string& name, const std::string& where);

template <class Options>
GrowOptions grow_options(const Options& o, int64_t features, Criterion criterion, const std::string& where) {
  return {criterion, o.max_depth.value_or(-1), o.min_samples_split, o.min_samples_leaf,
          features_for_split(o.max_features, features, where)};
}

}  // namespace lamina::classic::detail
