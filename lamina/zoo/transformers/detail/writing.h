// Writing: what generate(), read_prefix() and the engine do alike before the first token. Internal header.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "lamina/zoo/transformers/detail/decoder.h"
#include "lamina/zoo/transformers/detail/prompt_prefix.h"
#include "lamina/zoo/transformers/detail/text_writer.h"

namespace lamina::detail {

struct Writing {
  using Prompts = std::vector<std::vector<int32_t>>;

  /// The model's decoder. Throws Unsupported for a model that does not write text.
  static Decoder& decoder(const PretrainedModel& model, const std::string& cache);

  /// The padding token, or what stands for one.
  static int32_t padding_token(const GenerationConfig& config);

  /// Throws InvalidArgument for a prompt that cannot be.
  /// @param which  of several it is, for messages: "prompt 0"
  static void check_prompt(const PretrainedModel& model, std::span<const int32_t> prompt,
                           const std::string& which);

  /// What the decoder goes on with, and how far.
  /// @param longest  tokens of the longest of the prompts that are counted as one batch
  static TextPlan plan(const PretrainedModel& model, const GenerationConfig& config,
                       const std::vector<int32_t>& prompt, size_t longest);

  /// Rows for `prompts`, which read nothing yet but what `prefix`, if there is one, has read; and what is to
  /// be read of each plan, in `unread`.
  static DecoderState begin(const PretrainedModel& model, Decoder& decoder, const GenerationConfig& config,
                            const Prompts& prompts, const std::vector<TextPlan>& plans,
                            const PromptPrefix* prefix, NewTokens& unread);
};

}  // namespace lamina::detail
