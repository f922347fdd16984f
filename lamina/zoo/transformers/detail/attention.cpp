// Masks over a cache of fixed size, and the way through training.
#include "lamina/zoo/transformers/detail/attention.h"

#include "lamina/ops/binary.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/compare.h"
#include "lamina/ops/concatenate.h"
#include "lamina/ops/detail/attention.h"
#include "lamina/ops/dynamic_slice.h"
#include "lamina/ops/full.h"
#include "lamina/ops/reshape.h"
#include "lamina/ops/shape_ops.h"
#include "lamina/ops/slice.h"
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

Tensor last_token(const Tensor& x) {
  const Shape& s = x.shape();
  return reshape(slice(x, {0, s[1] - 1}, {s[0], s[1]}), {s[0], s[2]});
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

Tensor keys_so_far(const Tensor& position, int64_t count, int64_t keys, const Tensor& padding) {
  const Tensor places = reshape(arange(keys, DType::kInt32), {1, 1, 1, keys});
  const Tensor now = reshape(arange(count, DType::kInt32) + position, {1, 1, count, 1});
  const Tensor known = less_equal(places, now);
  if (!padding.defined()) return known;
  return logical_and(known, greater_equal(places, reshape(padding, {padding.shape()[0], 1, 1, 1})));
}

Tensor with_added(const Tensor& cache, const Tensor& added, const Tensor& position) {
  const Tensor zero = zeros({1}, DType::kInt32);
  return slice_update(cache, concatenate({zero, reshape(position, {1}), zeros({2}, DType::kInt32)}, 0),
                      cast(added, cache.dtype()));
}

}  // namespace lamina::detail
