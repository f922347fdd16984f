// Products with weights in less precision: int8, int4 and bfloat16. Reading the weights is what generating
// text takes its time for.
#pragma once

#include <cstdint>

#include "lamina/core/tensor.h"

namespace lamina {

/// Weights in integers: w[j, i] is about integers[j, i] * scales[j, i / group].
struct QuantizedWeights {
  /// int8 (n, k); of 4 bits uint8 (n, k / 2), in whose byte i the low half is number 2 i and the high half
  /// number 2 i + 1, each plus 8.
  Tensor integers;
  /// float32 (n,) or (n, 1), one for each line; with groups (n, k / group).
  Tensor scales;
};

/// Numbers that a line may have at most: sums of so many products of bytes fit into 32 bits.
inline constexpr int64_t kLongestQuantizedLine = 131072;

/// The integers nearest to the weights `w`, floating (n, k), a line for each output as PyTorch keeps them.
/// `bits` is 8 or 4; `group` neighbours of a line share a scale: 32, 64 or a multiple of 128 that divides k,
/// or 0 for all of the line. The scale is the largest |w| of the group, as float32, divided by 127 (of 4
/// bits: by 7), and the integers are w / scale, computed in float32 and rounded half to even: -127 to 127, or
/// -7 to 7. A group of zeros has scale 0. Has no gradient: the integers are data.
///
/// Throws InvalidArgument for other bits, groups and ranks, and for an odd k with 4 bits. The packing is that
/// of ONNX's MatMulNBits with a zero point of 8.
QuantizedWeights quantize_weights(const Tensor& w, int bits = 8, int64_t group = 0);

/// What `weights` stand for, float32 (n, k). Compiled, a product with them, transposed, becomes
/// quantized_matmul, which reads the integers as they are; a product with the transposed of them,
/// untransposed, likewise; and embedding_lookup takes rows of integers, and makes numbers of those alone.
Tensor dequantize_weights(const QuantizedWeights& weights);

/// x (..., k) times the transposed weights: (..., n). The rows of x become integers at every call, q =
/// round(x * (127 / most)) half to even, with `most` the largest |x| of the row:
///
///   y[i, j] = most[i] / 127 * sum over groups g of scales[j, g] * float32(sum over k in g of q[i, k] w[j,
///   k])
///
/// The inner sums are of integers and exact, so that with one scale for each line the result is the same to
/// the last bit on every machine and for any number of threads, and a batch gives what its rows give alone.
/// With groups float32 rounds the outer sum, in an order that depends on the instruction set. A row of which
/// no element is above 1e-30 gives zeros, one with an element that is not finite NaN.
///
/// x is floating; float16 and bfloat16 are computed in float32 and rounded once. The gradient for x is that
/// of the product with dequantize_weights: rounding x counts as leaving it as it is. Weights have none.
/// Throws InvalidArgument, naming the types, where they do not fit, and for k above 131,072. As
/// keras.quantizers and ONNX's DynamicQuantizeLinear with MatMulInteger, symmetric and with a scale for each
/// row.
Tensor quantized_matmul(const Tensor& x, const QuantizedWeights& weights);

/// x (..., k), float32, times the transposed `w`, bfloat16 (n, k): (..., n), float32. The products and sums
/// are of float32; only the weights have fewer bits. Compiled, a product with bfloat16 weights that are cast
/// to float32 becomes this one. Gradients for both. Throws InvalidArgument where the types do not fit.
Tensor bfloat16_matmul(const Tensor& x, const Tensor& w);

}  // namespace lamina
