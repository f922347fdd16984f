// What the record and the kernels of attention share. Internal header.
#pragma once

#include "lamina/ops/attention.h"

namespace lamina::detail {

/// Attributes of op `dot_product_attention`.
struct AttentionAttrs {
  double scale = 1;
  bool is_causal = false;  ///< query i looks at keys 0 to i
  bool weights = true;     ///< whether the softmax is an output, too, as derivatives want it
  bool operator==(const AttentionAttrs&) const = default;
  static void fields(auto& self, auto&& visit) {
    visit("scale", self.scale);
    visit("is_causal", self.is_causal);
    visit("weights", self.weights);
  }
};

/// What a masked key scores. Far below any score, but finite in float32: a row of nothing else still has a
/// softmax. As Keras.
constexpr double kMaskedScore = -0.7 * 3.4028234663852886e38;

// What dot_product_attention is made of, for what lies between the two halves.

/// The softmax of the scores: (batch, heads, queries, keys), at least float32.
Tensor attention_weights(const Tensor& query, const Tensor& key, const AttentionOptions& options);
/// The sums of the values by their weights: (batch, queries, heads, width).
Tensor weighted_values(const Tensor& weights, const Tensor& value);

}  // namespace lamina::detail
