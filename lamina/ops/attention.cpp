// The record of attention, whose body are batched products and a softmax.
#include "lamina/ops/attention.h"

#include <cmath>

#include "lamina/graph/fusion.h"
#include "lamina/graph/op.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/broadcast_to.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/compare.h"
#include "lamina/ops/detail/attention.h"
#include "lamina/ops/detail/body.h"
#include "lamina/ops/detail/elementwise.h"
#include "lamina/ops/full.h"
#include "lamina/ops/matmul.h"
#include "lamina/ops/reduce.h"
#include "lamina/ops/reshape.h"
#include "lamina/ops/softmax.h"
#include "lamina/ops/transpose.h"
#include "lamina/ops/where.h"

namespace lamina {
namespace {

using detail::AttentionAttrs;
using detail::kMaskedScore;

/// Of the scores and their softmax.
DType score_dtype(DType dtype) { return dtype == DType::kFloat64 ? dtype : DType::kFloat32; }

/// An operand that is absent.
const Shape kAbsent{0};

enum Operands { kQuery, kKey, kValue, kBias, kMask };

std::vector<TensorType> infer_attention(const InferArgs& args) {
  for (const int i : {kQuery, kKey, kValue}) {
    const TensorType& x = args.inputs[i];
    if (x.shape.rank() != 4 || !is_floating(x.dtype) || x.dtype != args.inputs[kQuery].dtype)
      args.fail("query, key and value must be (batch, length, heads, width) of one floating dtype");
  }
  const Shape &q = args.inputs[kQuery].shape, &k = args.inputs[kKey].shape, &v = args.inputs[kValue].shape;
  if (k != v || q[0] != k[0] || q[3] != k[3])
    args.fail("key and value must have one shape, and batch and width of query");
  if (q[3] < 1 || k[2] < 1 || q[2] % k[2] != 0) args.fail("the heads of key must divide those of query");
  if (args.inputs[kMask].dtype != DType::kBool)
    args.fail("the mask must be bool, not " + std::string(name(args.inputs[kMask].dtype)));
  const Shape scores{q[0], q[2], q[1], k[1]};
  for (const int i : {kBias, kMask}) {
    const Shape& given = args.inputs[i].shape;
    if (given == kAbsent) continue;
    bool fits = given.rank() <= 4;
    for (int axis = 1; fits && axis <= given.rank(); ++axis)
      fits = given[-axis] == 1 || given[-axis] == scores[-axis];
    if (!fits) args.fail(args.op.inputs[i].name + " must broadcast to the scores, " + scores.str());
  }
  std::vector<TensorType> types{args.inputs[kQuery]};
  if (args.attrs.as<AttentionAttrs>().weights)
    types.push_back({score_dtype(args.inputs[kQuery].dtype), scores});
  return types;
}

/// Whatever the query is: it is checked afterwards.
double usual_scale(const Tensor& query) {
  return 1 / std::sqrt(query.rank() > 0 ? static_cast<double>(query.shape()[-1]) : 1.0);
}

/// (batch, length, heads, width) as (batch, heads, length, width).
Tensor by_head(const Tensor& x) { return transpose(x, {0, 2, 1, 3}); }

/// Each head `times` times in a row.
Tensor repeat_heads(const Tensor& x, int64_t times) {
  if (times == 1) return x;
  const Shape& s = x.shape();
  return reshape(broadcast_to(expand_dims(x, 2), {s[0], s[1], times, s[2], s[3]}),
                 {s[0], s[1] * times, s[2], s[3]});
}

/// (queries, keys): whether the key is no later than the query.
Tensor causal_mask(int64_t queries, int64_t keys) {
  return greater_equal(expand_dims(arange(queries), 1), expand_dims(arange(keys), 0));
}

/// The sum over the heads that repeat_heads made of one; back to (batch, length, heads, width).
Tensor gathered(const Tensor& x, int64_t times) {
  const Shape& s = x.shape();
  return by_head(times == 1 ? x : sum(reshape(x, {s[0], s[1] / times, times, s[2], s[3]}), {2}));
}

int64_t group_of(std::span<const Tensor> inputs) {
  return inputs[kQuery].shape()[2] / inputs[kKey].shape()[2];
}

/// `scores` where a key counts, else `rest`. The mask may be undefined.
Tensor masked(const Tensor& mask, bool is_causal, const Tensor& scores, double rest) {
  Tensor result = mask.defined() ? where(mask, scores, rest) : scores;
  if (is_causal) result = where(causal_mask(scores.shape()[2], scores.shape()[3]), result, rest);
  return result;
}

std::vector<Tensor> body(const Attrs& any_attrs, std::span<const Tensor> inputs) {
  const auto& attrs = any_attrs.as<AttentionAttrs>();
  const auto given = [&](Operands i) { return inputs[i].shape() == kAbsent ? Tensor() : inputs[i]; };
  const Tensor weights = detail::attention_weights(
      inputs[kQuery], inputs[kKey], {given(kBias), given(kMask), attrs.scale, attrs.is_causal});
  const Tensor y = detail::weighted_values(weights, inputs[kValue]);
  return attrs.weights ? std::vector{y, weights} : std::vector{y};
}

// In terms of the weights, so that nothing of them is computed twice.
std::vector<Tensor> vjp_attention(const VjpArgs& args) {
  const auto& attrs = args.attrs.as<AttentionAttrs>();
  const Tensor &query = args.inputs[kQuery], &bias = args.inputs[kBias], &mask = args.inputs[kMask];
  const DType dtype = query.dtype();
  const int64_t group = group_of(args.inputs);
  if (!attrs.weights) {
    AttentionAttrs with = attrs;
    with.weights = true;
    const std::vector<Tensor> inputs(args.inputs.begin(), args.inputs.end());
    const std::vector<Tensor> outputs = apply(find_op("dot_product_attention"), with, inputs);
    const std::vector<Tensor> grads{args.grads[0], Tensor()};
    return vjp_attention({with, inputs, outputs, grads});
  }
  const Tensor& weights = args.outputs[1];
  Tensor dweights = args.grads[1], dvalue;
  if (args.grads[0].defined()) {
    const Tensor dy = by_head(args.grads[0]);
    const Tensor through =
        cast(matmul(dy, repeat_heads(by_head(args.inputs[kValue]), group), false, true), weights.dtype());
    dweights = dweights.defined() ? dweights + through : through;
    dvalue = gathered(matmul(cast(weights, dtype), dy, true), group);
  }
  Tensor dscores = apply(find_op("softmax_grad"), SoftmaxAttrs{3}, {weights, dweights})[0];
  // Without a mask every query has a key, so that what is hidden weighs nothing already.
  if (mask.shape() != kAbsent) dscores = masked(mask, attrs.is_causal, dscores, 0);
  const Tensor dbias =
      bias.shape() == kAbsent ? Tensor() : cast(detail::sum_to(dscores, bias.shape()), bias.dtype());
  const Tensor d = cast(dscores, dtype);
  const Tensor dquery = by_head(matmul(d, repeat_heads(by_head(args.inputs[kKey]), group)) * attrs.scale);
  const Tensor dkey = gathered(matmul(d, by_head(query) * attrs.scale, true), group);
  return {dquery, dkey, dvalue, dbias, Tensor()};
}

std::optional<Attrs> without_weights(const Attrs& any_attrs, const std::vector<bool>& used) {
  AttentionAttrs attrs = any_attrs.as<AttentionAttrs>();
  if (!attrs.weights || used.size() < 2 || used[1]) return std::nullopt;
  attrs.weights = false;
  return attrs;
}

const DTypeClass kFloating = DTypeClass::kFloating;

const Op& attention_op = register_op<AttentionAttrs>({
    .name = "dot_product_attention",
    .doc = "softmax(query key^T scale + bias, where mask) value, per head; bias and mask of shape (0,) are "
           "absent",
    .inputs = {{"query", kFloating}, {"key", kFloating}, {"value", kFloating}, {"bias", kFloating}, {"mask"}},
    .outputs = {"y", "weights"},
    .infer = infer_attention,
    .vjp = vjp_attention,
    .body = body,
    .without_unused = without_weights,
});

// ---- Keys and values as integers

std::vector<TensorType> infer_integers(const InferArgs& args) {
  const TensorType &query = args.inputs[0], &key = args.inputs[1], &value = args.inputs[3];
  Shape scales = key.shape;
  if (key.shape.rank() != 4 || key.shape != value.shape || key.dtype != DType::kInt8 ||
      value.dtype != DType::kInt8)
    args.fail("key and value must be int8 (batch, length, heads, width)");
  scales.set(3, 1);
  if (args.inputs[2].shape != scales || args.inputs[4].shape != scales)
    args.fail("the scales must be " + scales.str());
  if (query.shape.rank() != 4 || query.shape[0] != key.shape[0] || query.shape[3] != key.shape[3] ||
      key.shape[2] < 1 || query.shape[2] % key.shape[2] != 0)
    args.fail("query must have batch, width and a multiple of the heads of key");
  return {query};
}

std::vector<Tensor> integers_body(const Attrs& attrs, std::span<const Tensor> inputs) {
  const DType dtype = inputs[0].dtype();
  const auto floats = [&](size_t i) {
    return cast(apply(find_op("dequantize_weights"), {}, {inputs[i], inputs[i + 1]})[0], dtype);
  };
  const std::vector<Tensor> operands{inputs[0], floats(1), floats(3), inputs[5], inputs[6]};
  return {apply(attention_op, attrs, operands)[0]};
}

const Op& integers_op = register_op<AttentionAttrs>({
    .name = "attention_of_integers",
    .doc = "dot_product_attention of key * key_scales and value * value_scales, a scale for each head",
    .inputs = {{"query", kFloating},
               {"key", DTypeClass::kInteger},
               {"key_scales", kFloating},
               {"value", DTypeClass::kInteger},
               {"value_scales", kFloating},
               {"bias", kFloating},
               {"mask"}},
    .outputs = {"y"},
    .infer = infer_integers,
    .vjp = detail::vjp_of_body<integers_body>,
    .body = integers_body,
});

/// Whether keys and values have a scale for each head, and nothing asks for the weights.
bool of_heads(const FusionMatch& match) {
  return match.type("k").dtype == DType::kInt8 && match.type("v").dtype == DType::kInt8 &&
         match.type("ks").shape[-1] == 1 && match.type("vs").shape[-1] == 1 &&
         !match.attrs<AttentionAttrs>("a").weights;
}

const FusionRegistration fusions({
    {.stage = kStoredWeights,
     .patterns = {"a:dot_product_attention(q, dequantize_weights(k, ks), dequantize_weights(v, vs), b, m)"},
     .result = "a = a:attention_of_integers(q, k, ks, v, vs, b, m)",
     .fits = of_heads},
});

}  // namespace

Tensor detail::attention_weights(const Tensor& query, const Tensor& key, const AttentionOptions& options) {
  const double scale = options.scale.value_or(usual_scale(query));
  const int64_t group = query.shape()[2] / key.shape()[2];
  Tensor scores = matmul(by_head(query) * scale, repeat_heads(by_head(key), group), false, true);
  scores = cast(scores, score_dtype(query.dtype()));
  if (options.bias.defined()) scores = scores + cast(options.bias, scores.dtype());
  return softmax(masked(options.mask, options.is_causal, scores, kMaskedScore));
}

Tensor detail::weighted_values(const Tensor& weights, const Tensor& value) {
  const int64_t group = weights.shape()[1] / value.shape()[2];
  return by_head(matmul(cast(weights, value.dtype()), repeat_heads(by_head(value), group)));
}

Tensor dot_product_attention(const Tensor& query, const Tensor& key, const Tensor& value,
                             const AttentionOptions& options) {
  const DType inside = score_dtype(query.dtype());
  const AttentionAttrs attrs{options.scale.value_or(usual_scale(query)), options.is_causal};
  const Tensor bias = options.bias.defined() ? options.bias : zeros(kAbsent, inside);
  const Tensor mask = options.mask.defined() ? options.mask : zeros(kAbsent, DType::kBool);
  return apply(attention_op, attrs,
               {query, key, value, bias.dtype() == inside ? bias : cast(bias, inside), mask})[0];
}

}  // namespace lamina
