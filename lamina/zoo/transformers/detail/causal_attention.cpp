// Masks are made anew for each layer; the compiler computes equal ones once.
#include "lamina/zoo/transformers/detail/causal_attention.h"

#include <utility>

#include "lamina/ops/binary.h"
#include "lamina/ops/compare.h"
#include "lamina/ops/full.h"
#include "lamina/ops/reshape.h"
#include "lamina/zoo/transformers/detail/attention.h"

namespace lamina::detail {
namespace {

Tensor both(const Tensor& a, const Tensor& b) {
  if (!a.defined()) return b;
  return b.defined() ? logical_and(a, b) : a;
}

/// Keys less than `window` before the query: bool (1 or rows, 1, queries, keys) for `queries` (1 or rows,
/// queries), where they stand.
Tensor near_keys(const Tensor& queries, int64_t keys, int64_t window) {
  const Shape& s = queries.shape();
  return less(reshape(queries, {s[0], 1, s[1], 1}) - reshape(arange(keys, DType::kInt32), {1, 1, 1, keys}),
              static_cast<int32_t>(window));
}

}  // namespace

CausalAttention::CausalAttention(int64_t tokens, Tensor mask)
    : mask_(std::move(mask)),
      keys_(tokens),
      positions_(reshape(arange(tokens, DType::kInt32), {1, tokens})) {}

CausalAttention::CausalAttention(const DecodeInputs& inputs, TokenCache& cache)
    : inputs_(inputs), cache_(&cache), keys_(cache.length()), positions_(places_of(inputs)) {}

Tensor CausalAttention::operator()(size_t layer, const Tensor& query, const Tensor& key, const Tensor& value,
                                   const CausalOptions& options, CallContext& context) const {
  const int64_t count = query.shape()[1];
  AttentionOptions how{options.bias, mask_, options.scale};
  if (!cache_) {
    how.is_causal = true;
    if (options.window > 0 && options.window < count)
      how.mask = both(mask_, near_keys(positions_, count, options.window));
    return attend(query, key, value, how, options.dropout, options.name, context);
  }
  how.mask = keys_so_far(inputs_, keys_);
  if (options.window > 0 && options.window < keys_)
    how.mask = both(how.mask, near_keys(positions_, keys_, options.window));
  const Tensor keys = cache_->with(2 * layer, key), values = cache_->with(2 * layer + 1, value);
  return attend(query, keys, values, how, options.dropout, options.name, context);
}

std::vector<TensorType> causal_cache(size_t layers, DType dtype, const Shape& heads) {
  return std::vector<TensorType>(2 * layers, {dtype, heads});
}

}  // namespace lamina::detail
