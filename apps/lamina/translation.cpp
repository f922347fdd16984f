// Pairs of texts by name and part, and translations beside those of people.
#include "translation.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <optional>

#include "cli.h"
#include "lamina/base/error.h"
#include "lamina/base/terminal.h"
#include "lamina/nn/callbacks/progress_line.h"
#include "lamina/zoo/samples.h"
#include "metrics.h"
#include "train_language.h"

namespace lamina::cli {
namespace {

const TranslationRecipe* recipe_of(const TranslationTask& task) {
  const auto& all = translation_recipes();
  const auto found = std::find_if(all.begin(), all.end(), [&](const TranslationRecipe& recipe) {
    return recipe.task.source == task.source && recipe.task.target == task.target;
  });
  return found == all.end() ? nullptr : &*found;
}

}  // namespace

Pairs read_pairs(const std::string& source, const std::string& part, const TranslationTask& task) {
  const SourceRange range = parse_source(source);
  const auto [place, wanted] = place_and_part(range.source, {"train", "val", "test"}, part);
  Pairs pairs;
  pairs.file = parallel_file(place, wanted);
  if (pairs.file.empty())
    throw FileError("the folder '" + place + "' has no part '" + wanted + "': " + wanted + ".tsv or " +
                    wanted + ".csv was expected, with " +
                    (task.source.empty() ? "two columns"
                                         : "the columns '" + task.source + "' and '" + task.target + "'"));
  pairs.texts = read_parallel_texts(pairs.file, task.source, task.target);
  if (!range.given) return pairs;
  const auto size = static_cast<int64_t>(pairs.texts.size());
  const int64_t end = range.end < 0 ? size : range.end;
  if (range.begin >= end || end > size)
    throw InvalidArgument(fmt::format("'{}' has {} pairs, and {} to {} were asked for", pairs.file, size,
                                      range.begin, end - 1));
  for (std::vector<std::string>* const texts : {&pairs.texts.sources, &pairs.texts.targets})
    *texts = {texts->begin() + range.begin, texts->begin() + end};
  return pairs;
}

bool has_pairs(const std::string& source, const std::string& part) {
  const std::string file = parallel_file(source, part);
  return !file.empty() && file != parallel_file(source, part == "train" ? "test" : "train");
}

Judgement judge(const Translator& translator, const ParallelTexts& texts) {
  Judgement judgement;
  if (!translator.model().compiled()) translator.model().compile({});
  TokenBatches batches = translator.batches(texts, false);
  const Logs logs = translator.model().evaluate(batches, {.verbose = 0});
  judgement.metrics = logs.items();
  judgement.translations = translator.translate(texts.sources);
  const TranslationScores scores =
      score_translations(judgement.translations, texts.targets, translator.task().target);
  judgement.metrics.emplace_back("bleu", scores.bleu);
  judgement.metrics.emplace_back("chrf", scores.chrf);
  judgement.signature = scores.signature;
  return judgement;
}

bool translates(const std::string& path) {
  const Json config = config_of(path);
  const Json* const said = config.find("is_encoder_decoder");
  return said && said->is_bool() && said->as_bool();
}

int evaluate_translation(const std::string& folder, const std::string& source, const DataArguments& arguments,
                         bool json) {
  const Translator translator = Translator::from_pretrained(folder);
  TranslationTask task = translator.task();
  if (!arguments.text_column.empty()) task.source = arguments.text_column;
  if (!arguments.label_column.empty()) task.target = arguments.label_column;
  if (task.source.empty() != task.target.empty())
    throw UsageError("evaluate: --text-column and --label-column name sources and targets, both of them");
  const TranslationRecipe* const recipe = recipe_of(task);
  if (source.empty() && !recipe)
    throw UsageError("evaluate: --data is required: pairs of texts, a file or a folder with test.tsv");
  const Pairs pairs = read_pairs(source.empty() ? recipe->data : source, "test", task);
  const Judgement judgement = judge(translator, pairs.texts);
  if (json) {
    print_json(Json::object({{"metrics", metrics_json(judgement.metrics)},
                             {"samples", static_cast<int64_t>(pairs.texts.size())},
                             {"data", pairs.file},
                             {"signature", judgement.signature}}));
    return 0;
  }
  fmt::print("{} - {} pairs of {}\nBLEU is sacreBLEU's {}\n", metrics_line(judgement.metrics),
             pairs.texts.size(), printable(pairs.file), judgement.signature);
  return 0;
}

}  // namespace lamina::cli
