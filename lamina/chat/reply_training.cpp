// How a reply generator is trained.
#include <algorithm>
#include <unordered_map>
#include <utility>

#include "lamina/base/error.h"
#include "lamina/chat/detail/answer_texts.h"
#include "lamina/chat/detail/reply_prompt.h"
#include "lamina/chat/reply_generator.h"
#include "lamina/nn/optimizers/adam.h"
#include "lamina/nn/optimizers/schedules/cosine_decay.h"
#include "lamina/zoo/transformers/average_weights.h"
#include "lamina/zoo/translation_recipes.h"

namespace lamina {
namespace {

constexpr size_t kFewest = 10, kParts = 5;
constexpr int64_t kMostNewTokens = 64;
constexpr double kFineTuningRate = 3e-4;
constexpr int kAveraged = 4;  // epochs

// What a turn is read with comes from the turns of the other parts: its own reply must not stand there.
ParallelTexts prompts_of(const std::vector<QuestionAnswer>& pairs) {
  std::unordered_map<std::string, size_t> numbers;  // of different turns
  std::vector<size_t> part;
  for (const QuestionAnswer& pair : pairs)
    part.push_back(numbers.try_emplace(detail::question_key(pair.question), numbers.size()).first->second %
                   kParts);
  ParallelTexts texts{std::vector<std::string>(pairs.size()), std::vector<std::string>(pairs.size())};
  for (size_t k = 0; k < kParts; ++k) {
    std::vector<QuestionAnswer> others;
    for (size_t i = 0; i < pairs.size(); ++i) {
      if (part[i] != k) others.push_back(pairs[i]);
    }
    if (others.empty()) others = pairs;
    const std::optional<AnswerIndex> index = detail::words_index(others);
    for (size_t i = 0; i < pairs.size(); ++i) {
      if (part[i] != k) continue;
      texts.sources[i] = detail::reply_prompt(pairs[i].question, index);
      texts.targets[i] = pairs[i].answer;
    }
  }
  return texts;
}

TranslationNetwork small() {
  TranslationNetwork network = translation_network("transformer");
  for (const auto& [key, value] : {std::pair{"d_model", 128},
                                   {"d_kv", 32},
                                   {"num_heads", 4},
                                   {"d_ff", 512},
                                   {"num_layers", 2},
                                   {"num_decoder_layers", 2}})
    network.config[key] = value;
  network.config["dropout_rate"] = 0.2;
  return network;
}

Translator fresh(const ParallelTexts& texts, const ReplyOptions& options) {
  TranslationRecipe recipe;
  recipe.task = {"", "turn", "reply"};
  recipe.vocab_size = 3000;
  recipe.warmup_steps = 200;
  return recipe.build(small(), texts, options.epochs, options.batch_tokens, options.seed);
}

Translator pretrained(const ParallelTexts& texts, const ReplyOptions& options) {
  const Translator loaded = Translator::from_pretrained(options.from);
  const auto steps =
      static_cast<double>(*loaded.batches(texts, true, options.batch_tokens).steps()) * options.epochs;
  loaded.model().compile({.optimizer = Adam(CosineDecay(kFineTuningRate, steps, {.alpha = 0.02}))});
  return loaded;
}

}  // namespace

ReplyLesson ReplyGenerator::prepare(const std::vector<QuestionAnswer>& pairs, const ReplyOptions& options) {
  if (pairs.size() < kFewest)
    throw InvalidArgument("ReplyGenerator: expected at least " + std::to_string(kFewest) +
                          " turns with replies; got " + std::to_string(pairs.size()));
  if (options.epochs < 1 || options.batch_tokens < 1)
    throw InvalidArgument("ReplyGenerator: epochs and batch_tokens are at least 1");
  const ParallelTexts texts = prompts_of(pairs);
  Translator translator = options.from.empty() ? fresh(texts, options) : pretrained(texts, options);
  GenerationConfig generation = translator.model().generation_config();
  generation.max_new_tokens = kMostNewTokens;
  translator.model().set_generation_config(generation);
  TokenBatches batches = translator.batches(texts, true, options.batch_tokens);
  return {std::move(translator), std::move(batches), std::min(kAveraged, options.epochs)};
}

ReplyGenerator ReplyGenerator::trained(Translator translator, const std::vector<QuestionAnswer>& pairs) {
  return {std::move(translator), pairs};
}

ReplyGenerator ReplyGenerator::learn(const std::vector<QuestionAnswer>& pairs, const ReplyOptions& options) {
  ReplyLesson lesson = prepare(pairs, options);
  PretrainedModel& model = lesson.translator.model();
  AverageWeights average(lesson.averaged);
  model.fit(lesson.batches,
            {.epochs = options.epochs, .callbacks = {&average}, .verbose = 0, .seed = options.seed});
  average.apply(model);
  return trained(std::move(lesson.translator), pairs);
}

}  // namespace lamina
