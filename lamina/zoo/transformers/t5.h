// T5: an encoder and a decoder that see everything as text to text.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "lamina/zoo/transformers/pretrained_model.h"

namespace lamina {

/// What computes T5, with the names and defaults of Hugging Face's T5Config.
struct T5Config {
  int64_t vocab_size = 32128;
  int64_t d_model = 512;
  int64_t d_kv = 64;  ///< width of a head
  int64_t d_ff = 2048;
  int64_t num_layers = 6;
  std::optional<int64_t> num_decoder_layers = {};  ///< absent: num_layers
  int64_t num_heads = 8;
  int64_t relative_attention_num_buckets = 32;
  int64_t relative_attention_max_distance = 128;
  double dropout_rate = 0.1;
  double layer_norm_epsilon = 1e-6;
  double initializer_factor = 1.0;
  /// "relu" (T5), "gated-gelu" (T5 1.1, Flan-T5, mT5), or another activation, gated or not.
  std::string feed_forward_proj = "relu";
  /// Whether the table of tokens gives the scores; T5 1.1 has a matrix for them.
  bool tie_word_embeddings = true;
  /// Whether what the scores are computed from is divided by sqrt(d_model) before; absent:
  /// tie_word_embeddings.
  std::optional<bool> scale_decoder_outputs = {};
  int64_t pad_token_id = 0;
  int64_t eos_token_id = 1;
  int64_t decoder_start_token_id = 0;

  /// Throws InvalidArgument for sizes below 1 and an activation that is not known.
  static T5Config from_json(const Json& json);
  Json to_json() const;
};

/// T5 for translation and whatever else is asked in words (Raffel et al., 2020, arXiv 1910.10683): logits
/// (batch, target, vocabulary) from inputs
///   input_ids               integers (batch, source)
///   attention_mask          (batch, source): 0 for padding; may be left out
///   decoder_input_ids       integers (batch, target): the target moved by one, beginning with
///   decoder_start_token_id
///   decoder_attention_mask  (batch, target); may be left out
/// given in that order. Trained by SparseCategoricalCrossentropy({.from_logits = true}). MT5 is the same
/// without the scale before the scores.
class T5ForConditionalGeneration final : public LayerOf<T5ForConditionalGeneration, PretrainedModel> {
 public:
  explicit T5ForConditionalGeneration(const T5Config& config, const ModelOptions& options = {});
  /// @param json  what config.json holds, which is kept
  T5ForConditionalGeneration(const T5Config& config, const Json& json, const ModelOptions& options);

  std::string class_name() const override;
  std::vector<ModelInput> takes() const override;
  std::vector<std::string> gives() const override { return {"logits"}; }
  std::vector<Tensor> compute(const std::vector<Tensor>& inputs, CallContext& context) const override;

  bool is_encoder_decoder() const override { return true; }
  std::vector<TensorType> cache_types(int64_t rows, int64_t length) const override;
  std::vector<Tensor> encode(const Tensor& ids, const Tensor& mask, CallContext& context) const override;
  Tensor decode(const DecodeInputs& inputs, detail::TokenCache& cache, CallContext& context) const override;

 protected:
  bool ignores(const std::string& name) const override;

 private:
  struct Parts;
  T5Config config_;
  std::shared_ptr<Parts> parts_;
};

/// The encoder alone: last_hidden_state (batch, source, d_model) from input_ids and attention_mask, which may
/// be left out.
class T5EncoderModel final : public LayerOf<T5EncoderModel, PretrainedModel> {
 public:
  explicit T5EncoderModel(const T5Config& config, const ModelOptions& options = {});
  /// @param json  what config.json holds, which is kept
  T5EncoderModel(const T5Config& config, const Json& json, const ModelOptions& options);

  std::string class_name() const override;
  std::vector<ModelInput> takes() const override;
  std::vector<std::string> gives() const override { return {"last_hidden_state"}; }
  std::vector<Tensor> compute(const std::vector<Tensor>& inputs, CallContext& context) const override;

 protected:
  bool ignores(const std::string& name) const override;

 private:
  struct Parts;
  T5Config config_;
  std::shared_ptr<Parts> parts_;
};

}  // namespace lamina
