// Loading a model below a new head: for texts and tokens of classes of one's own.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "lamina/zoo/transformers/pretrained_model.h"

namespace lamina {

/// The head that a model is wanted with.
struct HeadOptions {
  /// Names of the classes, in their order. Empty: those that the folder has. A folder with a head for the
  /// same names, in whatever order, keeps head and order; for any other names the head is new.
  std::vector<std::string> labels = {};
  /// What the scores of texts stand for: a word of problem_type in config.json (label_losses.h), which goes
  /// into it. Empty: what it says.
  std::string problem_type = {};
  /// What texts are filled up with, where config.json does not say: decoders need it to see where a text
  /// ends.
  std::optional<int32_t> pad_token_id = {};
  uint64_t seed = 0;  ///< of the first values of what is new, and of the model (ModelOptions::seed)
};

/// What a folder and the model that was wanted of it do not have in common.
struct HeadReport {
  std::vector<std::string> created;  ///< tensors with new values, which mean nothing before they are trained
  std::vector<std::string> unused;   ///< tensors of the folder's own head
};

/// ...ForSequenceClassification of a folder's model, whatever head the folder has: BERT, RoBERTa, DistilBERT,
/// GPT-2, LLaMA, Mistral, Qwen2 and Qwen3. A warning names the tensors that are new and those that are not
/// used, as Transformers does; `report` has them in full.
///
/// Throws what AutoModel::from_pretrained throws, tensors of the head being the only ones that may be
/// missing; FileError for an architecture without such a class; InvalidArgument for labels that are fewer
/// than two (of "regression" a single one will do), blank or the same twice, and for none where the folder
/// has no such head.
struct AutoModelForSequenceClassification {
  static std::shared_ptr<PretrainedModel> from_pretrained(const std::string& folder,
                                                          const HeadOptions& options = {},
                                                          HeadReport* report = nullptr);
};

/// The same for ...ForTokenClassification: BERT, RoBERTa and DistilBERT.
struct AutoModelForTokenClassification {
  static std::shared_ptr<PretrainedModel> from_pretrained(const std::string& folder,
                                                          const HeadOptions& options = {},
                                                          HeadReport* report = nullptr);
};

}  // namespace lamina
