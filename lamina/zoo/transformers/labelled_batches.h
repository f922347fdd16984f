// LabelledBatches: texts as tokens with labels, in batches of about one length.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "lamina/nn/batch_source.h"

namespace lamina {

namespace detail {
class LengthGroups;
struct LengthGroup;
}  // namespace detail

/// A text as a model takes it.
struct LabelledTokens {
  std::vector<int32_t> ids;
  /// One, or with by_token one for each token; kIgnoredLabel does not count.
  std::vector<int32_t> labels = {};
  /// Numbers in place of labels, as many for each text; NaN does not count.
  std::vector<float> targets = {};
  /// Which text of a pair each token is of, where the model is told: of all texts, or of none.
  std::vector<int32_t> token_type_ids = {};
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

/// x is {input_ids, attention_mask}, and token_type_ids where texts have them, each int32 (rows, length); y
/// int32 (rows, length), or (rows) where a text has one label, for language_loss; or float32 (rows, targets).
/// Texts of about one length come together, and the batches in another order in each epoch. The last batch is
/// filled up with rows that do not count.
class LabelledBatches : public BatchSource {
 public:
  /// Throws InvalidArgument for no texts, one without tokens, with another number of labels than `by_token`
  /// asks for, or with other numbers of targets or types than the first, for token_type_ids without
  /// attention_mask, and for rows or length_step below 1 and a negative longest.
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
  Tensor targets(const detail::LengthGroup& group) const;

  std::vector<LabelledTokens> texts_;
  LabelledBatchesOptions options_;
  bool types_ = false;
  std::unique_ptr<detail::LengthGroups> groups_;
  std::vector<size_t> now_;
};

}  // namespace lamina
