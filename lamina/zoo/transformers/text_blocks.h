// TextBlocks: one long text as tokens, in blocks of one length, to learn the next token everywhere.
#pragma once

#include <cstdint>
#include <vector>

#include "lamina/nn/batch_source.h"

namespace lamina {

/// Options of TextBlocks.
struct TextBlocksOptions {
  int64_t length = 128;  ///< tokens of a block
  int64_t rows = 32;     ///< blocks of a batch
  /// Blocks in another order in each epoch, cut at other places; what is left over at both ends, less than a
  /// block, is not seen in that epoch. Else all tokens in their order, the last batch filled up with labels
  /// that do not count.
  bool shuffle = true;
};

/// x is {input_ids}, int32 (rows, length), y the tokens that follow each of them.
class TextBlocks : public BatchSource {
 public:
  /// @param tokens  of the text. Throws InvalidArgument for fewer than 2, and with shuffle for fewer than a
  ///                block and the token behind it.
  explicit TextBlocks(std::vector<int32_t> tokens, const TextBlocksOptions& options = {});

  void begin(int epoch, uint64_t seed, int64_t first_step = 0) override;
  bool next(Batch& batch) override;
  std::optional<int64_t> steps() const override { return steps_; }
  std::optional<int64_t> samples() const override { return blocks_; }
  Json identity() const override;

 private:
  std::vector<int32_t> tokens_;
  TextBlocksOptions options_;
  int64_t blocks_ = 0, steps_ = 0, at_ = 0;
  std::vector<int64_t> starts_;  // of the blocks of this epoch
};

}  // namespace lamina
