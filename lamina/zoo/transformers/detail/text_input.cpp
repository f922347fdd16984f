// Long texts lose their ends.
#include "lamina/zoo/transformers/detail/text_input.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "lamina/base/error.h"
#include "lamina/base/files.h"
#include "lamina/base/log.h"
#include "lamina/zoo/transformers/language_loss.h"

namespace lamina::detail {

void check_belong(const PretrainedModel& model, const PretrainedTokenizer& tokenizer) {
  if (tokenizer.size() > model.vocab_size())
    throw InvalidArgument("the tokenizer has " + std::to_string(tokenizer.size()) +
                          " tokens, and the model knows " + std::to_string(model.vocab_size()) +
                          ": they do not belong together");
}

void check_classes_of(const PretrainedModel& model, const PretrainedTokenizer& tokenizer,
                      const std::string& ending) {
  if (!model.class_name().ends_with(ending))
    throw InvalidArgument(model.class_name() + " was given where a model ..." + ending + " was expected");
  check_belong(model, tokenizer);
}

int64_t most_tokens(const PretrainedModel& model, const PretrainedTokenizer& tokenizer, int64_t wanted) {
  int64_t most = model.context_length();
  for (const int64_t other : {tokenizer.model_max_length().value_or(0), wanted}) {
    if (other > 0) most = most > 0 ? std::min(most, other) : other;
  }
  return most;
}

int64_t checked_length(int64_t tokens) {
  if (tokens < 0)
    throw InvalidArgument("texts are cut to a number of tokens, or to 0 for no end of their own; got " +
                          std::to_string(tokens));
  return tokens;
}

void save_tokenizer(const PretrainedTokenizer& tokenizer, const std::string& folder, int64_t most) {
  tokenizer.save_pretrained(folder);
  if (most == 0) return;
  constexpr uint64_t kMostBytes = uint64_t{256} << 20;
  const std::string file = folder + "/tokenizer_config.json";
  Json config = Json::parse(read_file(file, kMostBytes), file, kMostBytes);
  config["model_max_length"] = most;
  write_file(file, config.dump(2) + "\n");
}

int32_t padding_of(const PretrainedModel& model, const PretrainedTokenizer& tokenizer) {
  const Json* const said = model.config_json().find("pad_token_id");
  if (said && said->is_int()) return static_cast<int32_t>(said->as_int());
  return tokenizer.pad_token_id().value_or(0);
}

void tell_cut(size_t cut, size_t all, int64_t most, const char* where) {
  if (cut > 0)
    warn(std::to_string(cut) + " of " + std::to_string(all) + " texts have more than " +
         std::to_string(most) + " tokens: what is " + where + " is not seen");
}

std::vector<Encoding> encoded(const PretrainedTokenizer& tokenizer, const TextInputs& texts, int64_t most,
                              EncodeOptions options) {
  const bool paired = !texts.pairs.empty();
  if (paired && texts.pairs.size() != texts.size())
    throw InvalidArgument("there are " + std::to_string(texts.size()) + " texts and " +
                          std::to_string(texts.pairs.size()) + " second ones: pairs were expected");
  options.truncation = "do_not_truncate";
  options.padding = "do_not_pad";
  std::vector<Encoding> all;
  if (paired) {
    std::vector<std::pair<std::string, std::string>> both;
    for (size_t i = 0; i < texts.size(); ++i) both.emplace_back(texts.texts[i], texts.pairs[i]);
    all = tokenizer.encode_batch(both, options);
  } else {
    all = tokenizer.encode_batch(texts.texts, options);
  }
  options.truncation = "longest_first";
  options.max_length = most;
  size_t cut = 0;
  for (size_t i = 0; i < all.size(); ++i) {
    if (most == 0 || static_cast<int64_t>(all[i].size()) <= most) continue;
    all[i] = paired ? tokenizer.encode(texts.texts[i], texts.pairs[i], options)
                    : tokenizer.encode(texts.texts[i], options);
    ++cut;
  }
  tell_cut(cut, all.size(), most, "behind them");
  return all;
}

LabelScore score_of(const PretrainedModel& model, BatchSource& batches,
                    const std::function<void(const Tensor& scores)>& seen) {
  LabelScore sum;
  double all = 0;
  Batch batch;
  batches.begin(0, 0);
  while (batches.next(batch)) {
    const std::vector<int32_t> labels = batch.y[0].to_vector<int32_t>();
    const auto ignored = std::count(labels.begin(), labels.end(), kIgnoredLabel);
    const auto count = static_cast<double>(static_cast<std::ptrdiff_t>(labels.size()) - ignored);
    const Tensor scores = model.run(batch.x)[0];
    if (seen) seen(scores);
    sum.loss += count * language_loss(batch.y[0], scores).item<float>();
    sum.accuracy += std::round(count * language_accuracy(batch.y[0], scores).item<float>());  // a count
    all += count;
  }
  if (all > 0) sum = {sum.loss / all, sum.accuracy / all};
  return sum;
}

void each_row(const LabelledBatches& batches, const Tensor& scores, const SeenScores& seen) {
  const std::vector<float> values = scores.to_vector<float>();
  const size_t each = values.size() / static_cast<size_t>(scores.shape()[0]);
  for (size_t row = 0; row < batches.texts().size(); ++row)
    seen(batches.texts()[row], std::span(values).subspan(row * each, each));
}

void each_score(const PretrainedModel& model, std::vector<LabelledTokens> texts, int32_t padding,
                const SeenScores& seen) {
  if (texts.empty()) return;
  for (LabelledTokens& text : texts) text.labels = {kIgnoredLabel};
  const auto rows = static_cast<int64_t>(std::min<size_t>(texts.size(), 32));
  LabelledBatches batches(
      std::move(texts),
      {.rows = rows, .longest = model.context_length(), .pad_token_id = padding, .shuffle = false});
  batches.begin(0, 0);
  Batch batch;
  while (batches.next(batch)) each_row(batches, model.run(batch.x)[0], seen);
}

}  // namespace lamina::detail
