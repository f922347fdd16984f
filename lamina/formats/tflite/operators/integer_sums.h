// Sums of products of integers, exact in floats that are wide enough. Internal header.
#pragma once

#include <functional>

#include "lamina/formats/tflite/operators/fixed_point.h"

namespace lamina::tflite {

/// Weights of a product: input `weights` of the call less its zero points, with one scale or one for each of
/// `channels`.
struct IntegerWeights {
  Tensor values;              ///< of a float dtype in which all sums are exact
  std::vector<float> scales;  ///< one for each channel
  DType dtype() const { return values.dtype(); }
};

/// `axis` of the weights counts output channels. `input_bits`: of the integers that they are multiplied with.
/// Throws InvalidArgument for scales that do not fit. Weights that are not known are taken for the largest
/// they can be.
IntegerWeights integer_weights(const Call& call, size_t weights, int axis, int input_bits);

/// Output 0 of an operator with bias: `sums`, (..., channels) of x less its zero point times weights, plus
/// bias `bias`, scaled to the output and clipped to its fused activation. `reals`: what 1 of a sum stands
/// for, one for all or one for each channel. `scale`: scaled, scaled_once or scaled_wide, as the operator's
/// kernel does it.
using Scaling = Tensor (*)(const Tensor& x, const std::vector<Multiplier>& by);
Value scaled_sums(const Call& call, const Tensor& sums, const std::vector<double>& reals, size_t bias,
                  Scaling scale);
/// Of a convolution of input `x`: beside int16 sums have 64 bits, unless the bias says otherwise.
Scaling scaling_of(const Call& call, size_t bias, size_t x = 0);
/// The scale of input `x` times those of the weights.
std::vector<double> products(const Call& call, const std::vector<float>& scales, size_t x = 0);

/// Floats of one row (entry of the first axis) each as integers times one scale.
struct IntegerRows {
  Tensor integers;  ///< less their zero point, as floats
  Tensor scales;    ///< (rows, 1, ...)
};
/// In 255 steps from the smallest to the largest, zero among them: how TensorFlow's interpreter computes by
/// default, by way of XNNPACK.
IntegerRows rows_in_steps(const Tensor& x);
/// In steps of 1/127 of the largest size: how its own kernels compute, for operators that XNNPACK leaves to
/// them.
IntegerRows rows_by_size(const Tensor& x);

/// The real sums of rows with integer weights: `product` gives those of integers, (rows, ..., channels).
Tensor hybrid_sums(const IntegerRows& rows, const IntegerWeights& weights,
                   const std::function<Tensor(const Tensor& integers)>& product);

}  // namespace lamina::tflite
