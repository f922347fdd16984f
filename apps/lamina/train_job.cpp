// From words to a model and its data.
#include "train_job.h"

#include <algorithm>
#include <filesystem>

#include "lamina/base/error.h"
#include "lamina/zoo/recipes.h"
#include "lamina/zoo/samples.h"
#include "lamina/zoo/tutorial_models.h"

namespace lamina::cli {
namespace {

TrainJob recipe_job(const Recipe& recipe, const TrainOptions& options) {
  Model model = tutorial_model(recipe.network).build(options.seed);
  model.set_data_info({.scale = PixelScale::kUnit});
  return {recipe.name,
          options.data.empty() ? recipe.data : options.data,
          options.out.empty() ? recipe.file : options.out,
          options.epochs.value_or(recipe.epochs),
          options.batch_size.value_or(recipe.batch_size),
          std::move(model)};
}

TrainJob file_job(const TrainOptions& options) {
  if (options.data.empty()) throw UsageError("train: a model file needs --data; see 'lamina train --help'");
  Model model = load(options.what);
  if (!model.compiled()) {
    throw InvalidArgument(
        "'" + options.what +
        "' was saved without optimizer and loss: it cannot be trained from the command line");
  }
  std::string name = without_extension(options.what);
  name = name.substr(name.rfind('/') + 1);
  return {name,
          options.data,
          options.out.empty() ? name + "-tuned.keras" : options.out,
          options.epochs.value_or(1),
          options.batch_size.value_or(32),
          std::move(model)};
}

LabelledData load_limited(const std::string& source, const char* part, bool training,
                          const TrainOptions& options, Model& model) {
  DataOptions how = data_options(model, options.arguments, part);
  how.needs.learned_from = training;
  LabelledData data = load_data(source, how);
  if (training) learn_data_info(model, data);
  settle_scale_of(model, data, options.arguments, source);
  const int64_t limit = options.limit_samples;
  return limit > 0 ? part_of(data, 0, std::min(limit, data.samples())) : data;
}

// Named sets have a part "test", and so have folders with the files of one, unless only those for training
// are there, and folders of images with the folders train and test.
bool has_test_part(const std::string& source) {
  const std::vector<std::string> named = named_data_sets();
  if (std::find(named.begin(), named.end(), source) != named.end()) return true;
  std::error_code ignored;
  namespace fs = std::filesystem;
  if (fs::is_directory(source + "/train", ignored) && fs::is_directory(source + "/test", ignored))
    return true;
  for (const auto& entry : fs::directory_iterator(source, ignored)) {
    if (entry.path().filename().string().starts_with("t10k-")) return true;
  }
  return false;
}

}  // namespace

std::string without_extension(const std::string& path) {
  return path.ends_with(".keras") ? path.substr(0, path.size() - 6) : path;
}

TrainJob train_job(const TrainOptions& options) {
  if (!options.out.empty() && !options.out.ends_with(".keras"))
    throw UsageError("train: --out must end in .keras; got '" + options.out + "'");
  if (!options.validation_data.empty() && options.validation_split > 0)
    throw UsageError("train: --validation-data and --validation-split exclude each other");
  if (const Recipe* found = find_recipe(options.what)) return recipe_job(*found, options);
  if (!options.what.ends_with(".keras") && !exists(options.what))
    recipe(options.what);  // throws, suggesting the nearest
  return file_job(options);
}

TrainingData load_training_data(const TrainOptions& options, TrainJob& job) {
  tell_model(job.model, options.arguments);
  TrainingData data;
  with_data_of(job.data, [&] {
    const LabelledData loaded = load_limited(job.data, "train", true, options, job.model);
    data.classes = loaded.class_names;
    data.training = model_samples(job.model, loaded);
  });
  const bool given = !options.validation_data.empty();
  if (!given && !has_test_part(job.data)) return data;
  const std::string& held_out = given ? options.validation_data : job.data;
  data.held_out = with_data_of(held_out, [&] {
    return model_samples(job.model, load_limited(held_out, "test", false, options, job.model));
  });
  data.held_out_name = given ? "validation" : "test";
  return data;
}

}  // namespace lamina::cli
