// Classes to tell apart, and what a table has taught.
#include "lamina/zoo/detail/learning.h"

#include <algorithm>

#include "lamina/base/error.h"

namespace lamina::detail {

int64_t classes_of(const LabelledData& training, const std::string& what) {
  const auto classes = static_cast<int64_t>(training.class_names.size());
  if (classes > 1) return classes;
  throw InvalidArgument(classes == 1 ? "all " + what + " are of the class '" + training.class_names[0] +
                                           "': there is nothing to tell apart"
                                     : "the targets of the " + what +
                                           " are no classes: names or whole numbers were expected");
}

int64_t usual(std::vector<int64_t> lengths, int percent) {
  const auto place =
      lengths.begin() + static_cast<std::ptrdiff_t>(lengths.size() * static_cast<size_t>(percent) / 100);
  std::nth_element(lengths.begin(), place, lengths.end());
  return *place;
}

DataInfo table_info(const FeatureSpace& space, const LabelledData& training) {
  DataInfo info;
  space.save(info);
  for (const Feature& feature : space.features()) {
    if (training.features.empty() || feature.kind != FeatureKind::kLeftOut)
      info.features.push_back(feature.name);
  }
  info.target = training.target;
  info.class_names = training.class_names;
  return info;
}

}  // namespace lamina::detail
