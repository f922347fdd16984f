// LoraConfig: fine-tuning by narrow matrices.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace lamina {

/// Options of PretrainedModel::add_adapter, with PEFT's names and defaults.
struct LoraConfig {
  int64_t r = 8;            ///< rank: columns of one matrix and rows of the other
  double lora_alpha = 8;    ///< products are multiplied by lora_alpha / r
  double lora_dropout = 0;  ///< of what goes into them, while training
  /// Last parts of the names of matrices: {"q", "v"} of T5, {"q_proj", "v_proj"} of LLaMA, {"c_attn"} of
  /// GPT-2, {"query", "value"} of BERT. Empty: those, by the model's type.
  std::vector<std::string> target_modules = {};
  /// Parts that are trained as they are, beside the narrow matrices: names that stand between the dots of a
  /// module's name. Names that nothing has say nothing, as in PEFT.
  /// Nothing given: {"classifier", "score"}, the heads of models that classify texts and tokens.
  std::optional<std::vector<std::string>> modules_to_save = {};
};

}  // namespace lamina
