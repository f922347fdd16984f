// --quantize and --group: in how many bits a language model keeps its weights.
#pragma once

#include <optional>
#include <string>

#include "command.h"
#include "lamina/zoo/transformers/pretrained_model.h"

namespace lamina::cli {

struct Precision {
  std::string quantize;
  std::optional<int> group;

  /// As the model is loaded. Throws UsageError for a group without --quantize.
  PretrainedOptions options() const;
};

void add_precision(Command& command, Precision& precision);

}  // namespace lamina::cli
