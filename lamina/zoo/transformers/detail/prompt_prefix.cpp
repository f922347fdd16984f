// The weights are held, so that nobody writes over them: they are others when they lie elsewhere.
#include "lamina/zoo/transformers/detail/prompt_prefix.h"

#include <algorithm>
#include <utility>

#include "lamina/base/error.h"

namespace lamina {

PromptPrefix::PromptPrefix(std::vector<int32_t> tokens, detail::DecoderState read,
                           std::vector<Tensor> weights, std::string cache)
    : tokens_(std::move(tokens)),
      read_(std::move(read)),
      weights_(std::move(weights)),
      cache_(std::move(cache)) {}

void PromptPrefix::check(const detail::Decoder& decoder) const {
  if (decoder.layout().kind() != cache_)
    throw InvalidArgument("generate: the prefix was read with cache '" + cache_ + "', and cache is '" +
                          decoder.layout().kind() + "'; read it with the same");
  const std::vector<Tensor> now = decoder.weights();
  bool same = now.size() == weights_.size();
  for (size_t i = 0; i < now.size() && same; ++i) same = now[i].buffer() == weights_[i].buffer();
  if (!same)
    throw InvalidArgument(
        "generate: the prefix was read by another model, or before its weights changed; read it anew");
}

size_t PromptPrefix::shared_with(std::span<const int32_t> prompt, int64_t steady,
                                 const detail::CacheLayout& layout) const {
  if (steady > 0 && static_cast<int64_t>(prompt.size()) > steady) return 0;
  const size_t most = std::min(tokens_.size(), prompt.size() - 1);
  const auto there = static_cast<size_t>(
      std::mismatch(tokens_.begin(), tokens_.begin() + static_cast<std::ptrdiff_t>(most), prompt.begin())
          .first -
      tokens_.begin());
  return layout.goes_back() || there == tokens_.size() ? there : 0;
}

}  // namespace lamina
