// generate(): prompts in, tokens out; greedy, sampled, or with beams.
#include <algorithm>
#include <bit>
#include <limits>
#include <random>

#include "lamina/base/error.h"
#include "lamina/zoo/transformers/detail/beam_search.h"
#include "lamina/zoo/transformers/detail/decoder.h"
#include "lamina/zoo/transformers/detail/pretrained_state.h"
#include "lamina/zoo/transformers/detail/token_rules.h"
#include "lamina/zoo/transformers/pretrained_model.h"

namespace lamina {
namespace {

using Rows = std::vector<std::vector<int32_t>>;

GenerationConfig effective(GenerationConfig config, const GenerateOptions& options) {
  if (options.config) config = *options.config;
  const auto take = [](const auto& stated, auto& value) {
    if (stated) value = *stated;
  };
  take(options.max_new_tokens, config.max_new_tokens);
  if (options.min_new_tokens) config.min_new_tokens = options.min_new_tokens;
  take(options.num_beams, config.num_beams);
  take(options.num_return_sequences, config.num_return_sequences);
  take(options.do_sample, config.do_sample);
  take(options.temperature, config.temperature);
  take(options.top_k, config.top_k);
  take(options.top_p, config.top_p);
  take(options.min_p, config.min_p);
  take(options.repetition_penalty, config.repetition_penalty);
  take(options.no_repeat_ngram_size, config.no_repeat_ngram_size);
  take(options.length_penalty, config.length_penalty);
  return config;
}

int32_t padding_token(const GenerationConfig& config) {
  return config.pad_token_id.value_or(config.eos_token_id.empty() ? 0 : config.eos_token_id[0]);
}

bool holds_nan(std::span<const float> values) {
  uint32_t found = 0;  // no branch: as many at a time as a register holds
  for (const float value : values) found |= (std::bit_cast<uint32_t>(value) & 0x7fffffffu) > 0x7f800000u;
  return found != 0;
}

/// What a generation is about: the rows that it begins with, and its limits.
struct Task {
  const PretrainedModel& model;
  detail::Decoder& decoder;
  GenerationConfig config;
  const GenerateOptions& options;
  Rows rows;                     ///< of the decoder, padded at the front to one length
  std::vector<int32_t> padding;  ///< of each
  int64_t prompt = 0, end = 0;   ///< tokens that a row has at first and at most, padding included
  detail::DecoderState state;

