// lamina train: its options, and who takes them.
#include <fmt/ranges.h>

#include "estimators.h"
#include "interrupt.h"
#include "lamina/zoo/language_recipes.h"
#include "lamina/zoo/recipes.h"
#include "lamina/zoo/translation_recipes.h"
#include "lamina/zoo/without_head.h"
#include "recipe_kinds.h"
#include "train_job.h"

namespace lamina::cli {
namespace {

int train(const TrainOptions& options) {
  const RecipeKind& kind = kind_of(options.what);
  check_options(kind, options);
  const Undisturbed undisturbed;
  auto scope = enter(options.place);
  return kind.train(options);
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
  std::string networks, translating, tokens, pictures;
  for (const Recipe& recipe : recipes()) {
    if (!recipe.networks.empty())
      pictures += fmt::format("; of {}: {}", recipe.name, fmt::join(recipe.networks, ", "));
  }
  for (const LanguageNetwork& one : language_networks())
    networks += (networks.empty() ? "" : ", ") + one.name;
  for (const TranslationNetwork& one : translation_networks())
    translating += (translating.empty() ? "" : ", ") + one.name;
  for (const LanguageTokens& one : language_tokens()) tokens += (tokens.empty() ? "" : ", ") + one.name;
  command.add(options->model, {.name = "--model",
                               .help = "Of the recipes that make .classic files: " + learners +
                                       " (default: forest); of language models: " + networks +
                                       "; of those that translate: " + translating + pictures,
                               .type = "NAME"});
  command.add(options->weights,
              {.name = "--weights",
               .help = "With --model, of photographs: a file of weights that the network's features begin with, by "
                       "the names of its layers (default: random)",
               .type = "FILE"});
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
               .help = "Of classify, tag, answer and replies: the folder of the checkpoint to start from; of "
                       "recipes that find things in pictures: a NanoDet (.onnx) to go on from; of "
                       "recipes of colour pictures: the model (.onnx, .keras, .h5) whose features are learned from",
               .type = "DIR|FILE"});
  std::string scales;
  for (const PictureScale& scale : picture_scales()) scales += (scales.empty() ? "" : "|") + scale.name;
  command.add(options->features,
              {.name = "--features",
               .help = "With --from FILE: the layer, node or value that gives the features (default: what the last "
                       "layer with weights is given)",
               .type = "NAME"});
  command.add(options->normalize,
              {.name = "--normalize",
               .help = "With --from FILE: how it takes pictures (default: what the file says, or else a guess)",
               .type = scales.c_str()});
  command.add(options->head_epochs,
              {.name = "--head-epochs",
               .help = "With --from FILE: times to go through the features before all weights are trained "
                       "(default: 20)",
               .type = "N",
               .least = 1,
               .most = 1000000});
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
               .help = "Of classify, tag and answer: the highest rate (default: 5e-5, with --lora 5e-4); with --from "
                       "FILE: of all weights (default: 1e-5)",
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
  command.flag(options->quiet, "--quiet", "Print nothing but warnings and errors");
  add_place(command, options->place);
  add_json(command, options->json, "one object an epoch and a last one");
  command.on_call([options, command, &action] {
    options->given = command.given();
    action = [options] { return train(*options); };
  });
}

}  // namespace lamina::cli
