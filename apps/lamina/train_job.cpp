// From words to a model and its data.
#include "train_job.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <optional>
#include <random>
#include <set>

#include "lamina/base/error.h"
#include "lamina/base/log.h"
#include "lamina/data/table_in_folder.h"
#include "lamina/nn/validation_split.h"
#include "lamina/series/series_info.h"
#include "lamina/zoo/recipes.h"
#include "lamina/zoo/samples.h"
#include "lamina/zoo/transfer.h"

namespace lamina::cli {
namespace {

TrainJob recipe_job(const Recipe& recipe, const TrainOptions& options) {
  if (options.data.empty() && recipe.data.empty()) {
    throw UsageError("train: the recipe '" + recipe.name +
                     "' has no data of its own: name them (--data); see 'lamina train --help'");
  }
  std::string data = options.data.empty() ? recipe.data : options.data;
  if (const std::string table = table_in_folder(data, recipe.columns); !table.empty()) data = table;
  return {recipe.name,
          data,
          options.out.empty() ? recipe.file : options.out,
          options.epochs.value_or(recipe.epochs),
          options.batch_size.value_or(recipe.batch_size),
          std::make_shared<const Recipe>(recipe),
          Sequential()};
}

// The recipe, or the one that trains what --model and --weights say.
Recipe with_network_said(const Recipe& recipe, const TrainOptions& options) {
  if (options.model.empty() && options.weights.empty()) return recipe;
  if (recipe.networks.empty())
    throw UsageError("train: the recipe '" + recipe.name + "' has one network: --model and --weights are of others");
  return recipe.with_network(recipe, {options.model.empty() ? recipe.networks.front() : options.model, options.weights});
}

TrainJob file_job(const TrainOptions& options) {
  if (options.data.empty()) throw UsageError("train: a model file needs --data; see 'lamina train --help'");
  Model model = load(options.what);
  if (!model.compiled()) {
    throw InvalidArgument(
        "'" + options.what +
        "' holds no optimizer and loss that this program knows: it cannot be trained from the command line");
  }
  std::string name = without_extension(options.what);
  name = name.substr(name.rfind('/') + 1);
  return {name,
          options.data,
          options.out.empty() ? name + "-tuned.keras" : options.out,
          options.epochs.value_or(1),
          options.batch_size.value_or(32),
          nullptr,
          std::move(model)};
}

}  // namespace

std::vector<size_t> drawn_order(size_t count, uint64_t seed) {
  std::vector<size_t> numbers(count);
  std::iota(numbers.begin(), numbers.end(), size_t{0});
  std::mt19937_64 random(seed);
  for (size_t i = count; i > 1; --i) std::swap(numbers[i - 1], numbers[random() % i]);
  return numbers;
}

namespace {

// Takes a share of the samples, drawn by the seed, out of `data`.
LabelledData take_share(LabelledData& data, double share, uint64_t seed) {
  const auto count = static_cast<int64_t>(share * static_cast<double>(data.samples()));
  if (count == 0) return {};
  const std::vector<size_t> order = drawn_order(static_cast<size_t>(data.samples()), seed);
  std::vector<int64_t> numbers(order.begin(), order.end());
  const LabelledData all = std::move(data);
  std::vector<int64_t> taken(numbers.begin(), numbers.begin() + count);
  numbers.erase(numbers.begin(), numbers.begin() + count);
  data = part_of(all, numbers);
  return part_of(all, taken);
}

// What a model of a series knew of its errors, and of what it has seen, was of its old weights.
void forget_old_series(Model& model, const LabelledData& training, double validation_split) {
  DataInfo info = model.data_info();
  std::optional<SeriesInfo> series = SeriesInfo::of(info);
  if (!series) return;
  // As fit parts the windows: what follows the last that is learned from is held out.
  const int64_t windows = training.samples() - series->window;
  const int64_t seen = validation_split > 0 && windows > 0
                           ? series->window + training_samples(windows, validation_split)
                           : training.samples();
  SeriesInfo{
      .window = series->window, .trained_on = seen, .fingerprint = series_fingerprint(training.x, seen)}
      .save(info);
  model.set_data_info(std::move(info));
}

}  // namespace

// Samples in the order of their classes: a part of them lacks some, and what is measured on it means nothing.
void warn_of_lost_classes(const LabelledData& data, int64_t first, int64_t end, const std::string& which) {
  if (data.class_names.size() < 2 || !data.y.defined() || !is_integer(data.y.dtype()) || data.y.rank() != 1)
    return;
  const std::vector<int32_t> labels = data.y.to_vector<int32_t>();
  const std::set<int32_t> all(labels.begin(), labels.end());
  const std::set<int32_t> some(labels.begin() + first, labels.begin() + end);
  if (some.size() == all.size()) return;
  warn(fmt::format("{} hold {} of {} classes: the samples seem to stand in the order of their classes", which,
                   some.size(), all.size()));
}

LabelledData load_limited(const std::string& source, DataOptions how, const TrainOptions& options) {
  const LabelledData data = load_data(source, how);
  const int64_t limit = options.limit_samples;
  if (limit > 0 && limit < data.samples())
    warn_of_lost_classes(data, 0, limit, fmt::format("the first {} samples of '{}'", limit, source));
  return limit > 0 ? part_of(data, 0, std::min(limit, data.samples())) : data;
}

FeatureSpaceOptions features_of(const TrainOptions& options) {
  return {.numeric = names_between_commas(options.numeric),
          .categorical = names_between_commas(options.categorical),
          .left_out = names_between_commas(options.leave_out),
          .max_tokens = options.max_categories.value_or(FeatureSpaceOptions().max_tokens),
          .date_format = options.arguments.date_format};
}

void tell_task(DataNeeds& needs, const TrainOptions& options) {
  const bool rows = needs.samples == SampleKind::kRows;
  if (!rows && (features_of(options).given() || options.max_categories || !options.task.empty()))
    throw UsageError(
        "train: --categorical, --numeric, --leave-out, --max-categories and --task are of the recipes "
        "tabular "
        "and tabular-forest");
  if (!options.task.empty() && options.task != "classification" && options.task != "regression")
    throw UsageError("--task: expected classification or regression; got '" + options.task + "'");
  if (!options.task.empty())
    needs.target = options.task == "regression" ? TargetKind::kValues : TargetKind::kClassNumbers;
}

std::string without_extension(const std::string& path) {
  return path.ends_with(".keras") ? path.substr(0, path.size() - 6) : path;
}

TrainJob train_job(const TrainOptions& options) {
  if (!options.out.empty() && !options.out.ends_with(".keras"))
    throw UsageError("train: --out must end in .keras; got '" + options.out + "'");
  if (!options.validation_data.empty() && options.validation_split > 0)
    throw UsageError("train: --validation-data and --validation-split exclude each other");
  if (const Recipe* found = find_recipe(options.what)) {
    if (options.from.empty() && options.learning_rate > 0)
      throw UsageError("train: --learning-rate belongs to --from: the recipe has a rate of its own");
    if (options.from.empty()) return recipe_job(with_network_said(*found, options), options);
    if (!options.model.empty()) throw UsageError("train: --from names the network; --model is for those made here");
    const TransferOptions how{.from = options.from,
                              .features = options.features,
                              .normalize = options.normalize,
                              .head_epochs = options.head_epochs.value_or(TransferOptions().head_epochs),
                              .learning_rate = options.learning_rate};
    return recipe_job(transfer_recipe(*found, how), options);
  }
  return file_job(options);
}

TrainingData load_training_data(const TrainOptions& options, TrainJob& job, const DataInfo& known) {
  const Recipe* const recipe = job.recipe.get();
  DataNeeds needs = !recipe ? DataNeeds() : recipe->look ? recipe->look(job.data) : recipe->needs;
  if (recipe) {
    needs.known = known;
    tell_info(needs.known, needs, options.arguments);
  } else {
    if (!known.empty()) job.model.set_data_info(known);
    tell_model(job.model, options.arguments);
    needs = model_needs(job.model);
  }
  needs.learned_from = true;
  tell_task(needs, options);
  TrainingData data;
  data.raw = load_limited(job.data, data_options(needs, options.arguments, "train"), options);
  const bool given = !options.validation_data.empty(), part = has_part(job.data, "test");
  const bool cut = recipe && recipe->held_out > 0 && !given && !part && options.validation_split == 0;
  const int64_t samples = data.raw.samples();
  const auto kept = samples - static_cast<int64_t>(cut ? recipe->held_out * static_cast<double>(samples) : 0);
  const LabelledData all = cut ? data.raw : LabelledData();
  if (cut) data.raw = part_of(all, 0, kept);
  LabelledData stops;
  if (recipe && recipe->validation > 0 && options.validation_split == 0)
    stops = take_share(data.raw, recipe->validation, options.seed);
  const int64_t learned = data.raw.samples() - static_cast<int64_t>(options.validation_split *
                                                                    static_cast<double>(data.raw.samples()));
  const int64_t steps = job.epochs * ((learned + job.batch_size - 1) / job.batch_size);
  if (options.validation_split > 0) {
    warn_of_lost_classes(data.raw, 0, learned, "the samples before --validation-split");
    warn_of_lost_classes(data.raw, learned, data.raw.samples(),
                         "the samples of --validation-split, the last ones,");
  }
  if (!recipe) forget_old_series(job.model, data.raw, options.validation_split);
  with_data_of(job.data, [&] {
    if (recipe) {
      FeatureSpaceOptions features = features_of(options);
      // A training that goes on reads what it has learned from; what was left out then is not there now.
      if (!known.features.empty())
        std::erase_if(features.left_out, [&](const std::string& name) {
          return std::find(known.features.begin(), known.features.end(), name) == known.features.end();
        });
      job.model = recipe->build(data.raw, {options.seed, steps, features});
      if (!known.empty()) job.model.set_data_info(known);
      tell_model(job.model, options.arguments);
    }
    learn_data_info(job.model, data.raw);
    settle_scale_of(job.model, data.raw, options.arguments, job.data);
    data.classes = data.raw.class_names;
    data.training = model_samples(job.model, data.raw);
    if (stops.y.defined()) data.stops = model_samples(job.model, stops);
  });
  if (recipe && recipe->calibrate && has_part(job.data, "val"))
    data.calibration =
        load_data(job.data + ":val", data_options(model_needs(job.model), options.arguments, "test"));
  // Pictures as bytes need not stay beside what the model takes.
  const bool keeps_raw = recipe ? recipe->finish || recipe->folds > 0 : context_of(job.model) > 0;
  if (!keeps_raw) data.raw = {};
  if (!given && !part && data.stops.x.defined()) {
    data.held_out = data.stops;
    data.held_out_name = "validation";
  }
  if (!given && !part && !cut) return data;
  const std::string& held_out = given ? options.validation_data : job.data;
  with_data_of(held_out, [&] {
    if (cut) {
      const int64_t first = std::max<int64_t>(0, kept - context_of(job.model));
      data.raw_held_out = part_of(all, first, samples - first);
    } else {
      data.raw_held_out =
          load_limited(held_out, data_options(model_needs(job.model), options.arguments, "test"), options);
      settle_scale_of(job.model, data.raw_held_out, options.arguments, held_out);
    }
    data.held_out = model_samples(job.model, data.raw_held_out);
  });
  // Where a share of the training is held back, "validation" is what ended it, and never these samples.
  data.held_out_name = given && !data.stops.x.defined() ? "validation" : "test";
  if (!keeps_raw) data.raw_held_out = {};
  return data;
}

}  // namespace lamina::cli
