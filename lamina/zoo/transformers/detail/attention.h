// Attention of language models: heads from projections, with what training drops. Internal header.
#pragma once

#include "lamina/nn/call_context.h"
#include "lamina/ops/attention.h"

namespace lamina::detail {

/// (rows, length, heads * width) as (rows, length, heads, width).
Tensor heads_of(const Tensor& x, int64_t width);
/// And back.
Tensor joined_heads(const Tensor& x);

/// (rows, width): the last of (rows, tokens, width).
Tensor last_token(const Tensor& x);
/// (rows, width): the first of them.
Tensor first_token(const Tensor& x);

/// bool (rows, 1, 1, keys) of an attention_mask (rows, keys), 0 for padding; undefined of an undefined one.
Tensor mask_of_keys(const Tensor& attention_mask);

/// dot_product_attention of heads; while training, a share `dropout` of the weights is dropped.
/// @param name  under which the weights are reported: "cross_attentions"
Tensor attend(const Tensor& query, const Tensor& key, const Tensor& value, const AttentionOptions& options,
              double dropout, const char* name, CallContext& context);

/// bool (1, 1, new tokens, keys): keys that are no later than each of `count` new tokens, the first of which
/// stands at `position` (int32 ()); with `padding` (int32 (rows)) bool (rows, 1, new tokens, keys) without
/// those that a row begins with.
Tensor keys_so_far(const Tensor& position, int64_t count, int64_t keys, const Tensor& padding);

/// `cache` (rows, keys, heads, width) with `added` (rows, new tokens, heads, width) from `position` on.
Tensor with_added(const Tensor& cache, const Tensor& added, const Tensor& position);

}  // namespace lamina::detail
