// PromptPrefix: the beginning of prompts, read once. Internal header: users only hold one.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "lamina/zoo/transformers/detail/decoder.h"

namespace lamina {

class PromptPrefix {
 public:
  /// @param read  one row, which has read `tokens`
  PromptPrefix(std::vector<int32_t> tokens, detail::DecoderState read, std::vector<Tensor> weights,
               std::string cache);

  /// Throws InvalidArgument where another model read it, the same with other weights, or with another kind of
  /// cache.
  void check(const detail::Decoder& decoder) const;
  /// How many tokens of `prompt` need not be read, at least one being left.
  /// @param steady  as PretrainedModel::steady_length() has it
  size_t shared_with(std::span<const int32_t> prompt, int64_t steady,
                     const detail::CacheLayout& layout) const;
  /// A copy of the row.
  const detail::DecoderState& state() const { return read_; }

 private:
  std::vector<int32_t> tokens_;
  detail::DecoderState read_;
  std::vector<Tensor> weights_;
  std::string cache_;
};

}  // namespace lamina
