// DataInfo: what a model knows of the data it was trained on.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lamina/base/json.h"

namespace lamina {

/// How the bytes of pictures become inputs.
enum class PixelScale {
  kNone,  ///< as they are: 0..255
  kUnit,  ///< divided by 255: 0..1
};
/// "none" and "0..1".
std::string name(PixelScale scale);
/// Throws InvalidArgument, suggesting the nearest, for another name.
PixelScale pixel_scale_from(const std::string& name);

/// What is done with a row of a table that lacks a value.
enum class Missing {
  kFail,  ///< an error names the cell
  kDrop,  ///< the row is left out
};
/// "fail" and "drop".
std::string name(Missing missing);
/// Throws InvalidArgument, suggesting the nearest, for another name.
Missing missing_from(const std::string& name);

/// What is done with a cell of a table that is infinite in float32: "inf", or a number beyond its range.
enum class Infinite {
  kTell,  ///< it is taken as it is, and one warning names the first and counts them
  kKeep,  ///< it is taken as it is
  kFail,  ///< an error names the cell
  kDrop,  ///< the row is left out
};
/// "tell", "keep", "fail" and "drop".
std::string name(Infinite infinite);
/// Throws InvalidArgument, suggesting the nearest, for another name.
Infinite infinite_from(const std::string& name);

/// How texts become inputs, as TextPreprocessing (lamina/text/text_preprocessing.h) writes and reads it.
struct TextInfo {
  /// What turns texts into numbers, by its to_json(): {"class_name": "Tokenizer", "config": {...}}.
  Json encoder = Json::object();
  /// What cuts texts into words first, likewise; null: nothing.
  Json segmenter = nullptr;
  /// Length of the inputs, where the encoder gives numbers of words and says none itself; 0: it does.
  int64_t maxlen = 0;
  /// At which end texts are filled up and cut to maxlen: "pre" or "post".
  std::string padding = "pre";
  std::string truncating = "pre";

  bool operator==(const TextInfo& other) const = default;
};

/// Everything that was learned from the training data and is no weight: without it, the same file means
/// something else to the model tomorrow. It belongs to the model (Model::data_info), is saved with it as one
/// member of the `.keras` archive that Keras leaves alone, and is used wherever data are read for the model.
///
///   model.set_data_info({.class_names = {"bird", "cat", "dog"}});
///   model.save("pets.keras");
///   load_model("pets.keras").data_info().class_names[1]   // "cat"
struct DataInfo {
  /// Of the classes, by number: one for each output, or two for a single output of yes and no. Empty where
  /// classes are numbers, or the targets no classes.
  std::vector<std::string> class_names = {};
  /// Columns of a table that are the inputs, in the order of the inputs. Empty where the samples are no rows
  /// of a table, or its columns have no names.
  std::vector<std::string> features = {};
  /// Column of a table that holds the target; "" where it has no name.
  std::string target = {};
  /// Of pictures; absent where the model has not been trained on any.
  std::optional<PixelScale> scale = {};
  /// Of tables; absent where the model has not been trained on any.
  std::optional<Missing> missing = {};
  /// Of tables; absent where nobody said it in training.
  std::optional<Infinite> infinite = {};
  /// Of texts; absent where the model has not been trained on any.
  std::optional<TextInfo> text = {};
  /// What other parts of the library know, an object for each under its own name ("vocabulary",
  /// "calibration", "drift"). Kept as they are, also by builds that do not know them.
  Json sections = Json::object();

  /// Whether nothing is known.
  bool empty() const;
  bool operator==(const DataInfo& other) const;

  /// As it is saved: {"version": 1, ...}, without what is not known.
  Json to_json() const;
  /// What to_json() gave. `name` opens the message of the FileError for anything that cannot be: another
  /// version, members of other kinds, names that are empty or occur twice, a target among the features.
  static DataInfo from_json(const Json& json, const std::string& name);
  /// Throws InvalidArgument for what from_json refuses.
  void check() const;
};

}  // namespace lamina
