// Of which shape the noise of a dropout is. Internal header.
#pragma once

#include "lamina/base/json.h"
#include "lamina/base/shape.h"
#include "lamina/nn/config.h"

namespace lamina::detail {

/// The shape of noise for an input of shape `x`: `given` with the extents of x where it says -1, or x itself
/// where nothing is given. Throws InvalidArgument where it does not stretch to x.
Shape noise_shape_for(const Shape& x, const Shape& given);

/// In configurations: a list with null for -1, or null where nothing is given.
Json noise_shape_json(const Shape& given);
Shape read_noise_shape(ConfigReader& reader);

}  // namespace lamina::detail
