// What a training run starts from: the command line, and the model and data that it names.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli.h"
#include "data_arguments.h"
#include "lamina/zoo/recipes.h"
#include "lamina/zoo/samples.h"

namespace lamina::cli {

/// The command line of `lamina train`.
struct TrainOptions {
  std::string what, data, validation_data, out, run_dir;
  /// Of an estimator's recipe: one of learner_names(); empty: a forest. Of others: a network.
  std::string model;
  std::string weights;       ///< of a network with a name: the file that its features begin with; empty: random
  std::string from;          ///< of a fine-tuning: the folder of the checkpoint; of pictures: a model's file
  std::string features, normalize;  ///< of pictures with `from`: as TransferOptions
  std::optional<int> head_epochs;   ///< the same
  std::optional<int> lora;   ///< rank of narrow matrices, which alone are trained; nothing: everything is
  double lora_alpha = 0;     ///< 0: twice the rank
  std::string lora_targets;  ///< names of matrices between commas; empty: the usual ones of the model
  double learning_rate = 0;  ///< 0: the usual one
  std::optional<int> max_length;         ///< tokens of a text
  std::string tokens;                    ///< of a language model's recipe: how its text is cut
  std::string dtype_policy = "float32";  ///< of recipes that write text: what a network computes with
  DataArguments arguments;
  std::string categorical, numeric, leave_out, task;  ///< of the columns of a table, names between commas
  std::optional<int> max_categories;                  ///< of each column
  std::string stop_words;                             ///< of texts: between commas, or a file
  std::optional<int> epochs, batch_size;
  int64_t limit_samples = 0;
  uint64_t seed = 0;
  double validation_split = 0;
  bool resume = false, json = false, quiet = false, stop_on_nan = false;
  bool overwrite = false, allow_changes = false, gradient_norm = false;
  Place place;
  Given given;
  std::vector<std::string> words;  ///< as typed, for the line that resumes
};

/// A model with what the recipe, or else the command line, says about its training.
struct TrainJob {
  std::string name;  ///< "fashion-mnist", or the file's name
  std::string data;
  std::string out;  ///< "fashion.keras"
  int epochs = 1, batch_size = 32;
  std::shared_ptr<const Recipe> recipe;  ///< whose network is built from the data; null where a file has one
  Model model;                     ///< of a recipe, without layers before load_training_data
};

/// Throws UsageError for options that do not go together, InvalidArgument for a model that was saved without
/// optimizer and loss, FileError for a file that cannot be read.
TrainJob train_job(const TrainOptions& options);

/// Samples as the job's model takes them.
struct TrainingData {
  ModelSamples training;
  ModelSamples held_out;             ///< what the result is judged by; may be empty
  ModelSamples stops;                ///< what ends the training: Recipe::validation; may be empty
  std::string held_out_name;         ///< "test", "validation"; "" when nothing is held out
  std::vector<std::string> classes;  ///< names; may be empty
  LabelledData raw, raw_held_out;    ///< as they were read, for Recipe::finish and series
  LabelledData calibration;          ///< the part "val", for Recipe::calibrate; may be empty
};

/// Reads what the options or the recipe name; the job's model learns what they say about its data. Held out
/// are --validation-data or else the part "test" of a source that has one: they mean what the training data
/// have taught the model. A recipe's network is built; where it has a share held out, and nothing else is,
/// that is taken from the end.
/// @param known  what the model of a training that goes on knows of its data; empty: nothing.
TrainingData load_training_data(const TrainOptions& options, TrainJob& job, const DataInfo& known);

/// What the options say of a table's columns.
FeatureSpaceOptions features_of(const TrainOptions& options);
/// Puts --task into what is asked of the data. Throws UsageError for another task than classification and
/// regression, and where the options speak of columns and the samples are no rows of any table.
void tell_task(DataNeeds& needs, const TrainOptions& options);
/// 0 to count - 1 in an order that the seed draws.
std::vector<size_t> drawn_order(size_t count, uint64_t seed);
/// Samples of `source`, the first --limit-samples of them where that is given.
LabelledData load_limited(const std::string& source, DataOptions how, const TrainOptions& options);
/// Warns where samples first ... end - 1, `which`, lack classes that others have.
void warn_of_lost_classes(const LabelledData& data, int64_t first, int64_t end, const std::string& which);

/// `path` without ".keras" at its end.
std::string without_extension(const std::string& path);

}  // namespace lamina::cli
