// CausalAttention: what tokens see of those before them, all at once or by way of a cache. Internal header.
#pragma once

#include <optional>
#include <vector>

#include "lamina/nn/call_context.h"
#include "lamina/zoo/transformers/detail/token_cache.h"
#include "lamina/zoo/transformers/pretrained_model.h"

namespace lamina::detail {

/// What differs between layers.
struct CausalOptions {
  std::optional<double> scale = {};  ///< of the products; 1 / sqrt(width) when not given
  double dropout = 0;
  int64_t window = 0;               ///< tokens that each one sees, itself included; 0: all before it
  Tensor bias = {};                 ///< added to the scores
  const char* name = "attentions";  ///< under which the weights are reported
};

/// One pass through the layers of a decoder.
class CausalAttention {
 public:
  /// Over `tokens` tokens at once.
  /// @param mask  bool (rows, 1, 1, tokens), false for padding; undefined: there is none
  CausalAttention(int64_t tokens, Tensor mask);
  /// Over new tokens behind those whose keys and values are in `cache`, two for each layer.
  CausalAttention(const DecodeInputs& inputs, TokenCache& cache);

  /// Where the tokens stand: int32 (rows, tokens), or (1, tokens) for all rows.
  const Tensor& positions() const { return positions_; }
  /// How long the texts are, int32 (rows, 1 or tokens); undefined where the positions say it.
  const Tensor& lengths() const { return inputs_.lengths; }
  /// Keys that the queries may see: how many.
  int64_t keys() const { return keys_; }
  /// Heads (rows, tokens, heads, width) of what layer number `layer` attends to.
  Tensor operator()(size_t layer, const Tensor& query, const Tensor& key, const Tensor& value,
                    const CausalOptions& options, CallContext& context) const;

 private:
  Tensor mask_;  // of keys while there is no cache
  DecodeInputs inputs_;
  TokenCache* cache_ = nullptr;
  int64_t keys_ = 0;
  Tensor positions_;
};

/// The types of such a cache: keys and values for each layer.
std::vector<TensorType> causal_cache(size_t layers, DType dtype, const Shape& heads);

}  // namespace lamina::detail
