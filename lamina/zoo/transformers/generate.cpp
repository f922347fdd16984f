// generate(): prompts in, tokens out; greedy, sampled, or with beams, alone or behind a draft.
#include <algorithm>
#include <optional>
#include <utility>

#include "lamina/base/error.h"
#include "lamina/zoo/transformers/detail/beam_search.h"
#include "lamina/zoo/transformers/detail/speculation.h"
#include "lamina/zoo/transformers/detail/writing.h"
#include "lamina/zoo/transformers/pretrained_model.h"

namespace lamina {
namespace {

using namespace detail;
using Rows = std::vector<std::vector<int32_t>>;

/// What a generation is about.
struct Task {
  const PretrainedModel& model;
  Decoder& decoder;
  const GenerationConfig& config;
  const GenerateOptions& options;
  const Rows& prompts;
  std::vector<TextPlan> plans;  ///< of each prompt
  DecoderState state;           ///< a row for each prompt, until spread() is called
  std::vector<float> spread_logits = {};
  GenerationFigures figures = {};

  /// `copies` rows for each prompt from now on; their first logits, of `first`, which are those of prompts.
  std::span<const float> spread(std::span<const float> first, int64_t copies) {
    if (copies == 1) return first;
    const size_t vocabulary = first.size() / prompts.size();
    std::vector<int32_t> order;
    for (size_t i = 0; i < prompts.size(); ++i) {
      for (int64_t copy = 0; copy < copies; ++copy) {
        order.push_back(static_cast<int32_t>(i));
        const std::span<const float> own = first.subspan(i * vocabulary, vocabulary);
        spread_logits.insert(spread_logits.end(), own.begin(), own.end());
      }
    }
    decoder.select(model, state, order);
    return spread_logits;
  }
};

Rows one_by_one(Task& task, std::span<const float> logits) {
  const GenerationConfig& config = task.config;
  std::vector<TextWriter> writers;
  Rows prompts;
  std::vector<TextPlan> plans;
  for (size_t i = 0; i < task.plans.size(); ++i) {
    for (int64_t copy = 0; copy < config.num_return_sequences; ++copy) {
      writers.emplace_back(config, task.model.vocab_size(), task.plans[i], task.options.stops,
                           task.options.seed, writers.size());
      plans.push_back(task.plans[i]);
      prompts.push_back(task.prompts[i]);
    }
  }
  std::optional<Speculation> speculation;
  if (task.options.draft) speculation.emplace(task.model, task.decoder, config, task.options, prompts, plans);
  logits = task.spread(logits, config.num_return_sequences);
  const auto wrote = [&](size_t row) {
    return !task.options.on_token || task.options.on_token(row, writers[row].text().back());
  };
  const auto all = [&] {
    Rows texts;
    for (const TextWriter& writer : writers)
      texts.emplace_back(writer.written().begin(), writer.written().end());
    if (speculation)
      task.figures.drafted = speculation->drafted, task.figures.accepted = speculation->accepted;
    return texts;
  };
  NewTokens next(writers.size());
  for (;;) {
    bool going_on = false;
    for (size_t row = 0; row < writers.size(); ++row) {
      next[row].clear();
      if (writers[row].over()) continue;
      const size_t vocabulary = logits.size() / writers.size();
      next[row].push_back(writers[row].write(logits.subspan(row * vocabulary, vocabulary)));
      if (writers[row].over()) next[row].clear();
      going_on = going_on || !writers[row].over();
      if (!wrote(row)) return all();
    }
    if (!going_on) return all();
    if (!speculation) {
      logits = task.decoder.step(task.model, task.state, next);
      continue;
    }
    do {
      if (!speculation->round(task.model, task.decoder, task.state, writers, wrote)) return all();
    } while (std::any_of(writers.begin(), writers.end(), [](const TextWriter& w) { return !w.over(); }));
    return all();
  }
}

Rows with_beams(Task& task, std::span<const float> logits) {
  const GenerationConfig& config = task.config;
  const TextPlan& first = task.plans.at(0);
  const int64_t begin = static_cast<int64_t>(first.prompt.size()) + first.padding;
  TokenRules rules(config, task.model.vocab_size(), begin, first.end);
  // Of one length, as their lengths are counted.
  Rows padded;
  for (const TextPlan& plan : task.plans) {
    padded.emplace_back(static_cast<size_t>(plan.padding), Writing::padding_token(config));
    padded.back().insert(padded.back().end(), plan.prompt.begin(), plan.prompt.end());
  }
  BeamSearch search(config, padded, first.end, task.options.seed);
  std::function<bool(const std::vector<int32_t>&)> stops;
  if (task.options.stops)
    stops = [&](const std::vector<int32_t>& row) {
      return task.options.stops(std::span(row).subspan(static_cast<size_t>(begin)));
    };
  logits = task.spread(logits, config.num_beams);
  std::vector<float> scores;
  NewTokens next(search.running().size());
  for (;;) {
    check_numbers(logits);
    scores.assign(logits.begin(), logits.end());
    const size_t vocabulary = logits.size() / next.size();
    for (size_t r = 0; r < next.size(); ++r) {
      const std::span<float> of_row = std::span(scores).subspan(r * vocabulary, vocabulary);
      const int64_t padding = task.plans[r / static_cast<size_t>(config.num_beams)].padding;
      to_log_probabilities(of_row);
      rules.apply(std::span(search.running()[r]).subspan(static_cast<size_t>(padding)), padding, of_row);
    }
    const std::vector<int32_t> from = search.advance(scores, stops);
    if (search.done()) break;
    task.decoder.select(task.model, task.state, from);
    for (size_t r = 0; r < next.size(); ++r) next[r].assign(1, search.running()[r].back());
    logits = task.decoder.step(task.model, task.state, next);
  }
  Rows answers;
  for (const auto& row : search.best(config.num_return_sequences))
    answers.emplace_back(row.begin() + begin, row.end());
  if (!task.options.on_token) return answers;
  for (size_t row = 0; row < answers.size(); ++row) {
    for (const int32_t id : answers[row]) {
      if (!task.options.on_token(row, id)) return answers;
    }
  }
  return answers;
}

}  // namespace

std::vector<std::vector<int32_t>> PretrainedModel::generate(const Rows& prompts,
                                                            const GenerateOptions& options) const {
  if (prompts.empty()) return {};
  size_t longest = 1;
  for (size_t i = 0; i < prompts.size(); ++i) {
    Writing::check_prompt(*this, prompts[i], "prompt " + std::to_string(i));
    longest = std::max(longest, prompts[i].size());
  }
  Decoder& decoder = Writing::decoder(*this, options.cache);
  const GenerationConfig config = effective(generation_config(), options);
  config.check(vocab_size());
  const int64_t copies = std::max(config.num_beams, config.num_return_sequences);
  decoder.check_memory(*this, static_cast<double>(prompts.size()) * static_cast<double>(copies), 1);
  Task task{*this, decoder, config, options, prompts, {}, {}};
  for (const auto& prompt : prompts) task.plans.push_back(Writing::plan(*this, config, prompt, longest));
  NewTokens unread;
  task.state = Writing::begin(*this, decoder, config, prompts, task.plans, options.prefix.get(), unread);
  const std::span<const float> first = decoder.step(*this, task.state, unread);
  Rows answers = config.num_beams > 1 && !options.draft ? with_beams(task, first) : one_by_one(task, first);
  task.figures.steps = task.state.steps;
  task.figures.read = task.state.read;
  task.figures.cache_bytes = task.state.cache_bytes();
  if (options.on_end) options.on_end(task.figures);
  return answers;
}

std::vector<int32_t> PretrainedModel::generate(const std::vector<int32_t>& prompt,
                                               const GenerateOptions& options) const {
  return generate(Rows{prompt}, options).at(0);
}

}  // namespace lamina
