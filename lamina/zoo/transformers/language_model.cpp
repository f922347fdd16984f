// Texts are one long row of tokens; what counts is how likely each is after those before it.
#include "lamina/zoo/transformers/language_model.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "lamina/base/error.h"
#include "lamina/base/utf8.h"
#include "lamina/ops/argreduce.h"
#include "lamina/ops/softmax_cross_entropy.h"

namespace lamina {
namespace {

constexpr double kBitsOfUnknown = 20;  // Unicode has about 2^20 characters

/// Where character number `n` begins.
size_t place_of(const std::string& text, int32_t n) {
  size_t at = 0;
  for (; at < text.size(); ++at) {
    if ((text[at] & 0xC0) != 0x80 && n-- == 0) break;
  }
  return at;
}

}  // namespace

LanguageModel::LanguageModel(std::shared_ptr<PretrainedModel> model, PretrainedTokenizer tokenizer)
    : model_(std::move(model)), tokenizer_(std::move(tokenizer)) {
  if (model_->is_encoder_decoder() || !model_->generates())
    throw InvalidArgument(model_->class_name() + " does not go on with a text");
  if (tokenizer_.size() > model_->vocab_size())
    throw InvalidArgument(
        fmt::format("the tokenizer has {} tokens, and the model {}: they do not belong "
                    "together",
                    tokenizer_.size(), model_->vocab_size()));
}

LanguageModel LanguageModel::from_pretrained(const std::string& folder) {
  return {AutoModelForCausalLM::from_pretrained(folder), AutoTokenizer::from_pretrained(folder)};
}

void LanguageModel::save_pretrained(const std::string& folder) const {
  model_->save_pretrained(folder);
  tokenizer_.save_pretrained(folder);
}

std::vector<int32_t> LanguageModel::tokens(const std::vector<std::string>& texts) const {
  std::vector<int32_t> all;
  for (const Encoding& encoding : tokenizer_.encode_batch(texts, {.ids_only = true}))
    all.insert(all.end(), encoding.ids.begin(), encoding.ids.end());
  return all;
}

std::vector<int32_t> readable_tokens(const PretrainedTokenizer& tokenizer, const std::string& text) {
  if (text.empty()) throw InvalidArgument("the text to go on with is empty; give at least one character");
  const std::vector<std::string> unknown = unknown_characters(tokenizer, text);
  if (!unknown.empty()) {
    throw InvalidArgument(
        fmt::format("the model has never seen '{}': its vocabulary of {} tokens has no such character{}; "
                    "leave out what it cannot read",
                    fmt::join(unknown, "', '"), tokenizer.size(), unknown.size() == 1 ? "" : "s"));
  }
  return tokenizer.encode(text).ids;
}

LanguageScore LanguageModel::evaluate(const std::vector<std::string>& texts, int64_t length) const {
  const std::vector<int32_t> ids = tokens(texts);
  const auto count = static_cast<int64_t>(ids.size());
  if (count < 2 || length < 2)
    throw InvalidArgument(fmt::format("a text of {} token{} says nothing of a model: 2 are needed", count,
                                      count == 1 ? "" : "s"));
  // Blocks that overlap by half: what the first one half of a block has seen is judged by the block before.
  constexpr int64_t kMostScores = int64_t{1} << 23;
  const int64_t half = length / 2, vocabulary = model_->vocab_size();
  const int64_t rows = std::clamp<int64_t>(kMostScores / (length * vocabulary), 1, 32);
  LanguageScore score;
  double nats = 0;
  int64_t right = 0;
  for (int64_t begin = 0; begin + 1 < count;) {
    std::vector<int32_t> block(static_cast<size_t>(rows * length), 0), labels(block.size(), 0);
    std::vector<bool> counts(block.size(), false);
    for (int64_t row = 0; row < rows && begin + 1 < count; ++row) {
      const int64_t there = std::min(length, count - 1 - begin), at = row * length;
      std::copy_n(ids.begin() + begin, there, block.begin() + at);
      std::copy_n(ids.begin() + begin + 1, there, labels.begin() + at);
      std::fill(counts.begin() + at + (begin == 0 ? 0 : half), counts.begin() + at + there, true);
      begin = begin + there + 1 >= count ? count : begin + length - half;
    }
    const Shape shape{rows, length};
    const Tensor logits = model_->run(Tensors({Tensor::from(block, shape)}))[0];
    const std::vector<float> losses =
        sparse_softmax_cross_entropy(logits, Tensor::from(labels, shape)).loss.to_vector<float>();
    const std::vector<int32_t> likeliest = argmax(logits, -1).to_vector<int32_t>();
    for (size_t i = 0; i < losses.size(); ++i) {
      if (!counts[i]) continue;
      nats += losses[i];
      right += likeliest[i] == labels[i];
      ++score.tokens;
    }
  }
  for (const std::string& text : texts) score.characters += static_cast<int64_t>(count_characters(text));
  // The first token is given: a character of the text, or what stands in front of all.
  const std::vector<int32_t> special = tokenizer_.all_special_ids();
  const auto is_special = [&](int32_t id) { return std::binary_search(special.begin(), special.end(), id); };
  const auto unknown = tokenizer_.unk_token_id();
  for (const int32_t id : ids) score.unknown += unknown && id == *unknown;
  score.characters += std::count_if(
      ids.begin() + 1, ids.end(), [&](int32_t id) { return is_special(id) && !(unknown && id == *unknown); });
  if (!is_special(ids[0]))
    score.characters -= static_cast<int64_t>(count_characters(tokenizer_.decode({ids[0]})));
  score.loss = nats / static_cast<double>(score.tokens);
  score.accuracy = static_cast<double>(right) / static_cast<double>(score.tokens);
  score.bits_per_character = (nats / std::log(2.0) + kBitsOfUnknown * static_cast<double>(score.unknown)) /
                             static_cast<double>(std::max<int64_t>(1, score.characters));
  return score;
}

std::vector<std::string> LanguageModel::write(const std::vector<std::string>& texts,
                                              const GenerateOptions& options) const {
  std::vector<std::vector<int32_t>> prompts;
  for (const std::string& text : texts) prompts.push_back(readable_tokens(tokenizer_, text));
  const std::vector<std::vector<int32_t>> answers = model_->generate(prompts, options);
  std::vector<std::string> all;
  for (size_t i = 0; i < answers.size(); ++i)
    all.push_back(texts[i * texts.size() / answers.size()] +
                  tokenizer_.decode(answers[i], {.skip_special_tokens = true}));
  return all;
}

std::vector<std::string> unknown_characters(const PretrainedTokenizer& tokenizer, const std::string& text) {
  std::vector<std::string> all;
  const auto unknown = tokenizer.unk_token_id();
  if (!unknown) return all;
  const Encoding encoding = tokenizer.encode(text);
  for (size_t i = 0; i < encoding.size(); ++i) {
    if (encoding.ids[i] != *unknown || encoding.special_tokens_mask[i] != 0) continue;
    const size_t from = place_of(text, encoding.offsets[i].first),
                 to = place_of(text, encoding.offsets[i].second);
    const std::string character = text.substr(from, to - from);
    if (std::find(all.begin(), all.end(), character) == all.end()) all.push_back(character);
  }
  return all;
}

Json character_pipeline() {
  return Json::parse(R"({
    "added_tokens": [{"content": "<|endoftext|>", "normalized": false, "special": true},
                     {"content": "[UNK]", "normalized": false, "special": true}],
    "pre_tokenizer": {"type": "Split", "pattern": {"Regex": "[\\s\\S]"}, "behavior": "Isolated", "invert": false},
    "decoder": {"type": "Fuse"},
    "model": {"type": "WordLevel", "unk_token": "[UNK]"},
    "special_tokens_map": {"bos_token": "<|endoftext|>", "eos_token": "<|endoftext|>", "unk_token": "[UNK]",
                           "pad_token": "<|endoftext|>"}})");
}

Json with_text_starts(Json pipeline) {
  pipeline["post_processor"] = Json::parse(R"({"type": "TemplateProcessing",
    "single": [{"SpecialToken": {"id": "<|endoftext|>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}],
    "pair": [{"SpecialToken": {"id": "<|endoftext|>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}},
             {"SpecialToken": {"id": "<|endoftext|>", "type_id": 1}}, {"Sequence": {"id": "B", "type_id": 1}}]})");
  return pipeline;
}

}  // namespace lamina
