// Attention of language models: heads from projections, with what training drops. Internal header.
#pragma once

#include "lamina/nn/call_context.h"
#include "lamina/ops/attention.h"
#include "lamina/zoo/transformers/pretrained_model.h"

namespace lamina::detail {

/// (rows, length, heads * width) as (rows, length, heads, width).
Tensor heads_of(const Tensor& x, int64_t width);
/// And back.
Tensor joined_heads(const Tensor& x);

/// Of (rows, tokens, width) what is asked: all, or (rows, width), the last of each row's new tokens.
Tensor asked_tokens(const Tensor& x, const DecodeInputs& inputs);
/// (rows, width): the first of them.
Tensor first_token(const Tensor& x);

/// bool (rows, 1, 1, keys) of an attention_mask (rows, keys), 0 for padding; undefined of an undefined one.
Tensor mask_of_keys(const Tensor& attention_mask);

/// dot_product_attention of heads; while training, a share `dropout` of the weights is dropped.
/// @param name  under which the weights are reported: "cross_attentions"
Tensor attend(const Tensor& query, const Tensor& key, const Tensor& value, const AttentionOptions& options,
              double dropout, const char* name, CallContext& context);

/// bool (rows, new tokens): the new tokens that are the row's; undefined where all are.
Tensor own_tokens(const DecodeInputs& inputs);
/// int32 (rows, new tokens): where the new tokens stand. Those that are not the row's stand where its last
/// one does.
Tensor places_of(const DecodeInputs& inputs);
/// bool (rows, 1, new tokens, keys): keys that are no later than each new token.
Tensor keys_so_far(const DecodeInputs& inputs, int64_t keys);

}  // namespace lamina::detail
