// Sums of products of integers, exact in floats that are wide enough. Internal header.
#pragma once

#include <functional>

#include "lamina/formats/tflite/operators/fixed_point.h"

namespace lamina::tflite {

/// Weights of a product: input `weights` of the call less its zero points, with one scale or one for each of `channels`.
struct IntegerWeights {
  Tensor values;              ///< of a float dtype in which all sums are exact
  std::vector<float> scales;  ///< one for each channel
  DType dtype() const { return values.dtype(); }
};

/// `axis` of the weights counts output channels. `input_bits`: of the integers that they are multiplied with.
/// Throws InvalidArgument for scales that do not fit. Weights that are not known are taken for the largest they can be.
IntegerWeights integer_weights(const Call& call, size_t weights, int axis, int input_bits);

/// Output 0 of an operator with bias: `sums`, (..., channels) of x less its zero point times weights, plus bias `bias`,
/// scaled to the output and clipped to its fused activation.
/// `reals`: what 1 of a sum stands for, one for all or one for each channel. `wide`: sums of 64 bits are scaled by fewer
/// bits.
Value scaled_sums(const Call& call, const Tensor& sums, const std::vector<double>& reals, size_t bias, bool wide);
/// Whether sums of a convolution of input `x` have 64 bits: beside int16, unless the bias says otherwise.
bool wide_sums(const Call& call, size_t bias, size_t x = 0);
/// The scale of input `x` times those of the weights.
std::vector<double> products(const Call& call, const std::vector<float>& scales, size_t x = 0);

/// The same of a float operator with integer weights: each row (batch entry) of x becomes integers of 8 bits for itself,
/// `product` gives the sums of x in that dtype with the weights, (rows, ..., channels).
Tensor hybrid_sums(const Call& call, const Tensor& x, const IntegerWeights& weights,
                   const std::function<Tensor(const Tensor& integers)>& product);

}  // namespace lamina::tflite
