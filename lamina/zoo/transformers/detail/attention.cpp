// Masks over a cache of fixed size, and the way through training.
#include "lamina/zoo/transformers/detail/attention.h"

#include <cmath>

#include "lamina/ops/binary.h"
#include "lamina/ops/broadcast_to.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/compare.h"
#include "lamina/ops/concatenate.h"
#include "lamina/ops/dynamic_slice.h"
#include "lamina/ops/full.h"
#include "lamina/ops/matmul.h"
#include "lamina/ops/reshape.h"
#include "lamina/ops/shape_ops.h"
#include "lamina/ops/slice.h"
#include "lamina/ops/softmax.h"
#include "lamina/ops/transpose.h"
#include "lamina/ops/where.h"
#include "lamina/zoo/transformers/detail/modules.h"

namespace lamina::detail {
namespace {

/// Of scores that do not count. Below any other, and finite.
constexpr double kLow = -3.4e38;

Tensor repeated(const Tensor& x, int64_t times) {
  if (times == 1) return x;
  const Shape& s = x.shape();
  return reshape(broadcast_to(expand_dims(x, 3), {s[0], s[1], s[2], times, s[3]}),
                 {s[0], s[1], s[2] * times, s[3]});
}

}  // namespace

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
              double dropout, CallContext& context) {
  if (!context.training || dropout == 0) return dot_product_attention(query, key, value, options);
  const int64_t group = query.shape()[2] / key.shape()[2];
  const auto by_head = [](const Tensor& x) { return transpose(x, {0, 2, 1, 3}); };
  const double scale = options.scale.value_or(1 / std::sqrt(static_cast<double>(query.shape()[3])));
  Tensor scores =
      cast(matmul(by_head(query) * scale, by_head(repeated(key, group)), false, true), DType::kFloat32);
  if (options.bias.defined()) scores = scores + cast(options.bias, DType::kFloat32);
  if (options.mask.defined()) scores = where(options.mask, scores, kLow);
  if (options.is_causal) {
    const Tensor places = arange(scores.shape()[2]), keys = arange(scores.shape()[3]);
    scores = where(greater_equal(expand_dims(places, 1), expand_dims(keys, 0)), scores, kLow);
  }
  const Tensor weights = drop(cast(softmax(scores), value.dtype()), dropout, context);
  return by_head(matmul(weights, by_head(repeated(value, group))));
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
