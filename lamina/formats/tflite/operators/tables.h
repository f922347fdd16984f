// Functions of integers by tables, as TFLite's reference kernels interpolate them. Internal header.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "lamina/formats/tflite/operators/call.h"

namespace lamina::tflite {

/// Output 0, the integers that stand for `f` of the reals that those of input 0 stand for: each by itself for
/// 8 bits, between 512 places of a line of pieces for 16.
Value function_by_table(const Call& call, const std::function<float(float)>& f);

/// 2^15 times the logistic function, and the hyperbolic tangent, of an int16 x times `scale`, which has no
/// zero point.
int64_t logistic_of_16_bits(int64_t x, float scale);
int64_t tanh_of_16_bits(int64_t x, float scale);

/// 513 numbers for on_line: `f` over the range of int16 with these scales, computed as Real.
template <class Real>
std::vector<int64_t> line_of_pieces(const std::function<Real(Real)>& f, Real in_scale, int64_t in_zero,
                                    Real out_scale, int64_t out_zero);
/// The place of an int16 on such a line.
int64_t on_line(const std::vector<int64_t>& line, int64_t x);

}  // namespace lamina::tflite
