// Prompts are checked, planned and given rows; read_prefix().
#include "lamina/zoo/transformers/detail/writing.h"

#include <algorithm>
#include <utility>

#include "lamina/base/error.h"
#include "lamina/zoo/transformers/detail/pretrained_state.h"

namespace lamina {
namespace detail {
namespace {

/// Tokens that the decoder begins with.
std::vector<int32_t> beginning(const PretrainedModel& model, const GenerationConfig& config,
                               const std::vector<int32_t>& prompt) {
  if (!model.is_encoder_decoder()) return prompt;
  const std::optional<int32_t> start =
      config.decoder_start_token_id ? config.decoder_start_token_id : config.bos_token_id;
  if (!start)
    throw InvalidArgument(
        "generate: the configuration has no decoder_start_token_id, with which an encoder-decoder begins");
  return {*start};
}

/// Tokens that a text has at most, when it begins with `prompt`.
int64_t end_of(const PretrainedModel& model, const GenerationConfig& config, int64_t prompt) {
  constexpr int64_t kMost = int64_t{1} << 30;
  const int64_t context = model.context_length();
  int64_t end = prompt + 20;
  if (config.max_new_tokens) {
    end = prompt + std::min(*config.max_new_tokens, kMost);
  } else if (config.max_length) {
    end = std::min(*config.max_length, kMost);
  } else if (context > 0) {
    end = std::min(end, context);
  }
  if (end <= prompt)
    throw InvalidArgument("generate: the prompt has " + std::to_string(prompt) +
                          " tokens, and max_length is " + std::to_string(end) +
                          ": nothing can follow; set max_new_tokens");
  if (context > 0 && end > context)
    throw InvalidArgument("generate: the prompt has " + std::to_string(prompt) + " tokens, and with " +
                          std::to_string(end - prompt) + " new ones that is more than the " +
                          std::to_string(context) +
                          " that the model can look at; shorten the prompt or lower max_new_tokens");
  return end;
}

}  // namespace

Decoder& Writing::decoder(const PretrainedModel& model, const std::string& cache) {
  if (!model.generates()) throw Unsupported(model.class_name() + " does not write text: it has no decoder");
  return model.state_->decoder(model, cache);
}

int32_t Writing::padding_token(const GenerationConfig& config) {
  return config.pad_token_id.value_or(config.eos_token_id.empty() ? 0 : config.eos_token_id[0]);
}

void Writing::check_prompt(const PretrainedModel& model, std::span<const int32_t> prompt,
                           const std::string& which) {
  const ModelInput input = model.takes().at(0);
  if (prompt.empty()) throw InvalidArgument("generate: " + which + " is empty; give at least one token");
  if (input.longest > 0 && static_cast<int64_t>(prompt.size()) > input.longest)
    throw InvalidArgument("generate: " + which + " has " + std::to_string(prompt.size()) +
                          " tokens, more than the " + std::to_string(input.longest) +
                          " that the model can look at; shorten it");
  for (const int32_t id : prompt) {
    if (id < 0 || id >= input.below)
      throw InvalidArgument("generate: token " + std::to_string(id) + " of " + which +
                            " is not one of the model's, 0 to " + std::to_string(input.below - 1) +
                            "; does the tokenizer belong to the model?");
  }
}

TextPlan Writing::plan(const PretrainedModel& model, const GenerationConfig& config,
                       const std::vector<int32_t>& prompt, size_t longest) {
  std::vector<int32_t> begin = beginning(model, config, prompt);
  const auto most = static_cast<int64_t>(model.is_encoder_decoder() ? begin.size() : longest);
  const int64_t padding = most - static_cast<int64_t>(begin.size());
  return {std::move(begin), padding, end_of(model, config, most)};
}

DecoderState Writing::begin(const PretrainedModel& model, Decoder& decoder, const GenerationConfig& config,
                            const Prompts& prompts, const std::vector<TextPlan>& plans,
                            const PromptPrefix* prefix, NewTokens& unread) {
  // The last token is not read any more.
  const int64_t most = plans.at(0).end - 1, rows = static_cast<int64_t>(plans.size());
  unread.clear();
  for (const TextPlan& plan : plans) unread.push_back(plan.prompt);
  if (model.is_encoder_decoder()) {
    if (prefix)
      throw InvalidArgument("generate: a prefix is of no use to " + model.class_name() +
                            ", which reads a prompt from both ends; leave it out");
    std::vector<Tensor> memory = decoder.encode(model, prompts, padding_token(config));
    DecoderState state = decoder.begin(model, rows, most);
    state.memory = std::move(memory);
    return state;
  }
  if (!prefix) return decoder.begin(model, rows, most);
  prefix->check(decoder);
  std::vector<int64_t> shared;
  for (const std::vector<int32_t>& prompt : unread)
    shared.push_back(
        static_cast<int64_t>(prefix->shared_with(prompt, model.steady_length(), decoder.layout())));
  // A state that does not go back is one for all rows, or for none.
  if (*std::max_element(shared.begin(), shared.end()) == 0 ||
      (!decoder.layout().goes_back() && *std::min_element(shared.begin(), shared.end()) == 0))
    return decoder.begin(model, rows, most);
  DecoderState state = prefix->state();
  state.steps = state.read = 0;
  state.most = most;
  decoder.select(model, state, std::vector<int32_t>(plans.size(), 0));
  state.lengths = shared;
  for (size_t row = 0; row < unread.size(); ++row)
    unread[row].erase(unread[row].begin(), unread[row].begin() + static_cast<std::ptrdiff_t>(shared[row]));
  return state;
}

}  // namespace detail

std::shared_ptr<const PromptPrefix> PretrainedModel::read_prefix(const std::vector<int32_t>& tokens,
                                                                 const std::string& cache) const {
  detail::Writing::check_prompt(*this, tokens, "the prefix");
  if (is_encoder_decoder())
    throw Unsupported("generate: " + class_name() + " reads a prompt from both ends, so that nothing of it " +
                      "is the same in front of another rest; give whole prompts");
  detail::Decoder& decoder = detail::Writing::decoder(*this, cache);
  detail::DecoderState state = decoder.begin(*this, 1, static_cast<int64_t>(tokens.size()));
  decoder.step(*this, state, {tokens});
  state.outputs.clear();
  return std::make_shared<const PromptPrefix>(tokens, std::move(state), decoder.weights(), cache);
}

}  // namespace lamina
