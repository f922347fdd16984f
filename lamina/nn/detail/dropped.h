// What Dropout computes. Internal header.
#pragma once

#include "lamina/nn/call_context.h"

namespace lamina::detail {

/// Zeros for the share `rate`, below 1, of the elements, the others larger by as much.
/// @param noise  the shape of what is drawn, which stretches to x's
Tensor dropped(const Tensor& x, double rate, const CallContext::Random& random, const Shape& noise);

}  // namespace lamina::detail
