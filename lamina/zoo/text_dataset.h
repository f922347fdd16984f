// text_dataset_from_directory: a folder of class folders of text files.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "lamina/data/dataset.h"

namespace lamina {

/// Arguments of text_dataset_from_directory, with Keras's defaults.
struct TextDatasetOptions {
  /// Class numbers of the files, in the sorted order of their paths, for a folder without class folders.
  /// Absent: the folders below `directory` are the classes.
  std::optional<std::vector<int32_t>> labels = {};
  /// Targets: "int": int32 (batch,); "categorical": float32 (batch, classes), a one in each row; "binary", of
  /// two classes: float32 (batch, 1) of zeros and ones; "none": no targets, and the folders are no classes.
  std::string label_mode = "int";
  /// Class folders in the order of their numbers; those not named are left out. Empty: all, sorted.
  std::vector<std::string> class_names = {};
  int64_t batch_size = 32;                 ///< 0: single samples
  std::optional<int64_t> max_length = {};  ///< bytes of a text that are kept, at least 1; absent: all
  /// Whether every pass has another order. Before the files are split and numbered they are shuffled once,
  /// too, as NumPy's RandomState(seed) does it, so that parts are Keras's for the same seed.
  bool shuffle = true;
  /// Of both shuffles, from 0 to 2^32 - 1. Absent: 0 for the order of the files, and the pass's own for its
  /// order. Needed where a part of shuffled files is taken.
  std::optional<uint64_t> seed = {};
  double validation_split = 0;  ///< part of the files kept for validation, above 0 and below 1; 0: none
  std::string subset = {};      ///< "training" or "validation", with validation_split; "": all
  bool follow_links = false;    ///< whether links to folders inside of the class folders are followed
};

/// Texts with their targets. Tensors hold no text, so that a pipeline begins where texts become numbers:
///
///   TextDataset train = text_dataset_from_directory("reviews", {.seed = 1, .validation_split = 0.2,
///                                                               .subset = "training"});
///   TextVectorization words({.max_tokens = 10000, .output_sequence_length = 200});
///   words.adapt(train.texts);
///   model.fit(train.encoded([&](const auto& texts) { return words(texts); }), {.epochs = 5});
struct TextDataset {
  std::vector<std::string> texts = {};        ///< as they stand in the files, in the order of file_paths
  Tensor y = {};                              ///< all targets; undefined without any
  std::vector<std::string> class_names = {};  ///< by number; empty without targets
  /// The files, in the order before the passes are shuffled.
  std::vector<std::string> file_paths = {};
  int64_t batch_size = 32;            ///< as it was asked for
  bool shuffle = true;                ///< likewise
  std::optional<uint64_t> seed = {};  ///< likewise

  /// Batches of what `encode` makes of some of the texts, first axis each, with their targets; `encode` is
  /// called by several threads at once. The object need not live on.
  Dataset encoded(std::function<Tensor(const std::vector<std::string>& texts)> encode) const;
};

/// The files called .txt below `directory`, at any depth, as keras.utils.text_dataset_from_directory has
/// them: same files, classes, numbers, parts and bytes. Hidden files and folders are left out. All texts are
/// read at once.
/// @param directory  a folder, or a tar archive of one (.tar, .tar.gz).
/// Throws InvalidArgument for arguments that are unknown or exclude each other, for class_names without a
/// folder, labels of another number than there are files, and "binary" of other than two classes; FileError
/// for a directory that is not there, or without such files, for a part without any, for a file that cannot
/// be read, and for more than 4 GiB of texts. A class without files, and a single class, are told to the log.
TextDataset text_dataset_from_directory(const std::string& directory, const TextDatasetOptions& options = {});

/// Both parts, training and validation (Keras: subset = "both"); options.subset does not count.
std::pair<TextDataset, TextDataset> text_datasets_from_directory(const std::string& directory,
                                                                 TextDatasetOptions options);

}  // namespace lamina
