// LabelledData: samples with their targets, and the sources by name from which they come.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lamina/core/tensors.h"
#include "lamina/data/text_column.h"
#include "lamina/nn/data_info.h"
#include "lamina/nn/losses/loss.h"

namespace lamina {

/// Samples and targets, first axis each.
struct LabelledData {
  /// Images as uint8 (n, height, width, channels), rows of a table as float32 (n, columns), arrays as they
  /// are.
  Tensor x = {};
  /// Class numbers as int32 (n,), or the targets as they are; undefined where there are none and none were
  /// asked for. Where targets are optional, -1 stands for a class that is not known.
  Tensor y = {};
  /// One text for each sample, where the model takes texts; x is then undefined. UTF-8.
  std::vector<std::string> texts = {};
  /// The second text of each sample, where DataOptions::pair_column names a column of them.
  std::vector<std::string> text_pairs = {};
  /// Of a table that a FeatureSpace makes numbers of: the columns of the inputs as they stand in the file, a
  /// decimal comma made a point; x is then undefined.
  std::vector<TextColumn> columns = {};
  /// Names of the classes by number; empty when the targets are no classes.
  std::vector<std::string> class_names = {};
  /// Of a model with several inputs: all of them by name; x is then undefined. The same for targets and y.
  Tensors inputs = {}, targets = {};
  /// Columns of a table that x holds, and the one that y holds; empty and "" without names.
  std::vector<std::string> features = {};
  std::string target = {};
  /// Of a table with a target and its inputs in the order of the file: how many of them stand before the
  /// target.
  std::optional<int64_t> target_place = {};
  /// What each sample is called, a file; empty where samples have numbers only.
  std::vector<std::string> names = {};
  /// Number of each sample in its source; empty where none was left out.
  std::vector<int64_t> numbers = {};

  /// How many samples there are.
  int64_t samples() const;
};

/// What the samples of a table are.
enum class SampleKind {
  kValues,  ///< a row of numbers each: LabelledData::x
  kTexts,   ///< one text each: LabelledData::texts
  kRows,    ///< a row of whatever stands in the table: LabelledData::columns
  kSeries,  ///< a moment each, in order: x (n, 1), and names with the times where a column holds such
};

/// What is done with a picture of a folder that cannot be decoded.
enum class OnError {
  kFail,  ///< an error names it
  kSkip,  ///< it is left out, and one warning names and counts all such
};

/// How a table of text is written.
struct TableOptions {
  /// Whether the first line names the columns. Absent: it does where it holds text in a column that holds
  /// numbers below, where none of its fields is a number, or where it names the columns that are looked for.
  std::optional<bool> header = {};
  /// Between fields: a comma, a semicolon, a tab, a bar or another character. 0: what a line "sep=;" says, or
  /// else the one of these four by which the first lines split into as many fields each.
  char separator = 0;
  /// Whether numbers are written as "1,5". Needs another separator than the comma.
  bool decimal_comma = false;
  /// Whether a field may stand in quotes, as RFC 4180 has it. Absent: yes, except in tables of texts between
  /// tabs where some field holds a quote and does not stand in quotes, but every line has as many tabs.
  std::optional<bool> quotes = {};
  /// Of inputs, and of targets that are values. Time series, whose values are finite, know kDrop and else
  /// fail. Absent: as in training, or kTell.
  std::optional<Infinite> infinite = {};

  /// Whether anything is said here, so that it is a table whatever it looks like.
  bool given() const { return header || separator != 0 || decimal_comma || quotes; }
};

/// One input of a model, as far as it matters to a source of data.
struct WantedInput {
  std::string name = {};
  Shape shape = {};  ///< batch axis first; -1 is open. Rank 0: unknown
};

/// What a model asks of its data; model_needs (lamina/zoo/samples.h) fills it in. Without a model, targets
/// are told by what stands in the source: whole numbers from 0 are taken for classes.
struct DataNeeds {
  SampleKind samples = SampleKind::kValues;
  TargetKind target = TargetKind::kUnknown;
  /// Whether samples without targets will do: tables without the column, arrays x without y, cells that are
  /// empty.
  bool target_optional = false;
  /// Whether these data are learned from, so that names of classes may be new. Else text without known names
  /// is numbered in sorted order only where there are as many as the outputs tell apart.
  bool learned_from = false;
  /// Classes that the outputs tell apart; 0: unknown.
  int64_t classes = 0;
  /// Names of classes and columns that the model was trained with: numbers and order are theirs.
  DataInfo known = {};
  /// Where the target stood among the columns of the training, as LabelledData::target_place: tables without
  /// names are read by it.
  std::optional<int64_t> target_place = {};
  /// Whether a number in a table may stand for a class that has a name: the user gave the names by number.
  /// Else a number is a name that the model does not know.
  bool numbers_are_classes = false;
  std::vector<WantedInput> inputs = {};   ///< empty: unknown
  std::vector<std::string> outputs = {};  ///< their names; empty: unknown
};

/// Options of load_data.
struct DataOptions {
  /// Which part to take when the source names none: "train" or "test". Sources without parts ignore it.
  std::string split = "train";
  /// Folder with the files of a named set. Empty: $LAMINA_DATA/NAME, then /usr/share/datasets/NAME.
  std::string folder = "";
  /// Column of a table that holds the target. Empty: the one that the model was trained with, or the only
  /// one called label, labels, target, class or y, or the one that stands where the training had it, or the
  /// last; columns of a table without names are called column_0, column_1, ...; what is guessed is told to
  /// the log.
  std::string label_column = "";
  /// Column of a table that holds the texts. Empty: the one that the model was trained with, or the only one
  /// called text, review, sentence, ..., or the one that holds the longest fields, which is told to the log.
  std::string text_column = "";
  /// Column of a table that holds a second text beside each (a hypothesis, an answer). Empty: texts stand
  /// alone.
  std::string pair_column = "";
  /// How the times of a series are written, as FeatureSpaceOptions::date_format; empty: as in ISO 8601, or in
  /// any other way that is only shown. They become ISO 8601.
  std::string date_format = "";
  TableOptions table = {};
  /// What to do with empty cells of a table, and with NA, NaN, null and their like. Absent: as in training,
  /// or an error.
  std::optional<Missing> missing = {};
  /// Of folders of pictures.
  OnError on_error = OnError::kFail;
  DataNeeds needs = {};

