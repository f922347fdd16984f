// Decoder: a model's encode() and decode() as compiled steps, with caches that are written in place. Internal
// header.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "lamina/core/compile.h"
#include "lamina/nn/detail/stored_weights.h"
#include "lamina/zoo/transformers/detail/token_cache.h"
#include "lamina/zoo/transformers/pretrained_model.h"

namespace lamina::detail {

/// New tokens of each row; none where a row rests.
using NewTokens = std::vector<std::vector<int32_t>>;

/// What texts in progress hold, a row for each. Rows know nothing of one another: each has read as many
/// tokens as it has.
struct DecoderState {
  std::vector<Tensor> cache;     ///< as the decoder's layout says
  std::vector<Tensor> memory;    ///< of the sources, a row for each row
  std::vector<int64_t> lengths;  ///< tokens that each row has read. To lower one is to go back.
  int64_t room = 0;              ///< tokens that each row has places for; it grows
  int64_t most = 0;              ///< tokens that a row will have read at the end; 0: not known
  int64_t steps = 0, read = 0;   ///< steps of the model, and tokens that were read in them
  std::vector<Tensor> outputs;   ///< the logits of the last step
  std::vector<float> gathered;   ///< logits of rows that were done before the last step

  int64_t rows() const { return static_cast<int64_t>(lengths.size()); }
  uint64_t cache_bytes() const;
};

/// Shared by all threads that generate with one model and one kind of cache: programs are made once for each
/// size.
class Decoder {
 public:
  /// Throws InvalidArgument for a kind of cache that is not known.
  Decoder(const PretrainedModel& model, const StepWeights::Stored& stored, const std::string& cache);

  const CacheLayout& layout() const { return layout_; }
  /// What the steps take of the model's weights now.
  std::vector<Tensor> weights() const;

  /// The memory of the sources (prompts of an encoder-decoder), a row for each.
  std::vector<Tensor> encode(const PretrainedModel& model, const std::vector<std::vector<int32_t>>& sources,
                             int64_t pad);
  /// Throws InvalidArgument, with the bytes, where memory for so many rows of so many tokens cannot be had.
  void check_memory(const PretrainedModel& model, double rows, int64_t length) const;
  /// Rows that have read nothing.
  /// @param most  tokens that a row will have read at the end; 0: not known
  DecoderState begin(const PretrainedModel& model, int64_t rows, int64_t most);
  /// Reads the next tokens of each row, and gives the logits (rows, vocabulary) of what follows; of rows that
  /// rest they say nothing. Throws InvalidArgument where memory for so many rows and tokens cannot be had.
  std::span<const float> step(const PretrainedModel& model, DecoderState& state, const NewTokens& tokens);
  /// The same, of `count` tokens of each row at most, with the logits (rows, count, vocabulary) of what
  /// follows each of them.
  std::span<const float> step_each(const PretrainedModel& model, DecoderState& state, const NewTokens& tokens,
                                   size_t count);
  /// Row number i goes on as row rows[i] did; -1: it waits for place(). There may be more rows than before,
  /// or less; of as many, each keeps the source that it has.
  void select(const PretrainedModel& model, DecoderState& state, const std::vector<int32_t>& rows);
  /// Row number `row` goes on as the only row of `one` does.
  void place(const PretrainedModel& model, DecoderState& state, int64_t row, DecoderState one);
  /// Programs made so far.
  int programs() const;

 private:
  std::vector<Tensor> decoded(std::span<const Tensor> given, bool each);
  void run(Step& step, const PretrainedModel& model, DecoderState& state, const NewTokens& tokens,
           size_t done, size_t count, std::span<const int64_t> ends);
  void make_room(const PretrainedModel& model, DecoderState& state, int64_t places);

  StepWeights weights_;
  CacheLayout layout_;
  Step encode_, decode_, decode_each_, reorder_, place_;
  std::mutex making_;
  std::unique_ptr<Step> place_memory_;  // made when it is known of how many tensors a memory is
};

}  // namespace lamina::detail
