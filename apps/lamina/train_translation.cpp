// lamina train, for models that translate: a folder of Hugging Face's comes out.
#include <fmt/format.h>

#include <filesystem>

#include "cli.h"
#include "interrupt.h"
#include "lamina/base/error.h"
#include "lamina/base/file_lock.h"
#include "lamina/base/terminal.h"
#include "lamina/formats/checkpoint.h"
#include "lamina/nn/callbacks/progress_bar.h"
#include "lamina/text/translation_metrics.h"
#include "lamina/zoo/transformers/average_weights.h"
#include "lamina/zoo/translation_recipes.h"
#include "run_folder.h"
#include "train_log.h"
#include "translation.h"

namespace lamina::cli {
namespace {

void refuse_other_options(const TrainOptions& options) {
  const auto none = [](bool given, const char* name) {
    if (given) throw UsageError(std::string("train: a recipe that translates has no ") + name);
  };
  none(options.validation_split > 0, "--validation-split: give --validation-data");
  none(!options.model.empty(), "--model");
  none(!options.stop_words.empty(), "--stop-words");
  none(options.allow_changes, "--allow-changes");
  if (options.data.empty())
    throw UsageError("train: the recipe '" + options.what +
                     "' has no data of its own: name them (--data), a file of pairs or a folder with train.tsv");
}

ParallelTexts first_of(ParallelTexts texts, int64_t limit) {
  if (limit > 0 && static_cast<size_t>(limit) < texts.size()) {
    texts.sources.resize(static_cast<size_t>(limit));
    texts.targets.resize(static_cast<size_t>(limit));
  }
  return texts;
}

Json identity_of(const TranslationRecipe& recipe, const TrainOptions& options, int epochs, int64_t tokens, size_t pairs) {
  return Json::object({{"recipe", recipe.name},
                       {"seed", options.seed},
                       {"epochs", epochs},
                       {"batch_tokens", tokens},
                       {"pairs", pairs}});
}

}  // namespace

int train_translation(const TranslationRecipe& recipe, const TrainOptions& options) {
  refuse_other_options(options);
  const std::string folder = options.out.empty() ? recipe.folder : options.out;
  const std::string checkpoint = folder + "/training.checkpoint.keras";
  std::optional<Checkpoint> saved;
  if (options.resume && exists(checkpoint)) saved = load_checkpoint(checkpoint);
  if (!saved && exists(folder + "/config.json") && !options.overwrite)
    throw FileError("'" + folder + "' holds a model already: choose another --out, give --resume to go on with its training, or --overwrite");
  make_folder(folder);
  const FileLock lock(checkpoint);
  const int epochs = options.epochs.value_or(recipe.epochs);
  const int64_t tokens = options.batch_size.value_or(static_cast<int>(recipe.tokens));

  const ParallelTexts training = first_of(read_pairs(options.data, "train", recipe), options.limit_samples);
  std::optional<ParallelTexts> validation;
  if (!options.validation_data.empty())
    validation = read_pairs(options.validation_data, "val", recipe);
  else if (const std::string path = part_of_folder(options.data, "val"); !path.empty())
    validation = read_pairs(path, "val", recipe);
  const Json info = identity_of(recipe, options, epochs, tokens, training.size());
  if (saved && saved->info != info)
    throw Error("'" + checkpoint + "' is of another training (" + saved->info.dump() + "), and this one is " + info.dump() +
                ": resume it with the same data and options");
  std::FILE* const stream = options.json ? stderr : stdout;
  const auto say = [&](const std::string& text) {
    if (!options.quiet) tell(stream, text + "\n");
  };
  Translator translator = recipe.build(training, epochs, options.seed);
  PretrainedModel& model = translator.model();
  say(fmt::format("{} pairs, {} tokens, {} weights.", training.size(), translator.tokenizer().size(), model_parameters(model)));
  TokenBatches batches = translator.batches(training, true, tokens);
  std::optional<TokenBatches> judged;
  if (validation) judged = translator.batches(*validation, false, tokens);

  const TrainingSnapshot* const resume = saved ? &*saved->training : nullptr;
  const std::string run_folder = make_run_folder(options.run_dir, recipe.name);
  TrainLog log({.checkpoint = checkpoint, .folder = run_folder, .info = info, .json = options.json, .saved = resume != nullptr});
  ProgressBar bar({.stream = stream, .verbose = options.quiet ? 0 : 1});
  AverageWeights average(recipe.averaged);
  FitOptions fit{.epochs = epochs, .callbacks = {&bar, &average, &log}, .verbose = 0, .seed = options.seed, .resume = resume};
  if (judged) fit.validation_source = &*judged;
  History history;
  {
    Interrupt interrupt;
    fit.stop_flag = &interrupt.flag();
    history = model.fit(batches, fit);
    if (history.interrupted) log.save();
  }
  log.count_time();
  if (history.interrupted) {
    std::vector<std::string> words = options.words;
    if (std::find(words.begin(), words.end(), "--resume") == words.end()) words.push_back("--resume");
    throw Error("interrupted before the last step; the training is saved, go on with: " + shell_line(words));
  }
  average.apply(model);
  translator.save_pretrained(folder);
  Json metrics = Json::object();
  if (validation) metrics = judge_translations(translator, *validation, recipe.target).to_json();
  say(fmt::format("Saved {}/; {}", folder, validation ? "validation: " + metrics.dump() : "nothing was held out to judge it by"));
  if (options.json)
    print_json(Json::object({{"done", true}, {"model", folder}, {"metrics", metrics}, {"metrics_of", validation ? "validation" : ""}, {"epochs", epochs}, {"seconds", log.seconds()}}));
  return 0;
}

}  // namespace lamina::cli
