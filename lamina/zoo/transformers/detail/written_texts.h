// What a model writes for many prompts, as texts. Internal header.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "lamina/text/tokenizers/pretrained_tokenizer.h"
#include "lamina/zoo/transformers/pretrained_model.h"

namespace lamina::detail {

/// One text for each of `prompts`, which are asked in batches of about one length.
/// @param options  num_return_sequences, on_token and stops are not for it
std::vector<std::string> written_texts(const PretrainedModel& model, const PretrainedTokenizer& tokenizer,
                                       const std::vector<std::vector<int32_t>>& prompts,
                                       const GenerateOptions& options);

}  // namespace lamina::detail
