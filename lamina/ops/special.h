// The gamma function and its derivatives, and what belongs to erf. Elementwise, of floats; bool and integers
// become float32 first. The results are computed in double.
#pragma once

#include "lamina/core/tensor.h"

namespace lamina {

/// `n`: which derivative of digamma, from 1 on.
struct PolygammaAttrs {
  int n = 1;
  bool operator==(const PolygammaAttrs&) const = default;
  static void fields(auto& self, auto&& visit) { visit("n", self.n); }
};

/// log |gamma(x)|; infinite at 0, -1, -2, ... Its gradient is digamma. As tf.math.lgamma and
/// scipy.special.gammaln.
Tensor lgamma(const Tensor& x);
/// The derivative of lgamma; NaN at its poles 0, -1, -2, ... As tf.math.digamma and scipy.special.digamma.
Tensor digamma(const Tensor& x);
/// The n-th derivative of digamma, n from 0 (digamma itself) to 100: at its poles infinite for odd n and NaN
/// for even n. Throws InvalidArgument for another n. As scipy.special.polygamma.
Tensor polygamma(int n, const Tensor& x);
/// 1 - erf(x), which keeps its digits where erf is near 1. As keras.ops.erfc.
Tensor erfc(const Tensor& x);
/// y with erf(y) = x: infinite at -1 and 1, NaN beyond. As keras.ops.erfinv.
Tensor erfinv(const Tensor& x);

}  // namespace lamina
