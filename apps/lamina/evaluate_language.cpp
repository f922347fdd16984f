// lamina evaluate of a folder with a language model.
#include <fmt/format.h>

#include <filesystem>

#include "cli.h"
#include "lamina/base/files.h"
#include "metrics.h"
#include "train_language.h"

namespace lamina::cli {

bool is_model_folder(const std::string& path) {
  std::error_code ignored;
  return std::filesystem::is_regular_file(path + "/config.json", ignored);
}

Json config_of(const std::string& folder) {
  const std::string file = folder + "/config.json";
  constexpr uint64_t kMost = uint64_t{16} << 20;
  return Json::parse(read_file(file, kMost), file, kMost);
}

int evaluate_language(const std::string& folder, const std::string& data, bool json, bool quiet) {
  const LanguageModel model = LanguageModel::from_pretrained(folder);
  const LanguageRecipe* const recipe = recipe_of(model.model());
  if (data.empty() && !recipe)
    throw UsageError("evaluate: '" + folder +
                     "' does not say which texts it has learned: name a text (--data)");
  const std::string source = data.empty() ? find_language_texts(recipe->data, recipe->how_to_get) : data;
  std::vector<std::string> texts;
  if (recipe) {
    texts = recipe->read(source).test;
  } else {
    const LanguageTexts all = running_text(source);
    texts = {all.training.at(0) + all.validation.at(0) + all.test.at(0)};
  }
  const LanguageScore score = model.evaluate(texts);
  const Comparison metrics = language_metrics(model, texts, score);
  if (json) {
    print_json(Json::object({{"metrics", metrics_json(metrics)},
                             {"tokens", score.tokens},
                             {"characters", score.characters},
                             {"unknown_characters", score.unknown},
                             {"part", recipe ? "test" : "all"}}));
  } else {
    fmt::print("{}{} - {} characters\n", !quiet && recipe ? "test: " : "", metrics_line(metrics),
               score.characters);
  }
  return 0;
}

}  // namespace lamina::cli
