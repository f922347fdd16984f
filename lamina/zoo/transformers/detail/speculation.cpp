// Rows differ in how many of their proposals were taken: each goes back to where its text is right.
#include "lamina/zoo/transformers/detail/speculation.h"

#include <algorithm>
#include <utility>

#include "lamina/base/error.h"

namespace lamina::detail {
namespace {

constexpr int64_t kMostProposed = 64;

/// The draft's decoder, after all checks.
Decoder& checked(const PretrainedModel& model, const Decoder& decoder, const GenerationConfig& config,
                 const GenerateOptions& options, const std::vector<TextPlan>& plans) {
  const PretrainedModel& draft = *options.draft;
  const auto fail = [](const std::string& what) { throw InvalidArgument("generate: " + what); };
  if (!draft.generates()) fail("the draft, " + draft.class_name() + ", does not write text");
  if (draft.is_encoder_decoder() != model.is_encoder_decoder())
    fail("the draft is " + draft.class_name() + ", and the model " + model.class_name() +
         "; both with an encoder, or both without one, were expected");
  if (draft.vocab_size() != model.vocab_size())
    fail("the draft has a vocabulary of " + std::to_string(draft.vocab_size()) +
         " tokens, and the model of " + std::to_string(model.vocab_size()) +
         "; the same tokens were expected");
  if (draft.takes().at(0).below != model.takes().at(0).below)
    fail("the draft reads tokens below " + std::to_string(draft.takes().at(0).below) +
         ", and the model below " + std::to_string(model.takes().at(0).below) +
         "; the same tokens were expected");
  if (options.num_assistant_tokens < 1 || options.num_assistant_tokens > kMostProposed)
    fail("num_assistant_tokens is " + std::to_string(options.num_assistant_tokens) + "; 1 to " +
         std::to_string(kMostProposed) + " was expected");
  if (config.num_beams > 1)
    fail("num_beams is " + std::to_string(config.num_beams) + "; with a draft, 1 was expected");
  int64_t end = 0;
  for (const TextPlan& plan : plans) end = std::max(end, plan.end);
  if (draft.context_length() > 0 && end > draft.context_length())
    fail("texts have up to " + std::to_string(end) + " tokens, more than the " +
         std::to_string(draft.context_length()) + " that the draft can look at; lower max_new_tokens");
  const ModelInput input = draft.takes().at(0);
  for (const TextPlan& plan : plans) {
    if (input.longest > 0 && static_cast<int64_t>(plan.prompt.size()) > input.longest)
      fail("a prompt has more tokens than the " + std::to_string(input.longest) +
           " that the draft can look at");
  }
  Decoder& own = Writing::decoder(draft, "");
  if (!own.layout().goes_back() || !decoder.layout().goes_back())
    fail((decoder.layout().goes_back() ? draft : model).class_name() +
         " keeps a state that does not go back where a proposal was wrong; leave the draft out");
  return own;
}

}  // namespace

Speculation::Speculation(const PretrainedModel& model, const Decoder& decoder, const GenerationConfig& config,
                         const GenerateOptions& options, const Writing::Prompts& prompts,
                         const std::vector<TextPlan>& plans)
    : draft_(*options.draft),
      decoder_(checked(model, decoder, config, options, plans)),
      count_(static_cast<size_t>(options.num_assistant_tokens)) {
  NewTokens unread;
  state_ = Writing::begin(draft_, decoder_, config, prompts, plans, nullptr, unread);
}

std::vector<Speculation::Proposal> Speculation::propose(std::vector<TextWriter>& writers) {
  std::vector<Proposal> proposals(writers.size());
  NewTokens unread(writers.size());
  // The last token that fits is the model's own.
  const auto wanted = [&](size_t row) {
    return writers[row].over() ? 0 : std::min(count_, static_cast<size_t>(writers[row].left() - 1));
  };
  for (size_t row = 0; row < writers.size(); ++row) {
    const std::vector<int32_t>& text = writers[row].text();
    if (wanted(row) > 0) unread[row].assign(text.begin() + state_.lengths[row], text.end());
  }
  std::vector<int32_t> text;
  while (std::any_of(unread.begin(), unread.end(), [](const auto& tokens) { return !tokens.empty(); })) {
    const std::span<const float> logits = decoder_.step(draft_, state_, unread);
    const size_t vocabulary = logits.size() / writers.size();
    for (size_t row = 0; row < writers.size(); ++row) {
      if (unread[row].empty()) continue;
      Proposal& proposal = proposals[row];
      text = writers[row].text();
      text.insert(text.end(), proposal.tokens.begin(), proposal.tokens.end());
      const int32_t token = writers[row].propose(text, logits.subspan(row * vocabulary, vocabulary),
                                                 proposal.probabilities.emplace_back());
      proposal.tokens.push_back(token);
      unread[row].clear();
      if (proposal.tokens.size() < wanted(row) && !writers[row].ends(token)) unread[row].push_back(token);
    }
  }
  return proposals;
}

bool Speculation::round(const PretrainedModel& model, Decoder& decoder, DecoderState& state,
                        std::vector<TextWriter>& writers, const std::function<bool(size_t row)>& wrote) {
  const std::vector<Proposal> proposals = propose(writers);
  NewTokens unread(writers.size());
  for (size_t row = 0; row < writers.size(); ++row) {
    if (writers[row].over()) continue;
    unread[row].push_back(writers[row].text().back());
    unread[row].insert(unread[row].end(), proposals[row].tokens.begin(), proposals[row].tokens.end());
  }
  const std::span<const float> logits = decoder.step_each(model, state, unread, count_ + 1);
  const size_t vocabulary = logits.size() / writers.size() / (count_ + 1);
  for (size_t row = 0; row < writers.size(); ++row) {
    TextWriter& writer = writers[row];
    if (writer.over()) continue;
    const Proposal& proposal = proposals[row];
    const auto follows = [&](size_t i) {
      return logits.subspan((row * (count_ + 1) + i) * vocabulary, vocabulary);
    };
    drafted += static_cast<int64_t>(proposal.tokens.size());
    bool right = true;
    for (size_t i = 0; i <= proposal.tokens.size() && right && !writer.over(); ++i) {
      if (i == proposal.tokens.size()) {
        writer.write(follows(i));
      } else {
        right = writer.take(proposal.tokens[i], proposal.probabilities[i], follows(i));
        accepted += right;
      }
      if (!wrote(row)) return false;
    }
    const auto known = static_cast<int64_t>(writer.text().size()) - 1;
    state.lengths[row] = known;
    state_.lengths[row] = std::min(state_.lengths[row], known);
  }
  return true;
}

}  // namespace lamina::detail
