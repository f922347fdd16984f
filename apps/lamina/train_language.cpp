// From a text to a folder with a language model, by way of the files that every training has.
#include "train_language.h"

#include <fmt/format.h>

#include <algorithm>

#include "cli.h"
#include "fingerprint.h"
#include "interrupt.h"
#include "lamina/base/error.h"
#include "lamina/base/utf8.h"
#include "lamina/explain/language_report.h"
#include "lamina/nn/callbacks/early_stopping.h"
#include "lamina/nn/callbacks/progress_bar.h"
#include "lamina/nn/finite.h"
#include "lamina/nn/optimizers/adam.h"
#include "lamina/nn/optimizers/schedules/cosine_decay.h"
#include "metrics.h"
#include "run_folder.h"
#include "train_files.h"
#include "train_log.h"
#include "train_report.h"
#include "train_talk.h"

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

void refuse_other_options(const TrainOptions& options) {
  const auto none = [](bool given, const char* name) {
    if (given) throw UsageError(std::string("train: a language model's recipe has no ") + name);
  };
  none(!options.validation_data.empty() || options.validation_split > 0,
       "--validation-data and --validation-split: the end of the training text validates");
  none(options.limit_samples > 0, "--limit-samples: give it a shorter text");
  none(options.allow_changes, "--allow-changes");
  none(!options.stop_words.empty(), "--stop-words");
  none(!options.task.empty() || !options.categorical.empty() || !options.numeric.empty() ||
           !options.leave_out.empty() || options.max_categories || !(options.arguments == DataArguments()),
       "options of tables and pictures");
}

Job job_of(const LanguageRecipe& recipe, const TrainOptions& options) {
  const LanguageNetwork& network = language_network(options.model.empty() ? recipe.network : options.model);
  const LanguageTokens& tokens =
      options.tokens.empty() ? language_tokens().front() : language_tokens(options.tokens);
  std::string out = options.out.empty() ? recipe.name : options.out;
  while (out.size() > 1 && out.back() == '/') out.pop_back();
  for (const char* ending : {".keras", ".classic"}) {
    if (out.ends_with(ending))
      throw UsageError("train: a language model is saved as a folder; --out must not end in " +
                       std::string(ending) + ", got '" + out + "'");
  }
  return {recipe,
          network,
          tokens,
          options.data.empty() ? find_language_texts(recipe.data, recipe.how_to_get) : options.data,
          out,
          options.epochs.value_or(network.epochs),
          options.batch_size.value_or(static_cast<int>(network.rows))};
}

/// The folder may be somebody's work, and is not replaced unasked: only by the training that it is of.
void refuse_to_lose(const Job& job, const LanguageModel& model, const TrainOptions& options) {
  if (!is_model_folder(job.out) || options.overwrite) return;
  if (options.resume) {
    const std::string path = job.out + "/config.json";
    constexpr uint64_t kMost = uint64_t{16} << 20;
    if (Json::parse(read_file(path, kMost), path, kMost) == model.model().config_json()) return;
  }
  throw FileError("'" + job.out + "' holds a model already: choose another --out, " +
                  (options.resume ? "" : "go on with its training by --resume, ") +
                  "or replace it by --overwrite");
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
                       {"seed", std::to_string(seed)}});
}

/// A training that has gone wrong leaves its last good state.
void back_to_good(PretrainedModel& model, const TrainLog& log, const std::string& checkpoint) {
  if (log.good()) return;
  if (!log.saved())
    throw Error(
        "no epoch ended with losses and weights that are numbers: nothing is saved; try a lower "
        "learning rate");
  model.restore(load_training_state(checkpoint).value().training);
  tell(stderr, "lamina: warning: the model is the last good one, of " + checkpoint + "\n");
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
                         const TrainLog& log, const LanguageTexts& texts, const Comparison& metrics,
                         const TrainFiles& files) {
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
  const std::string path = files.folder() + "/report.html";
  write_file(path, to_html(report), files.write_options());
  write_run_note(files.folder(),
                 {checkpoint_name(files.checkpoint(), files.folder()), log.seconds(),
                  Json::object({{"name", job.recipe.name},
                                {"task", "language"},
                                {"options", table_of(report, model.model())},
                                {"metrics", metrics_json(metrics)},
                                {"metrics_of", "test"}})},
                 files.write_options());
  return path;
}

}  // namespace

