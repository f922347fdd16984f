// Every batch has the same size, so that one program serves all: with shuffle, blocks that fill no batch wait
// for another epoch.
#include "lamina/zoo/transformers/text_blocks.h"

#include <algorithm>
#include <random>
#include <string>

#include "lamina/base/error.h"
#include "lamina/zoo/detail/shuffle.h"
#include "lamina/zoo/transformers/language_loss.h"

namespace lamina {

TextBlocks::TextBlocks(std::vector<int32_t> tokens, const TextBlocksOptions& options)
    : tokens_(std::move(tokens)), options_(options) {
  if (options.length < 1 || options.rows < 1)
    throw InvalidArgument("TextBlocks: length and rows must be at least 1");
  const auto count = static_cast<int64_t>(tokens_.size());
  if (count < (options.shuffle ? options.length + 1 : 2))
    throw InvalidArgument("TextBlocks: the text has " + std::to_string(count) + " tokens; at least " +
                          std::to_string(options.shuffle ? options.length + 1 : 2) +
                          " are needed: a block, and the token behind it");
  const int64_t pairs = count - 1;  // of a token and the next
  blocks_ = options.shuffle ? pairs / options.length : (pairs + options.length - 1) / options.length;
  steps_ = options.shuffle ? std::max<int64_t>(1, blocks_ / options.rows)
                           : (blocks_ + options.rows - 1) / options.rows;
}

void TextBlocks::begin(int epoch, uint64_t seed, int64_t first_step) {
  starts_.clear();
  at_ = first_step * options_.rows;
  if (!options_.shuffle) {
    for (int64_t i = 0; i < blocks_; ++i) starts_.push_back(i * options_.length);
    return;
  }
  std::mt19937_64 random(seed * 0x9E3779B97F4A7C15u + static_cast<uint64_t>(epoch));
  const auto pairs = static_cast<int64_t>(tokens_.size()) - 1;
  const auto first = static_cast<int64_t>(random() % static_cast<uint64_t>(options_.length));
  for (int64_t start = first; start + options_.length <= pairs; start += options_.length)
    starts_.push_back(start);
  if (starts_.empty()) starts_.push_back(0);
  detail::shuffle(starts_, random);
  // A shift may cost a block, and a text may have fewer than a batch.
  const auto needed = static_cast<size_t>(steps_ * options_.rows), there = starts_.size();
  for (size_t i = 0; starts_.size() < needed; ++i) starts_.push_back(starts_[i % there]);
}

bool TextBlocks::next(Batch& batch) {
  const int64_t rows = options_.rows, length = options_.length;
  if (at_ >= steps_ * rows) return false;
  std::vector<int32_t> ids(static_cast<size_t>(rows * length), 0), labels(ids.size(), kIgnoredLabel);
  for (int64_t row = 0; row < rows && at_ + row < static_cast<int64_t>(starts_.size()); ++row) {
    const int64_t start = starts_[static_cast<size_t>(at_ + row)];
    const int64_t count = std::min(length, static_cast<int64_t>(tokens_.size()) - 1 - start);
    const auto from = tokens_.begin() + start;
    std::copy(from, from + count, ids.begin() + row * length);
    std::copy(from + 1, from + 1 + count, labels.begin() + row * length);
  }
  at_ += rows;
  batch.x = Tensors({Tensor::from(ids, {rows, length})});
  batch.y = Tensor::from(labels, {rows, length});
  batch.sample_weight = Tensors();
  return true;
}

Json TextBlocks::identity() const {
  uint64_t hash = 0xcbf29ce484222325u;  // FNV-1a
  for (const int32_t token : tokens_) hash = (hash ^ static_cast<uint32_t>(token)) * 0x100000001b3u;
  return Json::object({{"tokens", static_cast<int64_t>(tokens_.size())},
                       {"text", std::to_string(hash)},
                       {"length", options_.length},
                       {"rows", options_.rows},
                       {"shuffle", options_.shuffle}});
}

}  // namespace lamina
