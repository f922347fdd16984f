// lamina train, for models that translate: a folder of Hugging Face's comes out.
#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "cli.h"
#include "fingerprint.h"
#include "folder_training.h"
#include "lamina/base/error.h"
#include "lamina/zoo/transformers/average_weights.h"
#include "metrics.h"
#include "translation.h"

namespace lamina::cli {
namespace {

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
  const std::string folder = out_folder(options, recipe.name);
  const std::string data = options.data.empty() ? recipe.data : options.data;
  const TranslationNetwork& network =
      options.model.empty() ? translation_networks().front() : translation_network(options.model);
  const int epochs = options.epochs.value_or(network.epochs);
  const int64_t tokens = options.batch_size ? *options.batch_size : recipe.tokens;
  const Parts parts = read_parts(recipe, data, options);

  FolderTraining training(options, recipe.name, folder);
  training.open(identity_of(recipe, network, options, epochs, tokens, parts.training));
  Translator translator = with_data_of(data, [&] {
    return recipe.build(network, parts.training, epochs, tokens, options.seed, options.dtype_policy);
  });
  PretrainedModel& model = translator.model();
  TokenBatches batches = translator.batches(parts.training, true, tokens);
  std::optional<TokenBatches> judged;
  if (parts.judged) judged.emplace(translator.batches(*parts.judged, false, tokens));
  training.talk().say(fmt::format("{} pairs, {} tokens in the vocabulary, {} steps an epoch.",
                                  parts.training.size(), translator.tokenizer().size(), *batches.steps()));
  AverageWeights average(recipe.averaged);
  training.fit(model, batches, judged ? &*judged : nullptr, "", {&average}, data);
  average.apply(model);
  translator.save_pretrained(folder);
  const TrainLog& log = training.log();
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
  training.finish(run.judgement.metrics, parts.judged ? parts.judged_name : "training",
                  write_translation_report(options, run, model, log, training.files()),
                  Json::object({{"tokens_s", finite(run.tokens_s)}}));
  return 0;
}

}  // namespace lamina::cli
