// LabelledBatches: texts as tokens with labels, in batches of about one length.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "lamina/nn/batch_source.h"

namespace lamina {

namespace detail {
class LengthGroups;
}  // namespace detail

/// A text as a model takes it.
struct LabelledTokens {
  std::vector<int32_t> ids;
  std::vector<int32_t> labels;  ///< one, or with by_token one for each token; kIgnoredLabel does not count
};

/// Options of LabelledBatches.
struct LabelledBatchesOptions {
  int64_t rows = 32;        ///< texts of a batch
  int64_t length_step = 8;  ///< lengths are filled up to a multiple, so that few programs serve all
  int64_t longest = 0;      ///< but not beyond it: the model's context. 0: no end
  int32_t pad_token_id = 0;
  bool attention_mask = true;  ///< whether x has it
  bool by_token = false;       ///< whether each token has a label, or each text one
  bool shuffle = true;
};

/// x is {input_ids, attention_mask}, each int32 (rows, length), y int32 (rows, length), or (rows) where a
/// text has one label; for language_loss. Texts of about one length come together, and the batches in another
/// order in each epoch. The last batch is filled up with rows that do not count.
class LabelledBatches : public BatchSource {
 public:
  /// Throws InvalidArgument for no texts, one without tokens or with another number of labels than `by_token`
  /// asks for, and for rows or length_step below 1 and a
  /// negative longest.
  explicit LabelledBatches(std::vector<LabelledTokens> texts, const LabelledBatchesOptions& options = {});
  LabelledBatches(LabelledBatches&& other) noexcept;
  ~LabelledBatches() override;

  void begin(int epoch, uint64_t seed, int64_t first_step = 0) override;
  bool next(Batch& batch) override;
  std::optional<int64_t> steps() const override;
  std::optional<int64_t> samples() const override { return static_cast<int64_t>(texts_.size()); }
  Json identity() const override;
  /// Of the batch that came last, which text each row is; rows that do not count have none.
  const std::vector<size_t>& texts() const { return now_; }

 private:
  std::vector<LabelledTokens> texts_;
  LabelledBatchesOptions options_;
  std::unique_ptr<detail::LengthGroups> groups_;
  std::vector<size_t> now_;
};

}  // namespace lamina
