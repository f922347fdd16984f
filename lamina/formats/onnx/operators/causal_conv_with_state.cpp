// CausalConvWithState: a convolution of each channel by itself that looks back, and what the next call looks
// back on.
#include <fmt/format.h>

#include "lamina/formats/onnx/operator.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/concatenate.h"
#include "lamina/ops/full.h"
#include "lamina/ops/reshape.h"
#include "lamina/ops/slice.h"
#include "lamina/ops/unary.h"

namespace lamina::onnx {
namespace {

std::vector<Value> causal_conv(Call& call) {
  const std::string activation = call.text("activation", "none");
  if (activation != "none" && activation != "silu" && activation != "swish")
    call.fail("attribute 'activation' is '" + activation + "'");
  const Tensor &x = call[0], &w = call[1];
  if (x.rank() != 3 || w.rank() != 3 || w.shape()[0] != x.shape()[1] || w.shape()[1] != 1 || w.shape()[2] < 1)
    call.fail(
        fmt::format("an input of shape {} and weights of {} do not fit", x.shape().str(), w.shape().str()));
  const int64_t batch = x.shape()[0], channels = x.shape()[1], length = x.shape()[2], size = w.shape()[2];
  const Shape state{batch, channels, size - 1};
  const Tensor past = call.has(3) ? call[3] : zeros(state, x.dtype());
  if (past.shape() != state)
    call.fail(fmt::format("past_state has shape {}; expected {}", past.shape().str(), state.str()));
  const Tensor padded = concatenate({past, x}, 2);
  const DType computed = x.dtype() == DType::kFloat64 ? DType::kFloat64 : DType::kFloat32;
  const Tensor wide = cast(padded, computed), weights = cast(w, computed);
  Tensor y;
  for (int64_t tap = 0; tap < size; ++tap) {
    const Tensor part = multiply(slice(wide, {0, 0, tap}, {batch, channels, tap + length}),
                                 slice(weights, {0, 0, tap}, {channels, 1, tap + 1}).reshape({channels, 1}));
    y = y.defined() ? add(y, part) : part;
  }
  if (call.has(2)) {
    if (call[2].shape() != Shape{channels})
      call.fail(fmt::format("its bias has shape {}", call[2].shape().str()));
    y = add(y, cast(reshape(call[2], {channels, 1}), computed));
  }
  if (activation != "none") y = multiply(y, sigmoid(y));
  return {Value(cast(y, x.dtype()), call.element()),
          Value(slice(padded, {0, 0, length}, {batch, channels, length + size - 1}), call.element())};
}

const bool kCausalConvWithStateRegistered = register_operator("CausalConvWithState", 27, causal_conv, {.trained = {1, 2}});

}  // namespace
}  // namespace lamina::onnx
