// From a text to a folder with a language model, by way of the files that every training has.
#include "train_language.h"

#include <fmt/format.h>

#include <algorithm>

#include "cli.h"
#include "folder_training.h"
#include "lamina/base/error.h"
#include "lamina/base/utf8.h"
#include "lamina/explain/language_report.h"
#include "lamina/nn/optimizers/adam.h"
#include "lamina/nn/optimizers/schedules/cosine_decay.h"
#include "metrics.h"
#include "train_report.h"

namespace lamina::cli {
namespace {

/// What the options choose.
struct Job {
  const LanguageRecipe& recipe;
  const LanguageNetwork& network;
  const LanguageTokens& tokens;
  std::string data, out;
  int epochs;
  int64_t rows;
};

Job job_of(const LanguageRecipe& recipe, const TrainOptions& options) {
  const LanguageNetwork& network = language_network(options.model.empty() ? recipe.network : options.model);
  const LanguageTokens& tokens =
      options.tokens.empty() ? language_tokens().front() : language_tokens(options.tokens);
  return {recipe,
          network,
          tokens,
          options.data.empty() ? find_language_texts(recipe.data, recipe.how_to_get) : options.data,
          out_folder(options, recipe.name),
          options.epochs.value_or(network.epochs),
          options.batch_size.value_or(static_cast<int>(network.rows))};
}

void compile(const Job& job, PretrainedModel& model, int64_t steps) {
  const double all = static_cast<double>(steps), warm_up = std::min(200.0, all / 10);
  model.compile(
      {.optimizer = AdamW(
           CosineDecay(0, all - warm_up,
                       {.alpha = 0.03, .warmup_target = job.network.learning_rate, .warmup_steps = warm_up}),
           {.weight_decay = job.network.weight_decay, .global_clipnorm = 1})});
}

Json fingerprint(const Job& job, const PretrainedModel& model, const TextBlocks& training,
                 const TextBlocks& validation, uint64_t seed) {
  const Json serialized = model.serialize();
  const Json* const compiled = serialized.find("compile_config");
  return Json::object({{"model", model.config_json()},
                       {"compile", compiled ? *compiled : Json()},
                       {"samples", training.identity().at("text")},
                       {"held_out", validation.identity().at("text")},
                       {"epochs", job.epochs},
                       {"batch_size", job.rows},
                       {"dtype_policy", model.dtype_policy()},
                       {"seed", std::to_string(seed)}});
}

std::vector<TrainingReport::Passage> passages(const Job& job, const LanguageModel& model, uint64_t seed) {
  std::vector<std::string> prompts = job.recipe.prompts;
  // Another text may not have these characters.
  std::erase_if(prompts, [&](const std::string& prompt) {
    return !unknown_characters(model.tokenizer(), prompt).empty();
  });
  const std::vector<std::string> texts = model.write(prompts, {.seed = seed});
  std::vector<TrainingReport::Passage> all;
  for (size_t i = 0; i < texts.size(); ++i)
    all.push_back({prompts[i], valid_utf8(texts[i].substr(prompts[i].size()))});
  return all;
}

std::string write_report(const Job& job, const TrainOptions& options, const LanguageModel& model,
                         const LanguageTexts& texts, const Comparison& metrics,
                         const FolderTraining& training) {
  const TrainLog& log = training.log();
  RunDescription run = description_of(job.recipe.name, job.data, options, log);
  run.batch_size = static_cast<int>(job.rows);
  run.step_seconds = log.step_seconds();
  run.held_out_name = "test";
  run.metrics = metrics;
  run.configuration = {{"network", job.network.name + ": " + job.network.description},
                       {"tokens", job.tokens.name + ": " + job.tokens.description},
                       {"epochs", std::to_string(job.epochs)},
                       {"tokens of a block", std::to_string(job.network.length)},
                       {"blocks of a batch", std::to_string(job.rows)},
                       {"seed", std::to_string(options.seed)}};
  TrainingReport report = language_report(model, texts, run);
  report.passages = passages(job, model, options.seed);
  report.written_how = fmt::format("drawn at temperature {:g}, seed {}; bold: what it was given",
                                   model.model().generation_config().temperature, options.seed);
  return write_page(report, about(job.recipe.name, "language", table_of(report, model.model()), run), log,
                    training.files());
}

}  // namespace

int train_language(const LanguageRecipe& recipe, const TrainOptions& options) {
  const Job job = job_of(recipe, options);
  const LanguageTexts texts = recipe.read(job.data);
  const LanguageModel model =
      new_language_model(recipe, job.network, job.tokens, texts.training, options.seed, options.dtype_policy);
  FolderTraining run(options, recipe.name, job.out);
  std::optional<TextBlocks> training, validation;
  with_data_of(job.data, [&] {
    const TextBlocksOptions blocks{.length = job.network.length, .rows = job.rows};
    training.emplace(model.tokens(texts.training), blocks);
    validation.emplace(model.tokens(texts.validation),
                       TextBlocksOptions{.length = blocks.length, .rows = blocks.rows, .shuffle = false});
  });
  compile(job, model.model(), job.epochs * training->steps().value());
  run.open(fingerprint(job, model.model(), *training, *validation, options.seed));
  run.try_to_save(model.model(), job.network.length);
  run.talk().say(fmt::format("{} tokens of {} kinds to learn, {} parameters.",
                             training->identity().at("tokens").as_int(), model.tokenizer().size(),
                             model.model().count_params()));
  run.fit(model.model(), *training, &*validation, "val_loss", {}, job.data);
  model.save_pretrained(job.out);
  run.refuse_bad_loss();
  const Comparison metrics = language_metrics(model, texts.test, model.evaluate(texts.test));
  run.finish(metrics, "test", write_report(job, options, model, texts, metrics, run));
  return 0;
}

}  // namespace lamina::cli
