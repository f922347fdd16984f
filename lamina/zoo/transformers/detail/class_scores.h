// ClassScores: the head of a decoder that classifies texts. Internal header.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "lamina/zoo/transformers/detail/modules.h"

namespace lamina::detail {

/// What stands on a decoder.
enum class CausalTask { kNone, kTokens, kClasses };

/// A matrix without bias on what the decoder makes of the last token of a text that is no padding.
class ClassScores {
 public:
  /// @param json  config.json: the number of labels, and pad_token_id
  /// @param name  of the configuration, for messages
  ClassScores(const ModuleScope& scope, const Json& json, const std::string& name, int64_t width);
  /// (rows, labels) of x (rows, tokens, width) and ids (rows, tokens). Throws InvalidArgument for several
  /// rows where no pad_token_id says where they end.
  Tensor operator()(const Tensor& x, const Tensor& ids, CallContext& context) const;

 private:
  std::shared_ptr<Linear> score_;
  std::optional<int64_t> padding_;
};

}  // namespace lamina::detail
