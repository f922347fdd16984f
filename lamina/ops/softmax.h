// Softmax and its logarithm.
#pragma once

#include "lamina/core/tensor.h"

namespace lamina {

/// `axis` is not negative.
struct SoftmaxAttrs {
  int axis = 0;
  bool operator==(const SoftmaxAttrs&) const = default;
  static void fields(auto& self, auto&& visit) { visit("axis", self.axis); }
};

/// exp(x) / sum(exp(x)) along `axis`, computed without overflow. x must be floating. Throws InvalidArgument
/// for a scalar or an axis out of range. As keras.ops.softmax.
Tensor softmax(const Tensor& x, int axis = -1);
/// log(softmax(x)), computed without the detour; otherwise as softmax.
Tensor log_softmax(const Tensor& x, int axis = -1);

}  // namespace lamina