  bool ends_text(int32_t token) const {
    return std::count(config.eos_token_id.begin(), config.eos_token_id.end(), token) > 0;
  }
  bool stops(const std::vector<int32_t>& row, int64_t start) const {
    return options.stops && options.stops(std::span(row).subspan(static_cast<size_t>(start)));
  }
  /// The new tokens of a row.
  std::vector<int32_t> answer(const std::vector<int32_t>& row) const {
    return {row.begin() + static_cast<std::ptrdiff_t>(prompt), row.end()};
  }
  std::span<const float> next(const std::vector<int32_t>& ids) {
    const std::span<const float> logits = decoder.step(model, state, ids);
    if (holds_nan(logits))
      throw Error(
          "generate: the model's scores of tokens are no numbers (NaN): its weights are damaged, or too "
          "large for " +
          std::string(name(model.compute_dtype())));
    return logits;
  }
  /// All tokens so far, row by row.
  std::vector<int32_t> all() const {
    std::vector<int32_t> ids;
    for (const auto& row : rows) ids.insert(ids.end(), row.begin(), row.end());
    return ids;
  }
};

void check_prompts(const PretrainedModel& model, const Rows& prompts) {
  const ModelInput input = model.takes().at(0);
  const int64_t tokens = input.below;
  for (size_t i = 0; i < prompts.size(); ++i) {
    if (prompts[i].empty())
      throw InvalidArgument("generate: prompt " + std::to_string(i) + " is empty; give at least one token");
    if (input.longest > 0 && static_cast<int64_t>(prompts[i].size()) > input.longest)
      throw InvalidArgument("generate: prompt " + std::to_string(i) + " has " +
                            std::to_string(prompts[i].size()) + " tokens, more than the " +
                            std::to_string(input.longest) + " that the model can look at; shorten it");
    for (const int32_t id : prompts[i]) {
      if (id < 0 || id >= tokens)
        throw InvalidArgument("generate: token " + std::to_string(id) + " of prompt " + std::to_string(i) +
                              " is not one of the model's, 0 to " + std::to_string(tokens - 1) +
                              "; does the tokenizer belong to the model?");
    }
  }
}

int64_t row_end(const Task& task) {
  const GenerationConfig& config = task.config;
  const int64_t context = task.model.context_length(), prompt = task.prompt;
  int64_t end = prompt + 20;
  if (config.max_new_tokens) {
    end = prompt + *config.max_new_tokens;
  } else if (config.max_length) {
    end = *config.max_length;
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

/// A number in [0, 1) of row and place alone.
class Draws {
 public:
  explicit Draws(uint64_t seed, size_t rows) {
    for (size_t row = 0; row < rows; ++row) engines_.emplace_back(seed * 0x9E3779B97F4A7C15u + row);
  }
  double next(size_t row) { return static_cast<double>(engines_[row]() >> 11) * 0x1p-53; }

 private:
  std::vector<std::mt19937_64> engines_;
};

int32_t drawn(std::span<float> scores, double at) {
  detail::to_probabilities(scores);
  double total = 0;
  int32_t last = 0;
  for (size_t token = 0; token < scores.size(); ++token) {
    if (scores[token] <= 0) continue;
    total += scores[token];
    last = static_cast<int32_t>(token);
    if (at < total) break;
  }
  return last;
}

Rows one_by_one(Task& task) {
  const GenerationConfig& config = task.config;
  detail::TokenRules rules(config, task.model.vocab_size(), task.prompt, task.end);
  Draws draws(task.options.seed, task.rows.size());
  const int64_t filler =
      config.pad_token_id.value_or(config.eos_token_id.empty() ? 0 : config.eos_token_id[0]);
  std::vector<bool> over(task.rows.size(), false);
  std::vector<float> changed;
  std::vector<int32_t> ids = task.all();
  for (int64_t length = task.prompt; length < task.end; ++length) {
    const std::span<const float> logits = task.next(ids);
    const size_t vocabulary = logits.size() / task.rows.size();
    ids.clear();
    bool going_on = false;
    for (size_t r = 0; r < task.rows.size(); ++r) {
      if (over[r]) {
        ids.push_back(filler);
        continue;
      }
      std::vector<int32_t>& row = task.rows[r];
      std::span<const float> scores = logits.subspan(r * vocabulary, vocabulary);
      int32_t token = 0;
      if (rules.any() || config.do_sample) {
        changed.assign(scores.begin(), scores.end());
        rules.apply(std::span(row).subspan(static_cast<size_t>(task.padding[r])), task.padding[r], changed);
        scores = changed;
      }
      if (rules.any() &&
          *std::max_element(changed.begin(), changed.end()) == -std::numeric_limits<float>::infinity())
        throw InvalidArgument(
            "generate: no token is allowed here: suppress_tokens, bad words and the like leave none");
      if (config.do_sample) {
        token = drawn(changed, draws.next(r));
      } else {
        token = static_cast<int32_t>(std::max_element(scores.begin(), scores.end()) - scores.begin());
      }
      row.push_back(token);
      ids.push_back(token);
      over[r] = task.ends_text(token) || task.stops(row, task.prompt);
      going_on = going_on || !over[r];
      if (task.options.on_token && !task.options.on_token(r, token)) return task.rows;
    }
    if (!going_on) break;
  }
  return task.rows;
}

Rows with_beams(Task& task) {
  const GenerationConfig& config = task.config;
  const auto beams = static_cast<size_t>(config.num_beams);
  detail::TokenRules rules(config, task.model.vocab_size(), task.prompt, task.end);
  Rows prompts;
  for (size_t row = 0; row < task.rows.size(); row += beams) prompts.push_back(task.rows[row]);
  detail::BeamSearch search(config, prompts, task.end);
  const auto stops = [&](const std::vector<int32_t>& row) { return task.stops(row, task.prompt); };
  std::vector<int32_t> ids = task.all();
  std::vector<float> scores;
  while (!search.done()) {
    const std::span<const float> logits = task.next(ids);
    scores.assign(logits.begin(), logits.end());
    const size_t vocabulary = logits.size() / task.rows.size();
    for (size_t r = 0; r < task.rows.size(); ++r) {
      const std::span<float> of_row = std::span(scores).subspan(r * vocabulary, vocabulary);
      detail::to_log_probabilities(of_row);
      rules.apply(std::span(search.running()[r]).subspan(static_cast<size_t>(task.padding[r])),
                  task.padding[r], of_row);
    }
    const std::vector<int32_t> from = search.advance(
        scores, task.options.stops ? stops : decltype(std::function<bool(const std::vector<int32_t>&)>())());
    if (search.done()) break;
    task.decoder.reorder(task.model, task.state, from);
    ids.clear();
    for (const auto& row : search.running()) ids.push_back(row.back());
  }
  return search.best(config.num_return_sequences);
}

}  // namespace

std::vector<std::vector<int32_t>> PretrainedModel::generate(const Rows& prompts,
                                                            const GenerateOptions& options) const {
  if (prompts.empty()) return {};
  check_prompts(*this, prompts);
  if (!generates()) throw Unsupported(class_name() + " does not write text: it has no decoder");
  Task task{*this, state_->decoder(*this), effective(generation_config(), options), options, {}, {}, 0, 0,
            {}};
  const GenerationConfig& config = task.config;
  config.check(vocab_size());
  if (config.do_sample && config.num_beams > 1)
    throw Unsupported("generate: beams that are sampled are not known; choose do_sample or num_beams");
  const int64_t copies = std::max(config.num_beams, config.num_return_sequences);
  const int32_t pad = padding_token(config);
  size_t longest = 1;
  for (const auto& prompt : prompts) longest = std::max(longest, prompt.size());
  for (const auto& prompt : prompts) {
    for (int64_t copy = 0; copy < copies; ++copy) {
      if (is_encoder_decoder()) {
        const std::optional<int32_t> start =
            config.decoder_start_token_id ? config.decoder_start_token_id : config.bos_token_id;
        if (!start)
          throw InvalidArgument(
              "generate: the configuration has no decoder_start_token_id, with which an encoder-decoder "
              "begins");
        task.rows.push_back({*start});
        task.padding.push_back(0);
        continue;
      }
      std::vector<int32_t>& row = task.rows.emplace_back(longest - prompt.size(), pad);
      task.padding.push_back(static_cast<int32_t>(row.size()));
      row.insert(row.end(), prompt.begin(), prompt.end());
    }
  }
  task.prompt = static_cast<int64_t>(task.rows[0].size());
  task.end = row_end(task);
  std::vector<Tensor> memory;
  if (is_encoder_decoder()) memory = task.decoder.encode(*this, prompts, pad, copies);
  // The last token is not read any more.
  task.state = task.decoder.begin(*this, static_cast<int64_t>(task.rows.size()), task.end - 1);
  task.state.memory = std::move(memory);
  if (std::any_of(task.padding.begin(), task.padding.end(), [](int64_t n) { return n > 0; })) {
    const std::vector<int32_t> counts(task.padding.begin(), task.padding.end());
    task.state.padding = Tensor::from(counts, {static_cast<int64_t>(counts.size())});
  }
  const Rows rows = config.num_beams > 1 ? with_beams(task) : one_by_one(task);
  Rows answers;
  for (const auto& row : rows) answers.push_back(task.answer(row));
  if (config.num_beams > 1 && options.on_token) {
    for (size_t row = 0; row < answers.size(); ++row) {
      for (const int32_t id : answers[row]) {
        if (!options.on_token(row, id)) return answers;
      }
    }
  }
  return answers;
}

std::vector<int32_t> PretrainedModel::generate(const std::vector<int32_t>& prompt,
                                               const GenerateOptions& options) const {
  return generate(Rows{prompt}, options).at(0);
}

}  // namespace lamina
