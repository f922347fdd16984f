// SwiGLU: one half of the features opens the other.
#include <fmt/format.h>

#include "lamina/formats/onnx/operator.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/unary.h"

namespace lamina::onnx {
namespace {

std::vector<Value> swiglu(Call& call) {
  const Tensor &a = call[0], &b = call[1];
  const double alpha = call.number("alpha", 1.0);
  if (a.shape() != b.shape() || call.element(0) != call.element(1))
    call.fail(fmt::format("its inputs of shapes {} and {} must agree", a.shape().str(), b.shape().str()));
  const DType dtype = a.dtype();
  const DType computed = dtype == DType::kFloat64 ? dtype : DType::kFloat32;
  const Tensor gate = cast(a, computed);
  return {Value(cast(multiply(multiply(gate, sigmoid(multiply(gate, alpha))), cast(b, computed)), dtype),
                call.element())};
}

const bool kSwigluRegistered = register_operator("SwiGLU", 28, swiglu);

}  // namespace
}  // namespace lamina::onnx
