// LinearAttention: attention whose past is one matrix for each head.
#include <fmt/format.h>

#include <cmath>

#include "lamina/formats/onnx/operator.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/control.h"
#include "lamina/ops/full.h"
#include "lamina/ops/matmul.h"
#include "lamina/ops/rearrange.h"
#include "lamina/ops/reshape.h"
#include "lamina/ops/transpose.h"
#include "lamina/ops/unary.h"

namespace lamina::onnx {
namespace {

std::vector<Value> linear_attention(Call& call) {
  const std::string rule = call.text("update_rule", "gated_delta");
  if (rule != "linear" && rule != "gated" && rule != "delta" && rule != "gated_delta")
    call.fail("attribute 'update_rule' is '" + rule + "'");
  call.ignore({"chunk_size"});  // a hint for speed
  const bool gated = rule == "gated" || rule == "gated_delta",
             delta = rule == "delta" || rule == "gated_delta";
  if (gated != call.has(4)) call.fail("rule '" + rule + (gated ? "' needs" : "' takes no") + " decay");
  if (delta != call.has(5)) call.fail("rule '" + rule + (delta ? "' needs" : "' takes no") + " beta");
  const int64_t q_heads = call.integer("q_num_heads"), heads = call.integer("kv_num_heads");
  const Shape &qs = call[0].shape(), &ks = call[1].shape(), &vs = call[2].shape();
  if (q_heads < 1 || heads < 1 || q_heads % heads != 0 || qs.rank() != 3 || ks.rank() != 3 ||
      vs.rank() != 3 || qs[2] % q_heads != 0 || ks[2] % heads != 0 || vs[2] % heads != 0 ||
      qs[2] / q_heads != ks[2] / heads || qs[0] != ks[0] || ks[0] != vs[0] || qs[1] != ks[1] ||
      ks[1] != vs[1]) {
    call.fail(fmt::format("queries {}, keys {} and values {} do not fit {} and {} heads", qs.str(), ks.str(),
                          vs.str(), q_heads, heads));
  }
  const int64_t batch = qs[0], length = qs[1], width = ks[2] / heads, values = vs[2] / heads;
  // (time, batch, heads, features).
  const auto steps = [&](size_t input, int64_t of_heads) {
    const Tensor x = cast(call[input], DType::kFloat32);
    if (x.rank() != 3 || x.shape()[0] != batch || x.shape()[1] != length || x.shape()[2] % of_heads != 0)
      call.fail(fmt::format("input {} of shape {} does not fit", input, x.shape().str()));
    return transpose(reshape(x, {batch, length, of_heads, x.shape()[2] / of_heads}), {1, 0, 2, 3});
  };
  std::vector<Tensor> xs{steps(0, q_heads), steps(1, heads), steps(2, heads)};
  if (gated) {
    xs.push_back(steps(4, heads));
    if (const int64_t each = xs.back().shape()[3]; each != 1 && each != width)
      call.fail(fmt::format("decay of shape {} does not fit", call[4].shape().str()));
  }
  if (delta) {
    const bool one = call[5].rank() == 3 && call[5].shape()[2] == 1;
    xs.push_back(steps(5, one ? 1 : heads));
    if (xs.back().shape()[3] != 1)
      call.fail(fmt::format("beta of shape {} does not fit", call[5].shape().str()));
  }
  const Shape state_shape{batch, heads, width, values};
  const Tensor past = call.has(3) ? call[3] : zeros(state_shape);
  if (past.shape() != state_shape)
    call.fail(fmt::format("past_state has shape {}; expected {}", past.shape().str(), state_shape.str()));
  double scale = call.number("scale", 0.0);
  if (scale == 0) scale = 1 / std::sqrt(static_cast<double>(width));
  const ScanResult all = scan(
      [&](const std::vector<Tensor>& carry, const std::vector<Tensor>& x) {
        Tensor state = carry[0], v = x[2];
        const Tensor &q = x[0], &k = x[1];
        if (gated) state = multiply(state, expand_dims(lamina::exp(x[3]), 3));
        if (delta) {
          const Tensor found = reshape(matmul(expand_dims(k, 2), state), {batch, heads, values});
          v = multiply(x.back(), subtract(v, found));
        }
        state = add(state, multiply(expand_dims(k, 3), expand_dims(v, 2)));
        const Tensor read = q_heads == heads ? state : repeat(state, q_heads / heads, 1);
        const Tensor y = reshape(matmul(expand_dims(q, 2), read), {batch, q_heads * values});
        return ScanResult{{state}, {multiply(y, scale)}};
      },
      {cast(past, DType::kFloat32)}, xs);
  const ElementType type = call.element(), state_type = call.has(3) ? call.element(3) : type;
  return {Value(cast(transpose(all.ys[0], {1, 0, 2}), storage(type)), type),
          Value(cast(all.carry[0], storage(state_type)), state_type)};
}

const bool kLinearAttentionRegistered = register_operator("LinearAttention", 27, linear_attention);

}  // namespace
}  // namespace lamina::onnx
