// Products with integers that ONNX Runtime joined of several operators: MatMulIntegerToFloat, DynamicQuantizeMatMul.
// https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md
#include "lamina/formats/onnx/operators/microsoft.h"
#include "lamina/formats/onnx/operators/quantization.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/matmul.h"
#include "lamina/ops/reshape.h"

namespace lamina::onnx {
namespace {

// (a - a_zero) (b - b_zero) a_scale b_scale + bias. Sums are exact: in float64.
std::vector<Value> scaled_product(const Call& call, const Tensor& a, const Tensor& a_scale, const Value& b, size_t b_scale, size_t b_zero,
                                  size_t bias) {
  const Shape shape = b.shape();
  if (shape.rank() < 2) call.fail("takes a matrix, received " + shape.str());
  const auto columns = [&](size_t i) { return call.has(i) ? spread(call[i], shape, shape.rank() - 1, 0) : Tensor(); };
  call.value(b_scale);
  const Tensor sums = matmul(cast(a, DType::kFloat64), cast(centred(b, columns(b_zero)), DType::kFloat64));
  const Tensor scale = multiply(cast(a_scale, DType::kFloat64), cast(columns(b_scale), DType::kFloat64));
  Tensor y = cast(multiply(sums, scale), DType::kFloat32);
  if (call.has(bias)) y = add(y, call[bias]);
  return {Value(y)};
}

Tensor one_of(const Tensor& x) { return x.defined() && x.size() == 1 ? reshape(x, Shape{}) : x; }

std::vector<Value> integers_to_float(Call& call) {
  const Tensor zero = one_of(call.optional(4));
  if (one_of(call[2]).rank() != 0 || (zero.defined() && zero.rank() != 0))
    throw Unsupported("has scales of the rows of its first matrix, which is not known here");
  return scaled_product(call, centred(call.value(0), zero), one_of(call[2]), call.value(1), 3, 5, 6);
}

std::vector<Value> dynamic_product(Call& call) {
  lamina_onnx_file::NodeProto node;
  node.set_op_type("DynamicQuantizeLinear");
  for (const char* const name : {"y", "y_scale", "y_zero_point"}) node.add_output(name);
  const std::vector<Value> a = call.apply(node, {call.value(0)});
  return scaled_product(call, centred(a[0], reshape(a[2].tensor(), Shape{})), reshape(a[1].tensor(), Shape{}), call.value(1), 2, 3, 4);
}

const bool kMicrosoftQuantizedProductsRegistered[] = {
    register_operator("MatMulIntegerToFloat", 1, integers_to_float, {}, kMicrosoft),
    register_operator("DynamicQuantizeMatMul", 1, dynamic_product, {}, kMicrosoft)};

}  // namespace
}  // namespace lamina::onnx
