// lamina train: a recipe from nothing, or a saved model a little further.
#include <fmt/format.h>

#include <algorithm>

#include "dialogues.h"
#include "estimators.h"
#include "fine_tuning.h"
#include "fingerprint.h"
#include "interrupt.h"
#include "lamina/base/error.h"
#include "lamina/base/terminal.h"
#include "lamina/data/feature_space.h"
#include "lamina/formats/keras/keras.h"
#include "lamina/nn/callbacks/early_stopping.h"
#include "lamina/nn/callbacks/progress_bar.h"
#include "lamina/nn/finite.h"
#include "lamina/zoo/language_recipes.h"
#include "lamina/zoo/recipes.h"
#include "recipe_list.h"
#include "replies.h"
#include "run_folder.h"
#include "scope.h"
#include "train_files.h"
#include "train_job.h"
#include "train_language.h"
#include "train_log.h"
#include "train_report.h"
#include "train_result.h"
#include "train_talk.h"
#include "translation.h"

namespace lamina::cli {
namespace {

// A training that --stop-on-nan has ended leaves its last good model, as one that went on would, and fails.
int stopped(const History::BadLoss& where, TrainJob& job, const TrainLog& log, const TrainFiles& files) {
  const std::string what = describe(where) + "; ",
                    advice = ": try a lower learning rate, or look for such values in the data";
  if (!log.saved()) throw Error(what + "nothing was saved" + advice);
  save_keras(result_of(job.model, log, files, true).model, job.out, files.write_options());
  throw Error(what + log.checkpoint() + " holds the state before that" + advice);
}

// Of the held-out samples, or else of the last epoch, or of the last good one, number `kept`.
std::vector<std::pair<std::string, double>> final_metrics(Model& model, const TrainingData& data,
                                                          const History& log, std::optional<int> kept) {
  if (!data.held_out_name.empty()) {
    auto metrics =
        model.evaluate(data.held_out.all_x(), data.held_out.all_y(), {.batch_size = 256, .verbose = 0})
            .items();
    const auto scope = scope_metrics_of(model, data.held_out);
    metrics.insert(metrics.end(), scope.begin(), scope.end());
    return metrics;
  }
  std::vector<std::pair<std::string, double>> metrics;
  for (const std::string& name : log.names()) {
    if (name == "learning_rate" || name == "gradient_norm") continue;  // how it learned, not how well
    const std::vector<double>& values = log[name];
    const size_t count = kept ? std::min(values.size(), static_cast<size_t>(*kept)) : values.size();
    if (count > 0) metrics.emplace_back(name, values[count - 1]);
  }
  return metrics;
}

// Of one batch of such samples, of any size.
Shape batch_shape(const Tensor& x) {
  std::vector<int64_t> extents(x.shape().begin(), x.shape().end());
  extents.at(0) = -1;
  return Shape(extents);
}

int train(const TrainOptions& options) {
  const Undisturbed undisturbed;
  auto scope = enter(options.place);
  const TranslationRecipe* const translating = find_translation_recipe(options.what);
  const LanguageRecipe* const language = find_language_recipe(options.what);
  if (options.dtype_policy != "float32" && !translating && !language)
    throw UsageError("train: --dtype-policy is of the recipes of language models and those that translate");
  const FineTuningTask* const tuning = find_fine_tuning_task(options.what);
  if (!tuning && (options.lora || options.lora_alpha > 0 || !options.lora_targets.empty() ||
                  options.learning_rate > 0 || options.max_length))
    throw UsageError("train: --lora, --learning-rate and --max-length are of classify, tag and answer");
  if (!tuning && options.what != kReplies && !options.from.empty())
    throw UsageError("train: --from is of classify, tag, answer and replies; a saved model is named itself");
  if (options.what == DialogueRecipe().name) return train_dialogue(options);
  if (options.what == kReplies) return train_replies(options);
  if (const EstimatorRecipe* recipe = find_estimator_recipe(options.what))
    return train_estimator(*recipe, options);
  if (translating) return train_translation(*translating, options);
  if (language) return train_language(*language, options);
  if (tuning) return train_fine_tuning(*tuning, options);
  if (!options.stop_words.empty()) throw UsageError("train: --stop-words is of the recipe imdb-forest");
  if (!options.model.empty() || !options.tokens.empty())
    throw UsageError(
        "train: --model is of the recipes of estimators, which make .classic files, of those that translate, "
        "and with --tokens of language models");
  Talk talk{options.json ? stderr : stdout, options.quiet};
  TrainJob job = train_job(options);
  TrainFiles files(job.out, options.overwrite);
  const std::string& checkpoint = files.checkpoint();

  std::optional<Checkpoint> saved;
  if (options.resume && exists(checkpoint)) {
    saved = load_checkpoint(checkpoint);
    if (!saved->training) {
      throw FileError("'" + checkpoint +
                      "' holds a model but no state of its training: it cannot be resumed");
    }
  } else {
    files.refuse_to_lose_training();
    files.refuse_to_lose_model(Likeness::kSameWeights);
  }
  if (options.resume && !saved) {
    talk.say("There is no " + checkpoint + " yet: starting from the beginning.");
  }
  const TrainingData data = load_training_data(options, job, saved ? saved->model.data_info() : DataInfo());
  if (const auto space = FeatureSpace::of(job.model.data_info())) talk.say(space->summary());
  const Json info =
      Json::object({{"fingerprint", fingerprint_of(options, job, data)}, {"epochs", job.epochs}});
  if (saved) {
    check_changes(*saved, checkpoint, info.at("fingerprint"), options, job, data);
    // What is there is of earlier epochs, and of those before a change.
    files.refuse_to_lose_model(options.allow_changes ? Likeness::kOther : Likeness::kSameLayers);
  }
  files.try_to_save(job.model, info, batch_shape(data.training.x));
  const TrainingSnapshot* resume = saved ? &*saved->training : nullptr;
  files.open_folder(options.run_dir, job.name, resume);
  if (resume) {
    talk.say(fmt::format("Going on after {} epochs and {} steps, from {}.", resume->epoch(), resume->step(),
                         checkpoint));
  }

  TrainLog log({.checkpoint = checkpoint,
                .folder = files.folder(),
                .info = info,
                .write_options = files.write_options(),
                .json = options.json,
                .only_good = options.stop_on_nan,
                .saved = resume != nullptr});
  ProgressBar bar({.stream = talk.stream, .verbose = options.quiet ? 0 : 1});
  FitOptions fit{.epochs = job.epochs,
                 .batch_size = job.batch_size,
                 .validation_split = options.validation_split,
                 .callbacks = {&bar},
                 .verbose = 0,
                 .seed = options.seed,
                 .on_nan = options.stop_on_nan ? OnNan::kStop : OnNan::kReport,
                 .log_gradient_norm = options.gradient_norm,
                 .resume = resume};
  if (options.validation_split == 0)
    fit.validation_data = data.stops.x.defined() ? data.stops : data.held_out;
  const int patience = job.recipe && data.stops.x.defined() ? job.recipe->patience : 0;
  EarlyStopping stopping({.patience = patience, .restore_best_weights = true});
  if (patience > 0) fit.callbacks.push_back(&stopping);
  fit.callbacks.push_back(&log);  // the last: a checkpoint holds the best weights so far

  History history;
  {
    Interrupt interrupt;
    fit.stop_flag = &interrupt.flag();
    const auto run = [&] { return job.model.fit(data.training.all_x(), data.training.all_y(), fit); };
    // Of a resumed training the checkpoint may be at fault, too.
    history = with_data_of(resume ? checkpoint + "' or '" + job.data : job.data, run);
    if (history.interrupted) log.save();
  }
  log.count_time();
  if (history.bad_loss && options.stop_on_nan) return stopped(*history.bad_loss, job, log, files);
  if (history.bad_loss) tell(stderr, fmt::format("lamina: warning: {}\n", describe(*history.bad_loss)));
  if (history.interrupted) tell_interrupted(options, checkpoint, log.saved(), log.good());

  if (patience > 0) {
    talk.say(fmt::format(
        "Of {} epochs the weights after epoch {} are kept: the least loss on {} samples held back.",
        log.epochs().size(), stopping.best_epoch() + 1, data.stops.x.shape()[0]));
  }
  TrainResult result = result_of(job.model, log, files, false);
  Comparison comparison;
  if (job.recipe && job.recipe->finish)
    comparison = job.recipe->finish(result.model, data.raw, data.raw_held_out);
  if (!data.calibration.texts.empty()) job.recipe->calibrate(result.model, data.calibration);
  if (!job.recipe) renew_intervals(result.model, data);
  save_keras(result.model, job.out, files.write_options());
  const std::vector<std::pair<std::string, double>> metrics =
      final_metrics(result.model, data, log, result.kept);
  talk.say(fmt::format("{} {}", data.held_out_name.empty() ? "last epoch:" : data.held_out_name + ":",
                       metrics_line(metrics)));
  for (const auto& [name, value] : comparison)
    talk.say(fmt::format("  to compare: {} {}", name, format_metric(value)));
  talk.say("Saved " + job.out + "; the training state is in " + checkpoint + ".");
  const std::string report =
      write_training_report(options, job, result.model, data, log, metrics, comparison, files);
  talk.say("Report: " + report);
  if (options.json) {
    Json last = Json::object({{"done", true},
                              {"model", job.out},
                              {"metrics", metrics_json(metrics)},
                              {"metrics_of", data.held_out_name.empty() ? "training" : data.held_out_name},
                              {"epochs", job.epochs},
                              {"seconds", log.seconds()},
                              {"report", report}});
    if (result.kept) last["kept_epoch"] = *result.kept;
    if (!comparison.empty()) last["compared_with"] = metrics_json(comparison);
    print_json(last);
  }
  std::fflush(stdout);
  forget_gone_reader(stdout);
  return 0;
}

}  // namespace

void add_train(CLI::App& app, Action& action, const std::vector<std::string>& words) {
  std::string known;
  for (const auto& [name, description] : recipe_list()) known += "\n  " + name + ": " + description;
  Command command(app, "train", "Train a recipe, or a saved model on data of yours");
  command.footer(
      "Recipes:" + known +
      "\n\nCtrl-C finishes the step and saves; the same command with --resume goes on bit for bit.");
  auto options = std::make_shared<TrainOptions>();
  options->words = words;
  command.add(options->what, {.name = "RECIPE",
                              .help = "A recipe (see below), or a compiled .keras file",
                              .type = "RECIPE|MODEL",
                              .required = true});
  command.add(
      options->data,
      {.name = "--data",
       .help = "Named set, folder of images, .csv/.tsv/.parquet or .npz, or - for a table from standard "
               "input (default: the recipe's)",
       .type = "SRC"});
  command.add(options->validation_data,
              {.name = "--validation-data",
               .help = "Samples to validate with (default: the part test of a named set)",
               .type = "SRC"});
  command.add(
      options->epochs,
      {.name = "--epochs", .help = "Times to go through the data", .type = "N", .least = 1, .most = 1000000});
  command.add(options->batch_size, {.name = "--batch-size",
                                    .help = "Samples of a step; of translations: tokens",
                                    .type = "N",
                                    .least = 1,
                                    .most = 1 << 24});
  command.add(options->seed, {.name = "--seed",
                              .help = "Of initial weights, shuffling and dropout",
                              .type = "N",
                              .least = 0,
                              .show_default = true});
  command.add(options->validation_split, {.name = "--validation-split",
                                          .help = "Share of the samples, from the end, to validate with",
                                          .type = "X",
                                          .least = 0,
                                          .most = 0.99});
  command.add(options->limit_samples,
              {.name = "--limit-samples", .help = "Take only so many samples", .type = "N", .least = 1});
  command.add(options->out,
              {.name = "--out",
               .help = "Where to save the model (default: the recipe's file or folder, or MODEL-tuned.keras)",
               .type = "FILE.keras|.classic|DIR"});
  command.add(options->run_dir,
              {.name = "--run-dir",
               .help = "Folder for history.csv, report.html and run.json (default: runs/RECIPE-DATE-N)",
               .type = "DIR"});
  add_data_arguments(command, options->arguments);
  std::string learners;
  for (const std::string& name : learner_names()) learners += (learners.empty() ? "" : ", ") + name;
  std::string networks, translating, tokens;
  for (const LanguageNetwork& one : language_networks())
    networks += (networks.empty() ? "" : ", ") + one.name;
  for (const TranslationNetwork& one : translation_networks())
    translating += (translating.empty() ? "" : ", ") + one.name;
  for (const LanguageTokens& one : language_tokens()) tokens += (tokens.empty() ? "" : ", ") + one.name;
  command.add(options->model, {.name = "--model",
                               .help = "Of the recipes that make .classic files: " + learners +
                                       " (default: forest); of language models: " + networks +
                                       "; of those that translate: " + translating,
                               .type = "NAME"});
  command.add(options->tokens,
              {.name = "--tokens",
               .help = "Of language models: " + tokens + " (default: " + language_tokens().front().name + ")",
               .type = "NAME"});
  command.add(
      options->dtype_policy,
      {.name = "--dtype-policy",
       .help = "Of language models and those that translate: mixed_bfloat16 computes in 16 bits and keeps "
               "weights in float32",
       .type = "float32|mixed_bfloat16",
       .choices = {"float32", "mixed_bfloat16"},
       .show_default = true});
  command.add(options->from,
              {.name = "--from",
               .help = "Of classify, tag, answer and replies: the folder of the checkpoint to start from",
               .type = "DIR"});
  command.add(options->lora,
              {.name = "--lora",
               .help = "Of classify, tag and answer: train matrices of this rank alone (default: everything)",
               .type = "R",
               .least = 1,
               .most = 4096});
  command.add(options->lora_alpha, {.name = "--lora-alpha",
                                    .help = "With --lora: scale times rank (default: 2 R)",
                                    .type = "X",
                                    .least = 0});
  command.add(options->lora_targets,
              {.name = "--lora-targets",
               .help = "With --lora: matrices that get them (default: queries and values)",
               .type = "A,B"});
  command.add(options->learning_rate,
              {.name = "--learning-rate",
               .help = "Of classify, tag and answer: the highest rate (default: 5e-5, with --lora 5e-4)",
               .type = "X",
               .least = 0});
  command.add(options->max_length,
              {.name = "--max-length",
               .help = "Of classify, tag and answer: tokens of a text at most (default: what the model sees)",
               .type = "N",
               .least = 2,
               .most = 1 << 24});
  command.add(options->task, {.name = "--task",
                              .help = "Of tables: what the target is (default: told by its cells)",
                              .type = "classification|regression"});
  command.add(
      options->categorical,
      {.name = "--categorical", .help = "Of tables: columns that are names of something", .type = "A,B"});
  command.add(options->numeric,
              {.name = "--numeric", .help = "Of tables: columns that are quantities", .type = "A,B"});
  command.add(options->leave_out,
              {.name = "--leave-out", .help = "Of tables: columns that are not used", .type = "A,B"});
  command.add(
      options->stop_words,
      {.name = "--stop-words",
       .help = "Of imdb-forest: words that do not count, a,b,c or a file with one a line (default: none)",
       .type = "WORDS"});
  command.add(options->max_categories,
              {.name = "--max-categories",
               .help = "Of tables: zeros and ones that one column may become; rarer names share one "
                       "(default: 100)",
               .type = "N",
               .least = 1,
               .most = 1 << 20});
  command.flag(options->resume, "--resume", "Go on from the checkpoint beside --out");
  command.flag(options->allow_changes, "--allow-changes",
               "Resume though model, data, seed or optimizer are others than then");
  command.flag(options->overwrite, "--overwrite",
               "Replace what is at --out, and files that are read-only or would change their owner. Without "
               "it only the complete result of one epoch, with its checkpoint, is replaced");
  command.flag(options->gradient_norm, "--gradient-norm",
               "Log the norm of the gradients, the mean over the steps of each epoch");
  command.flag(options->stop_on_nan, "--stop-on-nan", "End when the loss is no number any more");
  command.flag(options->quiet, "--quiet", "Print nothing but errors");
  add_place(command, options->place);
  add_json(command, options->json, "one object an epoch and a last one");
  command.on_call([options, &action] { action = [options] { return train(*options); }; });
}

}  // namespace lamina::cli
