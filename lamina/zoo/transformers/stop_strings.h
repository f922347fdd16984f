// Stop strings: texts at which a generation ends, wherever the borders of tokens lie.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "lamina/text/tokenizers/pretrained_tokenizer.h"

namespace lamina {

/// For GenerateOptions::stops: whether the text of the tokens so far has one of `strings` in it, which ended
/// with the last token. Throws InvalidArgument for an empty string.
std::function<bool(std::span<const int32_t> tokens)> stop_strings(const PretrainedTokenizer& tokenizer,
                                                                  const std::vector<std::string>& strings);

}  // namespace lamina
