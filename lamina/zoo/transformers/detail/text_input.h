// Texts as a model of classes takes them: cut to what it can look at, and what it says of them. Internal
// header.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "lamina/text/tokenizers/pretrained_tokenizer.h"
#include "lamina/zoo/transformers/labelled_batches.h"
#include "lamina/zoo/transformers/pretrained_model.h"
#include "lamina/zoo/transformers/text_inputs.h"

namespace lamina::detail {

/// Throws InvalidArgument for a model without such classes ("ForSequenceClassification") and a tokenizer with
/// more tokens than it knows.
void check_classes_of(const PretrainedModel& model, const PretrainedTokenizer& tokenizer,
                      const std::string& ending);
/// Throws InvalidArgument for a tokenizer with more tokens than the model knows.
void check_belong(const PretrainedModel& model, const PretrainedTokenizer& tokenizer);
/// Tokens of a text at most: `wanted` (0: any number), no more than model and tokenizer say.
int64_t most_tokens(const PretrainedModel& model, const PretrainedTokenizer& tokenizer, int64_t wanted);
/// A number of tokens that texts may be cut to. Throws InvalidArgument for a negative one.
int64_t checked_length(int64_t tokens);
/// Writes the tokenizer's files, with `most` as the model_max_length that readers of the folder cut texts to;
/// 0: with what the tokenizer says.
void save_tokenizer(const PretrainedTokenizer& tokenizer, const std::string& folder, int64_t most);
/// What short texts are filled up with.
int32_t padding_of(const PretrainedModel& model, const PretrainedTokenizer& tokenizer);
/// The texts' tokens, those of a pair together, at most `most` each (0: any number) with what the tokenizer
/// puts around them. A warning tells how many were cut. Throws InvalidArgument for another number of second
/// texts than texts.
std::vector<Encoding> encoded(const PretrainedTokenizer& tokenizer, const TextInputs& texts, int64_t most,
                              EncodeOptions options);
/// Warns that `cut` of `all` texts were cut to `most` tokens, unless none was.
void tell_cut(size_t cut, size_t all, int64_t most, const char* where);

/// The mean over all labels that count.
struct LabelScore {
  double loss = 0;      ///< cross-entropy, in nats
  double accuracy = 0;  ///< share of those that were the likeliest
};
/// Of one pass over the batches, whose labels are for language_loss.
/// @param seen  called with the scores of each batch, if it is given
LabelScore score_of(const PretrainedModel& model, BatchSource& batches,
                    const std::function<void(const Tensor& scores)>& seen = {});

/// The number of a text, and what the model gives for it: (classes), or (tokens, classes), padding included.
using SeenScores = std::function<void(size_t text, std::span<const float> scores)>;
/// Calls `seen` for each text of the batch that came last, which has these scores.
void each_row(const LabelledBatches& batches, const Tensor& scores, const SeenScores& seen);
/// The same for all texts, given as tokens; of those nothing is learned, so that they need no labels.
void each_score(const PretrainedModel& model, std::vector<LabelledTokens> texts, int32_t padding,
                const SeenScores& seen);

}  // namespace lamina::detail