  /// What becomes of cells that are missing, or infinite: what is said here, else what the model knows.
  Missing missing_way() const;
  Infinite infinite_way() const;
};

/// The data that `source` names:
///   "fashion-mnist", "mnist"   named sets (IDX files), also with the part: "fashion-mnist:test"
///   a folder                   with the IDX files of such a set, or with one folder of images for each class
///                              (or of these, one for each part: train/, test/, or archives of such
///                              folders: train.tar.gz, test.tar.gz); where texts are needed, with folders
///                              of .txt files
///   FILE.npz                   arrays x and y, or x_train, y_train, x_test, y_test; for several inputs
///                              arrays of their names. Other arrays are not looked at
///   a folder of tables         train.csv, test.csv and perhaps val.csv, or .tsv or .parquet, each a part
///   data_full.json             or a folder with it: intents as CLINC150 has them, where texts are needed:
///                              {"train": [[text, intent], ...], "oos_train": ..., "val": ..., "test": ...};
///                              what stands in a list oos_PART is of the class "out_of_scope"
///   FILE.csv, .tsv, .parquet   a table of numbers with one column of targets, also compressed by gzip
/// A part follows after a colon: "data.npz:test". What a file is, is told by its first bytes, whatever it is
/// called; pipes ("-" is one) are tables, and so is every file where `options.table` says how it is written.
/// What is guessed (the column of targets, a first line that is a header although it holds numbers, columns
/// that are not used) is told to the log. Throws InvalidArgument for an unknown name or part, suggesting the
/// nearest, Unsupported for kinds of data that this build cannot read, and FileError for files that are
/// missing (saying how to get them), damaged, or at odds with each other or with what the model knows: other
/// numbers of samples and targets, labels out of range, classes and columns that are not known.
LabelledData load_data(const std::string& source, const DataOptions& options = {});

/// Whether a source has that part, "train", "val" or "test", beside others: a named set, a folder or an archive
/// with a table, a folder or an archive for each part, a folder with IDX files, and intents. Throws InvalidArgument
/// for another part.
bool has_part(const std::string& source, const std::string& part);

/// Names of the sets that load_data knows.
std::vector<std::string> named_data_sets();

/// How the named set gets on a machine, as a phrase. Throws InvalidArgument, suggesting the nearest, for
/// another name.
std::string how_to_get(const std::string& name);

/// The folder that holds the named set on this machine; "" when it is not here.
std::string find_data_set(const std::string& name);

/// Class numbers (n,) as rows of zeros with a one: float32 (n, num_classes). Throws InvalidArgument for
/// numbers outside of 0..num_classes-1, naming the first, and for targets that are not integers (Keras:
/// keras.utils.to_categorical).
/// @param num_classes  0: the largest number plus one.
Tensor to_categorical(const Tensor& y, int64_t num_classes = 0);

/// A format of labelled data. Rooms above register theirs before main.
struct DataFormat {
  /// What its files are usually called, for messages: ".npz"; "/" for folders without IDX files.
  std::string extension;
  /// `split` is "" when the source names no part.
  LabelledData (*load)(const std::string& path, const std::string& split,
                       const DataOptions& options) = nullptr;
  /// First bytes, by which its files are told whatever they are called. Empty: it takes text, and all else
  /// that nobody knows.
  std::string start = "";
  /// Where these bytes stand in the file, once what gzip has packed is unpacked.
  size_t start_at = 0;
  /// Whether what is at `path` has the part "train" or "test" beside the other one. nullptr: it has no parts, or none
  /// that has_part needs to know.
  bool (*has_part)(const std::string& path, const std::string& part) = nullptr;
};
bool register_data_format(DataFormat format);

namespace detail {
/// Throws FileError, naming `source`, when x and y disagree in length, or when labels are outside of
/// class_names.
/// @param some_unknown  whether -1 will do for a label.
void check_labelled_data(const LabelledData& data, const std::string& source, bool some_unknown = false);
/// "0", "1", ... up to count - 1.
std::vector<std::string> numbered_classes(int64_t count);
/// Whether class_names are these, so that labels need no names.
bool are_numbered(const std::vector<std::string>& class_names);
/// Whether these numbers, all that occur, in any order and as often as they like, are the labels -1 and 1:
/// classes that are called so, to be numbered 0 and 1, for a model of two classes that learns from them.
bool are_signs(const std::vector<double>& numbers, const DataNeeds& needs);
/// Whether all names are whole numbers and not simply 0, 1, 2, ...: a number is then the name of a class.
bool are_other_numbers(const std::vector<std::string>& class_names);
/// Whether these names, sorted, may be the model's classes, which it does not know by name: a guess is told
/// to the log. Throws FileError, beginning with `where`, when they cannot be, unless targets are optional.
bool accept_new_classes(const DataNeeds& needs, const std::vector<std::string>& names,
                        const std::string& where);
/// "'a', 'b'", and "..." after `most` of them.
std::string quoted_list(const std::vector<std::string>& names, size_t most = 8);
}  // namespace detail

}  // namespace lamina
