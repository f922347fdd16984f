// Scaled dot-product attention.
#pragma once

#include <optional>

#include "lamina/core/tensor.h"

namespace lamina {

struct AttentionOptions {
  /// Added to the scores before the softmax; broadcasts to (batch, heads, queries, keys).
  Tensor bias = {};
  /// bool, broadcasts to (batch, heads, queries, keys): where false, the key does not count. A query without
  /// any key gets the mean of all values.
  Tensor mask = {};
  /// Of the products of queries and keys; 1 / sqrt(width) when not given.
  std::optional<double> scale = {};
  /// Query i looks at keys 0 to i only.
  bool is_causal = false;
};

/// softmax(query key^T * scale) value, per head: queries (batch, queries, heads, width), keys and values
/// (batch, keys, key heads, width) give (batch, queries, heads, width). Each key head serves heads / key
/// heads neighbouring heads of queries (grouped-query attention).
///
/// All three are floating and of one dtype; the softmax of float16 and bfloat16 is computed in float32.
/// Throws InvalidArgument, naming the shapes, where they do not fit. As keras.ops.dot_product_attention.
Tensor dot_product_attention(const Tensor& query, const Tensor& key, const Tensor& value,
                             const AttentionOptions& options = {});

}  // namespace lamina
