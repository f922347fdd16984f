// The kinds of recipes, one behind the other, with their options.
#include "recipe_kinds.h"

#include <fmt/format.h>

#include <algorithm>
#include <initializer_list>

#include "dialogues.h"
#include "estimators.h"
#include "fine_tuning.h"
#include "lamina/base/error.h"
#include "lamina/chat/dialogue_recipe.h"
#include "lamina/zoo/estimator_recipes.h"
#include "lamina/zoo/language_recipes.h"
#include "lamina/zoo/recipes.h"
#include "lamina/zoo/transfer.h"
#include "lamina/zoo/translation_recipes.h"
#include "replies.h"
#include "train_detector.h"
#include "train_language.h"
#include "train_network.h"
#include "translation.h"

namespace lamina::cli {
namespace {

using Names = std::vector<std::string>;

const Names kAll{"RECIPE",  "--data", "--seed", "--out",    "--overwrite",
                 "--quiet", "--json", "--help", "--device", "--threads"},
    kSteps{"--epochs", "--batch-size"},
    kKept{"--run-dir", "--resume", "--gradient-norm"},  // by a checkpoint and a run folder
    kSplit{"--validation-data", "--validation-split", "--limit-samples"},
    kTwoColumns{"--text-column", "--label-column"},
    kTexts{"--labels", "--missing",   "--on-error", "--separator",
           "--header", "--no-header", "--quotes",   "--no-quotes"},
    kSamples{"--scale", "--infinite", "--date-format", "--fill-dates", "--decimal-comma"},
    kColumns{"--task", "--categorical", "--numeric", "--leave-out", "--max-categories"},
    kChecked{"--stop-on-nan", "--allow-changes"}, kNarrow{"--lora", "--lora-alpha", "--lora-targets"},
    kTuned{"--from", "--learning-rate", "--max-length", "--stop-on-nan"},
    kTransferred{"--from", "--features", "--normalize", "--head-epochs", "--learning-rate"},
    kNamed{"--model", "--weights"};

Names all_of(std::initializer_list<Names> lists) {
  Names names;
  for (const Names& list : lists) names.insert(names.end(), list.begin(), list.end());
  return names;
}

template <class T>
std::vector<std::pair<std::string, std::string>> named(const T& recipes) {
  std::vector<std::pair<std::string, std::string>> all;
  for (const auto& recipe : recipes) all.emplace_back(recipe.name, recipe.description);
  return all;
}

// Those that transfer_recipe takes, or all others.
std::vector<Recipe> that_take_features(bool they_do) {
  std::vector<Recipe> some = recipes();
  std::erase_if(some, [&](const Recipe& recipe) { return takes_features(recipe) != they_do; });
  return some;
}

const Names kOfNetworks = all_of({kSteps, kKept, kSplit, kTwoColumns, kTexts, kSamples, kColumns, kChecked});

const std::vector<std::pair<std::string, std::string>> kOfCheckpoints{
    {"--model", "--from names the checkpoint"}, {"--tokens", "--from names the checkpoint"}};

std::vector<RecipeKind> made() {
  std::vector<RecipeKind> kinds{
      {.called = "a network's recipe",
       .of = "recipes of networks",
       .recipes = named(that_take_features(false)),
       .takes = kOfNetworks,
       .instead = {},
       .train = train_network},
      {.called = "a recipe of colour pictures",
       .of = "recipes of colour pictures",
       .recipes = named(that_take_features(true)),
       .takes = all_of({kSteps, kKept, kSplit, kTwoColumns, kTexts, kSamples, kChecked, kTransferred, kNamed}),
       .instead = {},
       .train = train_network},
      {.called = "a recipe that translates",
       .of = "recipes that translate",
       .recipes = named(translation_recipes()),
       .takes =
           all_of({kSteps, kKept, {"--validation-data", "--limit-samples", "--model", "--dtype-policy"}}),
       .instead = {{"--validation-split", "give --validation-data"}},
       .train =
           [](const TrainOptions& options) {
             return train_translation(*find_translation_recipe(options.what), options);
           }},
      {.called = "a recipe that finds things",
       .of = "recipes that find things in pictures",
       .recipes = named(vision::detector_recipes()),
       .takes = all_of({kSteps, kKept, {"--validation-data", "--validation-split", "--learning-rate", "--from", "--stop-on-nan"}}),
       .instead = {{"--limit-samples", "give it a folder of fewer pictures"}},
       .train =
           [](const TrainOptions& options) {
             return train_detector(*vision::find_detector_recipe(options.what), options);
           }},
      {.called = "an estimator",
       .of = "recipes that make .classic files",
       .recipes = named(estimator_recipes()),
       .takes = all_of(
           {kSplit, kTwoColumns, kTexts, kSamples, kColumns, {"--run-dir", "--model", "--stop-words"}}),
       .instead = {{"--resume", "it is fitted at once"}},
       .train =
           [](const TrainOptions& options) {
             return train_estimator(*find_estimator_recipe(options.what), options);
           }},
      {.called = "a language model's recipe",
       .of = "language models",
       .recipes = named(language_recipes()),
       .takes = all_of({kSteps, kKept, {"--model", "--tokens", "--dtype-policy", "--stop-on-nan"}}),
       .instead = {{"--validation-data", "the end of the training text validates"},
                   {"--validation-split", "the end of the training text validates"},
                   {"--limit-samples", "give it a shorter text"}},
       .train =
           [](const TrainOptions& options) {
             return train_language(*find_language_recipe(options.what), options);
           }},
      {.called = "the recipe 'dialogue'",
       .of = "dialogue",
       .recipes = named(std::vector{DialogueRecipe()}),
       .takes = kSteps,
       .instead = {{"--resume", "it is trained in minutes"},
                   {"--validation-split", "the part dev of the data validates"},
                   {"--validation-data", "the part dev of the data validates"}},
       .train = train_dialogue},
      {.called = "the recipe 'replies'",
       .of = kReplies,
       .recipes = {{kReplies, kRepliesDescription}},
       .takes = all_of({kSteps, kKept, kTwoColumns, {"--from"}}),
       .instead = {{"--validation-split", "every tenth turn, or the part dev, validates"},
                   {"--validation-data", "every tenth turn, or the part dev, validates"},
                   {"--model", "--from names the folder to go on from"}},
       .train = train_replies}};
  for (const FineTuningTask& task : fine_tuning_tasks()) {
    kinds.push_back({.called = "'" + task.name + "'",
                     .of = task.name,
                     .recipes = {{task.name, task.description}},
                     .takes = all_of({kSteps, kKept, kSplit, kTuned, kNarrow, task.columns}),
                     .instead = kOfCheckpoints,
                     .train = [](const TrainOptions& options) {
                       return train_fine_tuning(*find_fine_tuning_task(options.what), options);
                     }});
  }
  kinds.push_back({.called = "a saved model",
                   .of = "saved models",
                   .recipes = {},
                   .takes = kOfNetworks,
                   .instead = {{"--from", "it is named itself"}},
                   .train = train_network});
  return kinds;
}

bool has(const Names& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace

const std::vector<RecipeKind>& recipe_kinds() {
  static const std::vector<RecipeKind> all = made();
  return all;
}

const RecipeKind& kind_of(const std::string& what) {
  Names known;
  for (const RecipeKind& kind : recipe_kinds()) {
    for (const auto& [name, description] : kind.recipes) {
      if (name == what) return kind;
      known.push_back(name);
    }
  }
  if (!what.ends_with(".keras") && !exists(what))
    throw InvalidArgument("unknown recipe '" + what + "'" + suggest(what, known));
  return recipe_kinds().back();
}

void check_options(const RecipeKind& kind, const TrainOptions& options) {
  const auto instead = [&](const std::string& option) {
    for (const auto& [name, what] : kind.instead) {
      if (name == option) return ": " + what;
    }
    Names others;
    for (const RecipeKind& other : recipe_kinds()) {
      if (has(other.takes, option)) others.push_back(other.of);
    }
    return others.empty() ? std::string() : fmt::format("; it is of {}", fmt::join(others, ", "));
  };
  take_only("train: " + kind.called, options.given, all_of({kAll, kind.takes}), instead);
  check_belongings("train", options.given,
                   {{"--lora-targets", {"--lora"}},
                    {"--lora-alpha", {"--lora"}},
                    {"--features", {"--from"}},
                    {"--normalize", {"--from"}},
                    {"--head-epochs", {"--from"}}});
}

std::vector<std::pair<std::string, std::string>> recipe_list() {
  std::vector<std::pair<std::string, std::string>> all;
  for (const RecipeKind& kind : recipe_kinds())
    all.insert(all.end(), kind.recipes.begin(), kind.recipes.end());
  return all;
}

}  // namespace lamina::cli
