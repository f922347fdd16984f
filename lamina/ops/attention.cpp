// Attention in terms of batched products and softmax.
#include "lamina/ops/attention.h"

#include <cmath>

#include "lamina/base/error.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/broadcast_to.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/compare.h"
#include "lamina/ops/full.h"
#include "lamina/ops/matmul.h"
#include "lamina/ops/reshape.h"
#include "lamina/ops/softmax.h"
#include "lamina/ops/transpose.h"
#include "lamina/ops/where.h"

namespace lamina {
namespace {

/// Far below any score, but finite in float32: a row of nothing else still has a softmax. As Keras.
constexpr double kLow = -0.7 * 3.4028234663852886e38;

void check(const Tensor& query, const Tensor& key, const Tensor& value, const AttentionOptions& options) {
  const auto fail = [&](const std::string& what) {
    throw InvalidArgument("dot_product_attention: " + what + "; got query " + query.type().str() + ", key " +
                          key.type().str() + ", value " + value.type().str());
  };
  for (const Tensor* x : {&query, &key, &value}) {
    if (x->rank() != 4 || !is_floating(x->dtype()) || x->dtype() != query.dtype())
      fail("query, key and value must be (batch, length, heads, width) of one floating dtype");
  }
  const Shape &q = query.shape(), &k = key.shape(), &v = value.shape();
  if (k != v || q[0] != k[0] || q[3] != k[3])
    fail("key and value must have one shape, and batch and width of query");
  if (q[3] < 1 || k[2] < 1 || q[2] % k[2] != 0) fail("the heads of key must divide those of query");
  if (options.mask.defined() && options.mask.dtype() != DType::kBool)
    fail("the mask must be bool, not " + std::string(name(options.mask.dtype())));
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

}  // namespace

Tensor dot_product_attention(const Tensor& query, const Tensor& key, const Tensor& value,
                             const AttentionOptions& options) {
  check(query, key, value, options);
  const DType dtype = query.dtype();
  const int64_t group = query.shape()[2] / key.shape()[2];
  const double scale = options.scale.value_or(1 / std::sqrt(static_cast<double>(query.shape()[3])));
  const Tensor queries = by_head(query) * scale;
  Tensor scores = matmul(queries, repeat_heads(by_head(key), group), false, true);
  const bool half = dtype == DType::kFloat16 || dtype == DType::kBFloat16;
  if (half) scores = cast(scores, DType::kFloat32);
  if (options.bias.defined()) scores = scores + cast(options.bias, scores.dtype());
  if (options.mask.defined()) scores = where(options.mask, scores, kLow);
  if (options.is_causal) scores = where(causal_mask(query.shape()[1], key.shape()[1]), scores, kLow);
  Tensor weights = softmax(scores);
  if (half) weights = cast(weights, dtype);
  return by_head(matmul(weights, repeat_heads(by_head(value), group)));
}

}  // namespace lamina
