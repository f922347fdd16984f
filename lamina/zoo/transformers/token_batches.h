// TokenBatches: texts as tokens, in batches of about as many tokens each.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "lamina/nn/batch_source.h"

namespace lamina {

namespace detail {
struct LengthGroup;
class LengthGroups;
}  // namespace detail

/// Options of TokenBatches.
struct TokenBatchesOptions {
  int64_t tokens = 4096;     ///< of a batch, padding included: of sources or targets, whichever are more
  int64_t rows = 0;          ///< pairs of a batch, whatever their length; 0: as `tokens` says
  int64_t length_step = 4;   ///< lengths are filled up to a multiple, so that few programs serve all, but not
                             ///< beyond max_length
  int64_t max_length = 128;  ///< longer texts are cut off
  int32_t pad_token_id = 0;
  int32_t decoder_start_token_id = 0;  ///< what targets begin with for the decoder
  bool shuffle = true;
};

/// Pairs of texts for an encoder-decoder: x is {input_ids, attention_mask, decoder_input_ids}, each int32
/// (rows, length), y the labels, -100 where there is padding (lamina/zoo/transformers/language_loss.h). Texts
/// of about one length come together, and the batches in another order in each epoch.
class TokenBatches : public BatchSource {
 public:
  /// @param sources  ids with the token that ends a text
  /// @param targets  as many. Throws InvalidArgument otherwise, and for empty texts.
  TokenBatches(std::vector<std::vector<int32_t>> sources, std::vector<std::vector<int32_t>> targets,
               const TokenBatchesOptions& options = {});
  TokenBatches(TokenBatches&& other) noexcept;
  ~TokenBatches() override;

  void begin(int epoch, uint64_t seed, int64_t first_step = 0) override;
  bool next(Batch& batch) override;
  std::optional<int64_t> steps() const override;
  std::optional<int64_t> samples() const override { return static_cast<int64_t>(sources_.size()); }
  Json identity() const override;
  /// Of all sources and targets together, padding left out.
  int64_t tokens() const;

 private:
  void fill(const detail::LengthGroup& group, Batch& batch) const;

  std::vector<std::vector<int32_t>> sources_, targets_;
  TokenBatchesOptions options_;
  std::unique_ptr<detail::LengthGroups> groups_;
};

}  // namespace lamina
