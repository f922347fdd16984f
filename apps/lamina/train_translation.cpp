// lamina train, for models that translate: a folder of Hugging Face's comes out.
#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "cli.h"
#include "fingerprint.h"
#include "interrupt.h"
#include "lamina/base/error.h"
#include "lamina/base/terminal.h"
#include "lamina/formats/checkpoint.h"
#include "lamina/nn/callbacks/progress_bar.h"
#include "lamina/zoo/transformers/average_weights.h"
#include "metrics.h"
#include "run_folder.h"
#include "train_files.h"
#include "train_log.h"
#include "train_result.h"
#include "train_talk.h"
#include "translation.h"

namespace lamina::cli {
namespace {

void refuse_options_of_others(const TrainOptions& options) {
  const auto none = [](bool given, const char* name) {
    if (given) throw UsageError(std::string("train: a recipe that translates has no ") + name);
  };
  none(options.validation_split > 0, "--validation-split: give --validation-data");
  none(!options.tokens.empty(), "--tokens");
  none(!options.stop_words.empty(), "--stop-words");
  none(options.allow_changes, "--allow-changes");
  none(options.stop_on_nan, "--stop-on-nan");
  none(!options.categorical.empty() || !options.numeric.empty() || !options.leave_out.empty() ||
           !options.task.empty() || options.max_categories,
       "options of tables");
}

/// What is learned, and what judges it.
struct Parts {
  ParallelTexts training;
  std::optional<ParallelTexts> judged;
  std::string judged_name;  ///< "validation", "test"; "" where nothing is held out
};

Parts read_parts(const TranslationRecipe& recipe, const std::string& data, const TrainOptions& options) {
  Parts parts;
  parts.training = read_pairs(data, "train", recipe.task).texts;
  if (options.limit_samples > 0 && static_cast<size_t>(options.limit_samples) < parts.training.size()) {
    parts.training.sources.resize(static_cast<size_t>(options.limit_samples));
    parts.training.targets.resize(static_cast<size_t>(options.limit_samples));
  }
  if (!options.validation_data.empty()) {
    parts.judged = read_pairs(options.validation_data, "val", recipe.task).texts;
    parts.judged_name = "validation";
    return parts;
  }
  for (const auto& [part, name] : {std::pair("val", "validation"), std::pair("test", "test")}) {
    if (parts.judged || !has_pairs(data, part)) continue;
    parts.judged = read_pairs(data, part, recipe.task).texts;
    parts.judged_name = name;
  }
  return parts;
}

Json identity_of(const TranslationRecipe& recipe, const TranslationNetwork& network,
                 const TrainOptions& options, int epochs, int64_t tokens, const ParallelTexts& texts) {
  return Json::object({{"recipe", recipe.name},
                       {"network", network.name},
                       {"dtype_policy", options.dtype_policy},
                       {"seed", std::to_string(options.seed)},
                       {"epochs", epochs},
                       {"batch_tokens", tokens},
                       {"pairs", static_cast<int64_t>(texts.size())},
                       {"sources", hash_of(texts.sources)},
                       {"targets", hash_of(texts.targets)}});
}

void check_identity(const Json& then, const Json& now, const std::string& checkpoint) {
  std::string changes;
  for (const auto& [name, value] : now.as_object()) {
    const Json* const old = then.find(name);
    if (old && *old == value) continue;
    changes += fmt::format("{}{} was {} and is {}", changes.empty() ? "" : "; ", name,
                           old ? old->dump() : "absent", value.dump());
  }
  if (!changes.empty())
    throw Error("this is not the training that " + checkpoint + " is of: " + changes +
                ". Give what it was begun with, or another --out");
}

/// Of the first texts that a page has room for.
std::vector<std::pair<std::string, Alignment>> alignments(const Translator& translator,
                                                          const ParallelTexts& texts) {
  constexpr size_t kMaps = 4, kLongest = 120;
  std::vector<std::pair<std::string, Alignment>> result;
  for (size_t i = 0; i < texts.size() && result.size() < kMaps; ++i) {
    if (texts.sources[i].size() <= kLongest)
      result.emplace_back(texts.sources[i], translator.align(texts.sources[i]));
  }
  return result;
}

}  // namespace

int train_translation(const TranslationRecipe& recipe, const TrainOptions& options) {
  refuse_options_of_others(options);
  const std::string folder = options.out.empty() ? recipe.name : options.out;
  const std::string data = options.data.empty() ? recipe.data : options.data;
  const TranslationNetwork& network =
      options.model.empty() ? translation_networks().front() : translation_network(options.model);
  const int epochs = options.epochs.value_or(network.epochs);
  const int64_t tokens = options.batch_size ? *options.batch_size : recipe.tokens;
  const Parts parts = read_parts(recipe, data, options);

  const bool fresh = !exists(folder);
  make_folder(folder);
  TrainFiles files(folder + "/model.safetensors", folder + ".checkpoint.keras", options.overwrite);
  std::optional<TrainingState> saved;
  const Json info = identity_of(recipe, network, options, epochs, tokens, parts.training);
  if (options.resume && exists(files.checkpoint())) {
    saved = load_training_state(files.checkpoint());
    if (!saved)
      throw FileError("'" + files.checkpoint() + "' holds no state of a training: it cannot be resumed");
    check_identity(saved->info, info, files.checkpoint());
  } else {
    files.refuse_to_lose_training();
    if (!fresh && !options.overwrite && exists(folder + "/config.json"))
      throw FileError("'" + folder +
                      "' holds a model already; it would be replaced: choose another --out, or give "
                      "--overwrite");
  }
  const TrainingSnapshot* const resume = saved ? &saved->training : nullptr;
  files.open_folder(options.run_dir, recipe.name, resume);

  const Talk talk{options.json ? stderr : stdout, options.quiet};
  if (options.resume && !saved)
    talk.say("There is no " + files.checkpoint() + " yet: starting from the beginning.");
  Translator translator = with_data_of(data, [&] {
    return recipe.build(network, parts.training, epochs, tokens, options.seed, options.dtype_policy);
  });
  PretrainedModel& model = translator.model();
  TokenBatches batches = translator.batches(parts.training, true, tokens);
  std::optional<TokenBatches> judged;
  if (parts.judged) judged = translator.batches(*parts.judged, false, tokens);
  talk.say(fmt::format("{} pairs, {} tokens in the vocabulary, {} steps an epoch.", parts.training.size(),
                       translator.tokenizer().size(), *batches.steps()));
  if (resume)
    talk.say(fmt::format("Going on after {} epochs and {} steps, from {}.", resume->epoch(), resume->step(),
                         files.checkpoint()));

  TrainLog log({.checkpoint = files.checkpoint(),
                .folder = files.folder(),
                .info = info,
                .write_options = files.write_options(),
                .json = options.json,
                .saved = resume != nullptr});
  ProgressBar bar({.stream = talk.stream, .verbose = options.quiet ? 0 : 1});
  AverageWeights average(recipe.averaged);
  FitOptions fit{.epochs = epochs,
                 .callbacks = {&bar, &average, &log},
                 .verbose = 0,
                 .seed = options.seed,
                 .log_gradient_norm = options.gradient_norm,
                 .resume = resume};
  if (judged) fit.validation_source = &*judged;
  History history;
  {
    Interrupt interrupt;
    fit.stop_flag = &interrupt.flag();
    history = model.fit(batches, fit);
    if (history.interrupted) log.save();
  }
  log.count_time();
  if (history.interrupted) tell_interrupted(options, files.checkpoint(), log.saved(), log.good());

  average.apply(model);
  translator.save_pretrained(folder);
  TranslationRun run{recipe.name, network.name, data,
                     epochs,      tokens,       static_cast<int64_t>(parts.training.size())};
  if (const double step = log.step_seconds(); step > 0)
    run.tokens_s = static_cast<double>(batches.tokens()) / static_cast<double>(*batches.steps()) / step;
  if (parts.judged) {
    run.judged = &*parts.judged;
    run.judged_name = parts.judged_name;
    // What was saved: it computes in float32, whatever the training did.
    const Translator trained = Translator::from_pretrained(folder);
    run.judgement = judge(trained, *parts.judged);
    run.alignments = alignments(trained, *parts.judged);
  } else {
    for (const std::string name : {"loss", "accuracy"})
      run.judgement.metrics.emplace_back(name, log[name].back());
  }
  const auto& metrics = run.judgement.metrics;
  const std::string report = write_translation_report(options, run, model, log, files);
  talk.say(
      fmt::format("{} {}", parts.judged ? parts.judged_name + ":" : "last epoch:", metrics_line(metrics)));
  talk.say(
      fmt::format("Saved {}/; the training state is in {}.\nReport: {}", folder, files.checkpoint(), report));
  if (options.json) {
    print_json(Json::object({{"done", true},
                             {"model", folder},
                             {"metrics", metrics_json(metrics)},
                             {"metrics_of", parts.judged ? parts.judged_name : "training"},
                             {"epochs", epochs},
                             {"seconds", log.seconds()},
                             {"tokens_s", finite(run.tokens_s)},
                             {"report", report}}));
  }
  std::fflush(stdout);
  forget_gone_reader(stdout);
  return 0;
}

}  // namespace lamina::cli
