// The last step of every import: the arrays of a snapshot into weights, and the report of it. Internal header.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "lamina/formats/load_report.h"
#include "lamina/formats/snapshot.h"
#include "lamina/nn/weight.h"

namespace lamina::detail {

/// A weight that waits for an array.
struct EntryTarget {
  std::vector<std::string> names;  ///< of the array, the usual one first: the first that is there counts
  WeightPtr weight;
  bool needed = true;  ///< else the weight is not missed
};

struct EntryOptions {
  bool partial = false;  ///< ApplyOptions::partial
  /// Called with each weight once it has its value, before the next array is read: a model that is thrown away with the
  /// first error need not be whole in memory. Without it weights change when all arrays have been read, or none does.
  std::function<void(Weight&)> given = nullptr;
};

/// What apply_snapshot does, for weights that need not be those of a built model. Missing weights are told by the usual
/// name. One warning names the arrays with NaN.
LoadReport apply_entries(const std::vector<EntryTarget>& targets, const WeightSnapshot& snapshot,
                         const EntryOptions& options);

}  // namespace lamina::detail
