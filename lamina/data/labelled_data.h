// LabelledData: samples with their targets, and the sources by name from which they come.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "lamina/core/tensor.h"

namespace lamina {

/// Samples and targets, first axis each.
struct LabelledData {
  /// Images as uint8 (n, height, width, channels), rows of a table as float32 (n, columns), arrays as they
  /// are.
  Tensor x;
  /// Class numbers as int32 (n,), or the targets as they are.
  Tensor y;
  /// Names of the classes by number; empty when the targets are no classes.
  std::vector<std::string> class_names;
};

/// Options of load_data.
struct DataOptions {
  /// Which part to take when the source names none: "train" or "test". Sources without parts ignore it.
  std::string split = "train";
  /// Folder with the files of a named set. Empty: $LAMINA_DATA/NAME, then /usr/share/datasets/NAME.
  std::string folder = "";
  /// Column of a table that holds the target. Empty: the last one.
  std::string label_column = "";
};

/// The data that `source` names:
///   "fashion-mnist", "mnist"   named sets (IDX files), also with the part: "fashion-mnist:test"
///   a folder                   with the IDX files of such a set
///   FILE.npz                   arrays x and y, or x_train, y_train, x_test, y_test
///   FILE.csv, FILE.tsv         a table of numbers with one column of targets; also .csv.gz, .tsv.gz
/// A part follows after a colon: "data.npz:test". Throws InvalidArgument for an unknown name or part,
/// suggesting the nearest, Unsupported for kinds of data that this build cannot read, and FileError for files
/// that are missing (saying how to get them), damaged, or at odds with each other: other numbers of samples
/// and targets, labels out of range.
LabelledData load_data(const std::string& source, const DataOptions& options = {});

/// Names of the sets that load_data knows.
std::vector<std::string> named_data_sets();

/// The folder that holds the named set on this machine; "" when it is not here.
std::string find_data_set(const std::string& name);

/// Class numbers (n,) as rows of zeros with a one: float32 (n, num_classes). Throws InvalidArgument for
/// numbers outside of 0..num_classes-1, naming the first, and for targets that are not integers (Keras:
/// keras.utils.to_categorical).
/// @param num_classes  0: the largest number plus one.
Tensor to_categorical(const Tensor& y, int64_t num_classes = 0);

/// A file format of labelled data, by extension. Rooms above register theirs before main.
struct DataFormat {
  std::string extension;  ///< ".npz"
  /// `split` is "" when the source names no part.
  LabelledData (*load)(const std::string& path, const std::string& split,
                       const DataOptions& options) = nullptr;
};
bool register_data_format(DataFormat format);

namespace detail {
/// Throws FileError, calling the data `source`, unless x and y have first axes of the same length and class
/// numbers are in range.
void check_labelled_data(const LabelledData& data, const std::string& source);
}  // namespace detail

}  // namespace lamina