int train_language(const LanguageRecipe& recipe, const TrainOptions& options) {
  refuse_other_options(options);
  const Job job = job_of(recipe, options);
  const Talk talk{options.json ? stderr : stdout, options.quiet};
  const LanguageTexts texts = recipe.read(job.data);
  const LanguageModel model =
      new_language_model(recipe, job.network, job.tokens, texts.training, options.seed);
  refuse_to_lose(job, model, options);
  std::optional<TextBlocks> training, validation;
  with_data_of(job.data, [&] {
    const TextBlocksOptions blocks{.length = job.network.length, .rows = job.rows};
    training.emplace(model.tokens(texts.training), blocks);
    validation.emplace(model.tokens(texts.validation),
                       TextBlocksOptions{.length = blocks.length, .rows = blocks.rows, .shuffle = false});
  });
  compile(job, model.model(), job.epochs * training->steps().value());

  make_folder(job.out);
  TrainFiles files(job.out + "/model.safetensors", job.out + ".checkpoint.keras", options.overwrite);
  std::optional<TrainingState> saved;
  const Json info =
      Json::object({{"fingerprint", fingerprint(job, model.model(), *training, *validation, options.seed)},
                    {"epochs", job.epochs}});
  if (options.resume && exists(files.checkpoint())) {
    saved = load_training_state(files.checkpoint());
    if (!saved)
      throw FileError("'" + files.checkpoint() + "' holds no state of a training: it cannot be resumed");
    changes_since(saved->info, files.checkpoint(), info.at("fingerprint"), false);
  } else {
    files.refuse_to_lose_training();
    if (options.resume) talk.say("There is no " + files.checkpoint() + " yet: starting from the beginning.");
  }
  files.try_to_save(model.model(), info, Shape({-1, job.network.length}));
  const TrainingSnapshot* const resume = saved ? &saved->training : nullptr;
  files.open_folder(options.run_dir, recipe.name, resume);
  if (resume)
    talk.say(fmt::format("Going on after {} epochs and {} steps, from {}.", resume->epoch(), resume->step(),
                         files.checkpoint()));
  talk.say(fmt::format("{} tokens of {} kinds to learn, {} parameters.",
                       training->identity().at("tokens").as_int(), model.tokenizer().size(),
                       model.model().count_params()));

  TrainLog log({.checkpoint = files.checkpoint(),
                .folder = files.folder(),
                .info = info,
                .write_options = files.write_options(),
                .json = options.json,
                .only_good = options.stop_on_nan,
                .saved = resume != nullptr});
  ProgressBar bar({.stream = talk.stream, .verbose = options.quiet ? 0 : 1});
  // It goes on to the end, and the best weights are kept.
  EarlyStopping best({.patience = job.epochs, .restore_best_weights = true});
  FitOptions fit{.epochs = job.epochs,
                 .validation_source = &*validation,
                 .callbacks = {&bar, &log, &best},
                 .verbose = 0,
                 .seed = options.seed,
                 .on_nan = options.stop_on_nan ? OnNan::kStop : OnNan::kReport,
                 .log_gradient_norm = options.gradient_norm,
                 .resume = resume};
  History history;
  {
    Interrupt interrupt;
    fit.stop_flag = &interrupt.flag();
    history = with_data_of(job.data, [&] { return model.model().fit(*training, fit); });
    if (history.interrupted) log.save();
  }
  log.count_time();
  if (history.bad_loss) tell(stderr, fmt::format("lamina: warning: {}\n", describe(*history.bad_loss)));
  if (history.interrupted) tell_interrupted(options, files.checkpoint(), log.saved(), log.good());
  back_to_good(model.model(), log, files.checkpoint());

  model.save_pretrained(job.out);
  if (history.bad_loss && options.stop_on_nan)
    throw Error(describe(*history.bad_loss) + "; " + job.out + " holds the state before that");
  const Comparison metrics = language_metrics(model, texts.test, model.evaluate(texts.test));
  talk.say("test: " + metrics_line(metrics));
  talk.say("Saved " + job.out + "; the training state is in " + files.checkpoint() + ".");
  const std::string report = write_report(job, options, model, log, texts, metrics, files);
  talk.say("Report: " + report);
  if (options.json)
    print_json(Json::object({{"done", true},
                             {"model", job.out},
                             {"metrics", metrics_json(metrics)},
                             {"metrics_of", "test"},
                             {"epochs", job.epochs},
                             {"seconds", log.seconds()},
                             {"report", report}}));
  std::fflush(stdout);
  forget_gone_reader(stdout);
  return 0;
}

}  // namespace lamina::cli
