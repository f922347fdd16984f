// Attention and FlexAttention: products of queries and keys weigh values.
#include <fmt/format.h>

#include <cmath>
#include <limits>

#include "lamina/formats/onnx/operator.h"
#include "lamina/ops/attention.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/compare.h"
#include "lamina/ops/concatenate.h"
#include "lamina/ops/full.h"
#include "lamina/ops/matmul.h"
#include "lamina/ops/pad.h"
#include "lamina/ops/rearrange.h"
#include "lamina/ops/reduce.h"
#include "lamina/ops/reshape.h"
#include "lamina/ops/softmax.h"
#include "lamina/ops/transpose.h"
#include "lamina/ops/unary.h"
#include "lamina/ops/where.h"

namespace lamina::onnx {
namespace {

constexpr double kMinusInfinity = -std::numeric_limits<double>::infinity();

bool is_narrow(DType dtype) { return dtype == DType::kFloat16 || dtype == DType::kBFloat16; }

// (batch, length, heads width) as (batch, heads, length, width); four axes stay.
Tensor by_heads(const Call& call, const Tensor& x, int64_t heads) {
  const Shape& shape = x.shape();
  if (shape.rank() == 4) {
    if (heads != 0 && heads != shape[1])
      call.fail(fmt::format("says {} heads of an input of shape {}", heads, shape.str()));
    return x;
  }
  if (shape.rank() != 3 || heads < 1 || shape[2] % heads != 0)
    call.fail(fmt::format("an input of shape {} does not fit {} heads", shape.str(), heads));
  return transpose(reshape(x, {shape[0], shape[1], heads, shape[2] / heads}), {0, 2, 1, 3});
}

struct Inputs {
  Tensor q, k, v;  // (batch, heads, length, width)
};

void require_fitting(const Call& call, const Inputs& in) {
  const Shape &q = in.q.shape(), &k = in.k.shape(), &v = in.v.shape();
  if (q.rank() != 4 || k.rank() != 4 || v.rank() != 4 || q[0] != k[0] || k[0] != v[0] || k[1] != v[1] ||
      k[2] != v[2] || q[3] != k[3] || k[1] == 0 || q[1] % k[1] != 0) {
    call.fail(fmt::format("queries {}, keys {} and values {} do not fit", q.str(), k.str(), v.str()));
  }
}

// Keys and values for each head of queries.
Tensor for_heads(const Tensor& x, int64_t heads) {
  return x.shape()[1] == heads ? x : repeat(x, heads / x.shape()[1], 1);
}

DType softmax_dtype(const Call& call, DType otherwise) {
  const int64_t said = call.integer("softmax_precision", 0);
  if (said == 0) return otherwise;
  const ElementType type = element_type(static_cast<int>(said));
  if (!is_floating(type) || is_small_float(type))
    call.fail(fmt::format("attribute 'softmax_precision' says {}", name(type)));
  return storage(type);
}

// What is added to the scores, in `dtype`: undefined where nothing is. (batch, heads, queries, keys), or what
// broadcasts to it.
Tensor bias_of(const Call& call, const Inputs& in, int64_t past, DType dtype) {
  const int64_t batch = in.q.shape()[0], queries = in.q.shape()[2], keys = in.k.shape()[2];
  const Tensor lengths = call.has(6) ? call[6] : Tensor();
  const int64_t left = call.integer("left_window_size", -1), right = call.integer("right_window_size", -1);
  if (left < -1 || right < -1) call.fail("its window sizes must be -1 or more");
  const bool causal = call.integer("is_causal", 0) != 0;
  if (lengths.defined() && lengths.shape() != Shape{batch})
    call.fail(
        fmt::format("nonpad_kv_seqlen has shape {}; expected {}", lengths.shape().str(), Shape{batch}.str()));
  const Tensor counts =
      lengths.defined() ? reshape(cast(lengths, DType::kInt32), {batch, 1, 1, 1}) : Tensor();

  Tensor allowed;
  const auto restrict = [&](const Tensor& more) {
    allowed = allowed.defined() ? ops::logical_and(allowed, more) : more;
  };
  const Tensor key = reshape(arange(keys), {1, keys});
  if (causal || left >= 0 || right >= 0) {
    const Tensor query = reshape(arange(queries), {queries, 1});
    const Tensor place = counts.defined() && past == 0
                             ? add(query, subtract(counts, static_cast<double>(queries)))
                             : add(query, static_cast<double>(past));
    if (causal) restrict(less_equal(key, place));
    if (left >= 0) restrict(greater_equal(key, subtract(place, static_cast<double>(left))));
    if (right >= 0) restrict(less_equal(key, add(place, static_cast<double>(right))));
  }
  if (counts.defined()) restrict(less(key, counts));

  Tensor added;
  if (call.has(3)) {
    Tensor mask = call[3];
    if (mask.rank() < 1 || mask.rank() > 4)
      call.fail(fmt::format("a mask of shape {} does not fit", mask.shape().str()));
    const int64_t missing = keys - mask.shape()[-1];
    const bool bools = mask.dtype() == DType::kBool;
    if (!bools) mask = cast(mask, dtype);
    if (missing > 0 && !(call.opset() < 24 && mask.shape()[-1] == 1)) {
      std::vector<std::pair<int64_t, int64_t>> paddings(static_cast<size_t>(mask.rank()));
      paddings.back() = {0, missing};
      mask = pad(mask, paddings, bools ? 0 : kMinusInfinity);
    }
    const Shape scores{batch, in.q.shape()[1], queries, keys};
    if (broadcast(mask.shape(), scores) != scores)
      call.fail(
          fmt::format("a mask of shape {} does not fit scores of {}", mask.shape().str(), scores.str()));
    if (bools) {
      restrict(mask);
    } else {
      added = mask;
    }
  }
  if (!allowed.defined()) return added;
  return where(allowed, added.defined() ? added : full({}, 0, dtype), full({}, kMinusInfinity, dtype));
}

// Rows of which no key counts, where there can be some.
Tensor empty_rows(const Tensor& bias) {
  return bias.defined() ? equal(lamina::max(bias, {-1}, true), kMinusInfinity) : Tensor();
}

std::vector<Value> attention(Call& call) {
  const ElementType type = call.element();
  const DType dtype = storage(type);
  const DType computed = is_narrow(dtype) ? DType::kFloat32 : dtype;
  const int64_t q_heads = call.integer("q_num_heads", 0), kv_heads = call.integer("kv_num_heads", 0);
  const bool three_axes = call[0].rank() == 3;
  Inputs in{by_heads(call, call[0], q_heads), by_heads(call, call[1], kv_heads),
            by_heads(call, call[2], kv_heads)};
  if (call.has(4) != call.has(5)) call.fail("past_key and past_value come together");
  if (call.has(4) && call.has(6)) call.fail("takes either a past or nonpad_kv_seqlen");
  const int64_t past = call.has(4) ? call[4].shape()[2] : 0;
  if (call.has(4)) {
    in.k = concatenate({call[4], in.k}, 2);
    in.v = concatenate({call[5], in.v}, 2);
  }
  require_fitting(call, in);
  const Value present_key(in.k, call.element(1)), present_value(in.v, call.element(2));
  const double scale = call.number("scale", 1 / std::sqrt(static_cast<double>(in.q.shape()[3])));
  const double cap = call.number("softcap", 0.0);
  const int64_t mode = call.integer("qk_matmul_output_mode", 0);
  if (mode < 0 || mode > 3) call.fail(fmt::format("attribute 'qk_matmul_output_mode' is {}", mode));
  const DType softmax_in = softmax_dtype(call, computed);
  const Tensor bias = bias_of(call, in, past, computed);
  const Tensor empty = empty_rows(bias);
  const Tensor q = cast(in.q, computed), k = cast(in.k, computed), v = cast(in.v, computed);

  Tensor result, shown;
  if (cap <= 0 && !call.wants(3) && softmax_in == computed && k.shape() == v.shape()) {
    const auto turned = [](const Tensor& x) { return transpose(x, {0, 2, 1, 3}); };
    AttentionOptions options;
    options.scale = scale;
    options.bias = empty.defined() ? where(empty, zeros_like(bias), bias) : bias;
    result = turned(dot_product_attention(turned(q), turned(k), turned(v), options));
    if (empty.defined()) result = where(empty, zeros_like(result), result);
  } else {
    const double root = std::sqrt(std::fabs(scale));
    const Tensor keys = multiply(for_heads(k, q.shape()[1]), scale < 0 ? -root : root);
    const Tensor raw = matmul(multiply(q, root), keys, false, true);
    const Tensor capped = cap > 0 ? multiply(lamina::tanh(divide(raw, cap)), cap) : raw;
    const Tensor biased = bias.defined() ? add(capped, bias) : capped;
    const Tensor safe = empty.defined() ? where(empty, zeros_like(biased), biased) : biased;
    Tensor weights = cast(softmax(cast(safe, softmax_in)), computed);
    if (empty.defined()) weights = where(empty, zeros_like(weights), weights);
    shown = mode == 0 ? raw : mode == 1 ? capped : mode == 2 ? biased : weights;
    result = matmul(weights, for_heads(v, q.shape()[1]));
  }
  result = cast(result, dtype);
  if (three_axes) {
    const Shape& shape = result.shape();
    result = reshape(transpose(result, {0, 2, 1, 3}), {shape[0], shape[2], shape[1] * shape[3]});
  }
  std::vector<Value> results{Value(result, type), present_key, present_value};
  if (shown.defined()) results.emplace_back(cast(shown, dtype), type);
  return results;
}

Tensor modified(Call& call, const char* graph, const Tensor& x) {
  if (!call.has_attribute(graph)) return x;
  const std::vector<Value> results = call.run(call.graph(graph), {Value(x)});
  if (results.size() != 1 || results[0].shape() != x.shape())
    call.fail(fmt::format("graph '{}' must give one tensor of the shape that it takes", graph));
  return cast(results[0].tensor(), x.dtype());
}

std::vector<Value> flex_attention(Call& call) {
  const ElementType type = call.element();
  const Inputs in{call[0], call[1], call[2]};
  require_fitting(call, in);
  const int64_t heads = in.q.shape()[1];
  const double root = std::sqrt(call.number("scale", 1 / std::sqrt(static_cast<double>(in.q.shape()[3]))));
  if (!(root >= 0)) throw Unsupported("takes no negative scale");
  const DType dtype =
      softmax_dtype(call, in.q.dtype() == DType::kFloat64 ? DType::kFloat64 : DType::kFloat32);
  Tensor scores = matmul(multiply(in.q, root), multiply(for_heads(in.k, heads), root), false, true);
  scores = modified(call, "score_mod", cast(scores, dtype));
  const Tensor weights = modified(call, "prob_mod", softmax(scores));
  return {Value(cast(matmul(weights, cast(for_heads(in.v, heads), dtype)), storage(type)), type)};
}

const bool kAttentionRegistered[] = {register_operator("Attention", 23, attention),
                            register_operator("FlexAttention", 1, flex_attention, {}, "ai.onnx.preview")};

}  // namespace
}  // namespace lamina::onnx
