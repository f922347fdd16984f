// FeatureSpace: columns of a table, whatever stands in them, become the numbers that a model takes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lamina/core/tensor.h"
#include "lamina/data/text_column.h"
#include "lamina/nn/data_info.h"

namespace lamina {

/// What becomes of a column, in the words of keras.utils.FeatureSpace where it has any.
enum class FeatureKind {
  kFloatNormalized,    ///< numbers: less their mean, divided by their standard deviation
  kStringCategorical,  ///< names or numbers that stand for classes: a zero or one for each
  kDate,     ///< ISO 8601, or as told: days, and place in the year, the week and the day as sine and cosine
  kLeftOut,  ///< nothing
};
/// "float_normalized", "string_categorical", "date" and "left_out".
std::string name(FeatureKind kind);

/// Overrules what FeatureSpace::adapt tells from the columns themselves. All name columns.
struct FeatureSpaceOptions {
  std::vector<std::string> numeric = {};      ///< are kFloatNormalized
  std::vector<std::string> categorical = {};  ///< are kStringCategorical
  std::vector<std::string> left_out = {};     ///< are kLeftOut
  /// Columns of zeros and ones that one column may become, at least 1. The most frequent categories have one
  /// each, the others one together.
  int64_t max_tokens = 100;
  /// How dates are written where they are not as in ISO 8601, as strptime has it: "%d/%m/%Y". Of %Y, %y, %m,
  /// %d, %b and %B (English months), %H, %I with %p, %M, %S, %f. Columns of such cells alone are kDate, too.
  std::string date_format = "";

  /// Whether any column is named.
  bool given() const { return !numeric.empty() || !categorical.empty() || !left_out.empty(); }
};

/// What was learned of one column.
struct Feature {
  std::string name = {};
  FeatureKind kind = FeatureKind::kLeftOut;
  std::string reason = {};  ///< why it is left out, or what it was told by
  /// Whether a value was missing in training: numbers and dates then have a column that says so, categories
  /// one of their own for it.
  bool missing = false;
  double fill = 0;                 ///< of numbers: the median, which stands in for missing ones
  double mean = 0, deviation = 1;  ///< of numbers, and of a date's days since 1970
  std::vector<std::string> categories = {};
  bool other = false;            ///< whether rarer categories share one column more
  std::vector<bool> parts = {};  ///< of a date: which of its seven parts differed in training
  std::string format = {};       ///< of a date that is not written as in ISO 8601: how it is
  bool operator==(const Feature&) const = default;
};

/// Learned from the columns of a training and applied to those of any other table; kept in the model's
/// DataInfo, a section "feature_space", so that a model takes tables as they are.
///
///   LabelledData data = load_data("titanic.csv", {.label_column = "Survived",
///                                                 .needs = {.samples = SampleKind::kRows, .learned_from =
///                                                 true}});
///   FeatureSpace space = FeatureSpace::adapt(data.columns);
///   Tensor x = space(data.columns);   // float32 (rows, space.width())
///
/// Missing are empty fields, what pandas.read_csv takes for it (NA, NaN, null, ...) and "?". Equal to
/// scikit-learn's SimpleImputer("median", add_indicator) with StandardScaler, and its
/// OneHotEncoder(handle_unknown="ignore").
class FeatureSpace {
 public:
  /// What becomes of each column is told by what stands in it: columns without values, of one value, that
  /// number the rows (whole, all different and close together), or of texts that mostly differ are left out;
  /// whole numbers of 3 to 10 different values, 20 rows each, and texts are categories; texts that are all
  /// ISO 8601 are dates.
  /// @param columns  of the training part alone, of as many rows each.
  /// Throws InvalidArgument for a date_format that is none or that no column has, for no rows or a name in
  /// `options` that no column has; for a column of numbers with a few texts, infinite numbers and impossible
  /// days, naming the row; and when nothing is left.
  static FeatureSpace adapt(const std::vector<TextColumn>& columns, const FeatureSpaceOptions& options = {});

  /// float32 (rows, width()). Categories that the training did not have are zeros, which one warning a column
  /// counts, as it does missing values in columns that had none.
  /// @param columns  found by name, in any order; others are not looked at.
  /// Throws InvalidArgument for a column that is not there, and as adapt for cells that cannot be.
  Tensor operator()(const std::vector<TextColumn>& columns) const;

  const std::vector<Feature>& features() const { return features_; }
  /// Of the columns of the result: "age", "age is missing", "sex = male".
  std::vector<std::string> feature_names() const;
  /// How many these are.
  int64_t width() const;
  /// A line for each column of the table: name, kind, what becomes of it. At most 60.
  std::string summary() const;

  /// Puts it into `info`.
  void save(DataInfo& info) const;
  /// What a model knows; absent where it takes no tables as they are. Throws FileError, beginning with
  /// `name`, for what cannot be.
  static std::optional<FeatureSpace> of(const DataInfo& info, const std::string& name = "the model");

 private:
  std::vector<Feature> features_;
};

}  // namespace lamina
