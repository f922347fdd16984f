// Masks over a cache of which rows have filled a part each, and the way through training.
#include "lamina/zoo/transformers/detail/attention.h"

#include "lamina/ops/binary.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/compare.h"
#include "lamina/ops/detail/attention.h"
#include "lamina/ops/full.h"
#include "lamina/ops/reshape.h"
#include "lamina/ops/shape_ops.h"
#include "lamina/ops/slice.h"
#include "lamina/ops/take.h"
#include "lamina/zoo/transformers/detail/modules.h"

namespace lamina::detail {

Tensor heads_of(const Tensor& x, int64_t width) {
  const Shape& s = x.shape();
  return reshape(x, {s[0], s[1], s[2] / width, width});
}

Tensor joined_heads(const Tensor& x) {
  const Shape& s = x.shape();
  return reshape(x, {s[0], s[1], s[2] * s[3]});
}

Tensor asked_tokens(const Tensor& x, const DecodeInputs& inputs) {
  if (inputs.each) return x;
  const Shape& s = x.shape();
  if (s[1] == 1) return reshape(x, {s[0], s[2]});
  if (!inputs.counts.defined()) return reshape(slice(x, {0, s[1] - 1}, {s[0], s[1]}), {s[0], s[2]});
  const Tensor last =
      maximum(inputs.counts - 1, 0) + arange(s[0], DType::kInt32) * static_cast<int32_t>(s[1]);
  return take(reshape(x, {s[0] * s[1], s[2]}), last, 0);
}

Tensor first_token(const Tensor& x) {
  const Shape& s = x.shape();
  return reshape(slice(x, {0, 0}, {s[0], 1}), {s[0], s[2]});
}

Tensor mask_of_keys(const Tensor& attention_mask) {
  if (!attention_mask.defined()) return {};
  const Shape& s = attention_mask.shape();
  return reshape(not_equal(attention_mask, 0.0), {s[0], 1, 1, s[1]});
}

Tensor attend(const Tensor& query, const Tensor& key, const Tensor& value, const AttentionOptions& options,
              double dropout, const char* name, CallContext& context) {
  const bool dropping = context.training && dropout > 0;
  if (!dropping && !context.watched(name)) return dot_product_attention(query, key, value, options);
  const Tensor weights = cast(attention_weights(query, key, options), value.dtype());
  context.report(name, weights);
  return weighted_values(drop(weights, dropout, context), value);
}

namespace {

/// int32 (rows, new tokens): `position` and what counts up from it.
Tensor counted_from(const Tensor& positions, const Tensor& counting) {
  return reshape(positions, {positions.shape()[0], 1}) + counting;
}

}  // namespace

Tensor places_of(const DecodeInputs& inputs) {
  const int64_t count = inputs.ids.shape()[1];
  Tensor counting = reshape(arange(count, DType::kInt32), {1, count});
  if (inputs.counts.defined())
    counting = minimum(counting, maximum(reshape(inputs.counts, {inputs.counts.shape()[0], 1}) - 1, 0));
  return counted_from(inputs.positions, counting);
}

Tensor own_tokens(const DecodeInputs& inputs) {
  if (!inputs.counts.defined()) return {};
  const Tensor places = reshape(arange(inputs.ids.shape()[1], DType::kInt32), {1, -1});
  return less(places, reshape(inputs.counts, {-1, 1}));
}

Tensor keys_so_far(const DecodeInputs& inputs, int64_t keys) {
  const int64_t rows = inputs.ids.shape()[0], count = inputs.ids.shape()[1];
  const Tensor places = reshape(arange(keys, DType::kInt32), {1, 1, 1, keys});
  const Tensor now = counted_from(inputs.positions, reshape(arange(count, DType::kInt32), {1, count}));
  return less_equal(places, reshape(now, {rows, 1, count, 1}));
}

}  // namespace lamina::detail
