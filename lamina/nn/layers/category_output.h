// What layers of categories give: their numbers, or indicators and counts of them. Internal header.
#pragma once

#include <cstdint>
#include <string>

#include "lamina/base/dtype.h"
#include "lamina/base/shape.h"
#include "lamina/core/tensor.h"

namespace lamina::detail {

/// Keras's output_mode.
enum class CategoryMode { kInt, kOneHot, kMultiHot, kCount };

/// The mode of that name. "binary" is multi_hot, as in old files. Throws InvalidArgument, suggesting the
/// nearest, for another name, and for "int" where `numbers` is false.
CategoryMode category_mode(const std::string& name, bool numbers);
std::string name(CategoryMode mode);

/// The shape of what encode_categories gives; "" in `problem` unless the mode cannot take such an input.
Shape category_shape(const Shape& input, CategoryMode mode, int64_t depth, std::string& problem);

/// Integers as the mode says: as they are; each as an indicator of `depth` elements (a last axis of extent 1
/// goes); or (batch, n) as (batch, depth), 1 or the count where a number occurs in the row. Numbers outside
/// [0, depth) are in no place. All but kInt come in `dtype`.
Tensor encode_categories(const Tensor& numbers, CategoryMode mode, int64_t depth, DType dtype);

}  // namespace lamina::detail
