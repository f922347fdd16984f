// Speculation: a draft proposes tokens, the model reads them together. Internal header.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "lamina/zoo/transformers/detail/writing.h"

namespace lamina::detail {

/// The draft's side of one generation (Leviathan et al., 2023, arXiv 2211.17192).
class Speculation {
 public:
  /// Throws InvalidArgument for a draft that does not go with the model.
  /// @param prompts  of each row; plans as the model's
  Speculation(const PretrainedModel& model, const Decoder& decoder, const GenerationConfig& config,
              const GenerateOptions& options, const Writing::Prompts& prompts,
              const std::vector<TextPlan>& plans);

  /// All texts that are not over go on by one token at least. The model, with `state`, has read all of each
  /// text but its last token, and has so afterwards.
  /// @param wrote  called with each row that has one token more; false: all ends
  bool round(const PretrainedModel& model, Decoder& decoder, DecoderState& state,
             std::vector<TextWriter>& writers, const std::function<bool(size_t row)>& wrote);

  int64_t drafted = 0, accepted = 0;

 private:
  /// What the draft says of each text, and the probabilities with which it drew that.
  struct Proposal {
    std::vector<int32_t> tokens;
    std::vector<std::vector<float>> probabilities;
  };
  std::vector<Proposal> propose(std::vector<TextWriter>& writers);

  const PretrainedModel& draft_;
  Decoder& decoder_;
  size_t count_;
  DecoderState state_;
};

}  // namespace lamina::detail
