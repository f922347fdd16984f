// Decoder: a model's encode() and decode() as compiled steps, with caches that are written in place. Internal
// header.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "lamina/core/compile.h"
#include "lamina/nn/detail/stored_weights.h"
#include "lamina/zoo/transformers/pretrained_model.h"

namespace lamina::detail {

/// What a generation in progress holds.
struct DecoderState {
  std::vector<Tensor> cache;
  std::vector<Tensor> memory;   ///< of the source, a row for each row
  Tensor padding;               ///< int32 (rows); none where rows have no padding
  std::vector<Tensor> outputs;  ///< the logits of the last step
  int64_t position = 0;         ///< of the next token
  int64_t length = 0;           ///< positions that there is room for
};

/// Shared by all threads that generate with one model: programs are made once for each size.
class Decoder {
 public:
  Decoder(const PretrainedModel& model, const StepWeights::Stored& stored);

  /// The memory of the sources (prompts of an encoder-decoder), each row `copies` times.
  std::vector<Tensor> encode(const PretrainedModel& model, const std::vector<std::vector<int32_t>>& sources,
                             int64_t pad, int64_t copies);
  /// Room for `rows` rows and at least so many positions.
  DecoderState begin(const PretrainedModel& model, int64_t rows, int64_t positions);
  /// Takes the next tokens, `ids` row by row, as many for each, and gives the logits (rows, vocabulary) of
  /// what follows.
  std::span<const float> step(const PretrainedModel& model, DecoderState& state,
                              std::span<const int32_t> ids);
  /// Row number i goes on as row rows[i] did.
  void reorder(const PretrainedModel& model, DecoderState& state, const std::vector<int32_t>& rows);
  /// Programs made so far.
  int programs() const;

 private:
  StepWeights weights_;
  size_t caches_ = 0;
  Step encode_, decode_, reorder_;
};

}  // namespace lamina::detail
