// What operators of TFLite ask of a call beside inputs and options: quantisation, fused activations.
// Internal header.
#pragma once

#include <string>
#include <vector>

#include "lamina/formats/onnx/operator.h"
#include "lamina/formats/tflite/translate.h"

namespace lamina::tflite {

using onnx::Call;
using onnx::ElementType;
using onnx::Value;

/// What integers stand for: real = scale * (integer - zero), with one scale for all or one for each place of
/// `axis`.
struct Quantization {
  std::vector<float> scales;
  std::vector<int64_t> zeros;  ///< as many as scales
  int axis = 0;
  bool given() const { return !scales.empty(); }
  /// The only scale and zero point. Throw InvalidArgument where there are none, or several.
  float scale() const;
  int64_t zero() const;
};

/// Of input `i`. Throws InvalidArgument for scales that are no positive numbers.
Quantization input_quantization(const Call& call, size_t i);
Quantization output_quantization(const Call& call, size_t i = 0);
/// Of a value that the operator keeps within.
Quantization inner_quantization(const Call& call, size_t i);

/// Whether input `i` is of integers of at most 16 bits that stand for reals.
bool quantized(const Call& call, size_t i = 0);
/// The type that the file says output `i` has.
ElementType output_type(const Call& call, size_t i = 0);
/// x as output `i`: elements of its type.
Value output(const Call& call, const Tensor& x, size_t i = 0);

/// An option that is a number, a flag; tables leave out those that are 0 (or `otherwise`).
int64_t option(const Call& call, const char* name, int64_t otherwise = 0);
/// A list of integers; empty where it is left out.
std::vector<int64_t> list_option(const Call& call, const char* name);
float number_option(const Call& call, const char* name, float otherwise = 0);

/// The function that option fused_activation_function names, of real numbers.
Tensor activated(const Call& call, const Tensor& x);

/// The lowest and highest integer of `type`.
struct Range {
  int64_t lowest, highest;
};
Range range_of(ElementType type);
/// The integers that output 0 may become after its fused activation. Throws Unsupported for one that is no
/// clipping.
Range activated_range(const Call& call);

/// x, int64, within `range`, as output 0.
Value clipped(const Call& call, const Tensor& x, const Range& range);

/// The elements of input `i` less its zero point, int64 (or of `dtype`, which must hold them).
Tensor centred(const Call& call, size_t i, DType dtype = DType::kInt64);

/// A tensor whose numbers are known, computed now, so that no run of a program computes it again.
Tensor settled(const Tensor& x);

/// `f`, with what is said of all operators marked as read.
void pass_over_quantization(const Call& call);
template <onnx::Apply f>
std::vector<Value> applied(Call& call) {
  pass_over_quantization(call);
  return f(call);
}

/// Registers a builtin operator, before main.
template <onnx::Apply f>
bool builtin(const char* name, onnx::Parameters parameters = {}) {
  return onnx::register_operator(name, 1, applied<f>, std::move(parameters), kDomain);
}
/// One that is computed at every run, whatever its inputs are.
template <onnx::Apply f>
bool run_builtin(const char* name) {
  return onnx::register_run_operator(name, 1, applied<f>, kDomain);
}
template <onnx::Apply f>
bool custom(const char* name) {
  return onnx::register_operator(name, 1, applied<f>, {}, kCustomDomain);
}

}  // namespace lamina::tflite
