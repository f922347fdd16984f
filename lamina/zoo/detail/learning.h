// What recipes of several kinds of data have in common. Internal header.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "lamina/data/feature_space.h"
#include "lamina/data/labelled_data.h"

namespace lamina::detail {

/// How many classes the targets name. Throws InvalidArgument where there is nothing to tell apart.
/// @param what  the samples, for the message: "pictures".
int64_t classes_of(const LabelledData& training, const std::string& what);

/// What that many of 100 lengths, of which there is one at least, do not go beyond.
int64_t usual(std::vector<int64_t> lengths, int percent);

/// What a table has taught, as it is saved. Columns without names are known by their places, so that all of
/// them count; of the others those that are used.
DataInfo table_info(const FeatureSpace& space, const LabelledData& training);

}  // namespace lamina::detail
