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

/// bool (1, 1, queries, keys): keys less than `window` before the query, the first of which is at `first`.
Tensor near_keys(const Tensor& first, int64_t queries, int64_t keys, int64_t window) {
  const Tensor query = reshape(arange(queries, DType::kInt32) + first, {1, 1, queries, 1});
  return less(query - reshape(arange(keys, DType::kInt32), {1, 1, 1, keys}), static_cast<int32_t>(window));
}

}  // namespace

CausalAttention::CausalAttention(int64_t tokens, Tensor mask)
    : mask_(std::move(mask)),
      keys_(tokens),
      positions_(reshape(arange(tokens, DType::kInt32), {1, tokens})) {}

CausalAttention::CausalAttention(const DecodeInputs& inputs, std::vector<Tensor>& cache)
    : inputs_(inputs), cache_(&cache), keys_(cache.at(0).shape()[1]) {
  const int64_t count = inputs.ids.shape()[1];
  positions_ = reshape(arange(count, DType::kInt32) + inputs.position, {1, count});
  if (inputs.end.defined()) lengths_ = reshape(inputs.end, {1});
  if (!inputs.padding.defined()) return;
  positions_ = maximum(positions_ - reshape(inputs.padding, {inputs.padding.shape()[0], 1}), 0);
  if (lengths_.defined()) lengths_ = lengths_ - inputs.padding;
}

Tensor CausalAttention::operator()(size_t layer, const Tensor& query, const Tensor& key, const Tensor& value,
                                   const CausalOptions& options, CallContext& context) const {
  const int64_t count = query.shape()[1];
  AttentionOptions how{options.bias, mask_, options.scale};
  if (!cache_) {
    how.is_causal = true;
    if (options.window > 0 && options.window < count)
      how.mask = both(mask_, near_keys(zeros({}, DType::kInt32), count, count, options.window));
    return attend(query, key, value, how, options.dropout, options.name, context);
  }
  Tensor &keys = cache_->at(2 * layer), &values = cache_->at(2 * layer + 1);
  keys = with_added(keys, key, inputs_.position);
  values = with_added(values, value, inputs_.position);
  how.mask = keys_so_far(inputs_.position, count, keys_, inputs_.padding);
  if (options.window > 0 && options.window < keys_)
    how.mask = both(how.mask, near_keys(inputs_.position, count, keys_, options.window));
  return attend(query, keys, values, how, options.dropout, options.name, context);
}

std::vector<TensorType> causal_cache(size_t layers, DType dtype, const Shape& heads) {
  return std::vector<TensorType>(2 * layers, {dtype, heads});
}

}  // namespace lamina::detail
