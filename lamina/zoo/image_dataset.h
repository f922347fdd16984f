// image_dataset_from_directory: a folder of class folders as a pipeline of batches.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "lamina/data/dataset.h"

namespace lamina {

/// Arguments of image_dataset_from_directory, with Keras's defaults, and below them some of our own.
struct ImageDatasetOptions {
  /// Class numbers of the files, in the sorted order of their paths, for a folder without class folders.
  /// Absent: the folders below `directory` are the classes.
  std::optional<std::vector<int32_t>> labels = {};
  /// Targets: "int": int32 (batch,); "categorical": float32 (batch, classes), a one in each row; "binary", of
  /// two classes: float32 (batch, 1) of zeros and ones; "none": no targets, and the folders are no classes.
  std::string label_mode = "int";
  /// Class folders in the order of their numbers; those not named are left out. Empty: all, sorted.
  std::vector<std::string> class_names = {};
  /// "rgb", "grayscale" or "rgba": channels are 3, 1 or 4. The fourth is opacity, 255 where a file says
  /// nothing of it; Keras reads such files of "rgba" only where they are PNG or BMP.
  std::string color_mode = "rgb";
  int64_t batch_size = 32;                         ///< 0: single samples
  std::array<int64_t, 2> image_size = {256, 256};  ///< height and width
  /// Whether every pass has another order. Before the files are split and numbered they are shuffled once,
  /// too, as NumPy's RandomState(seed) does it, so that parts are Keras's for the same seed.
  bool shuffle = true;
  /// Of both shuffles, from 0 to 2^32 - 1. Absent: 0 for the order of the files, and the pass's own for its
  /// order. Needed where a part of shuffled files is taken.
  std::optional<uint64_t> seed = {};
  double validation_split = 0;  ///< part of the files kept for validation, above 0 and below 1; 0: none
  std::string subset = {};      ///< "training" or "validation", with validation_split; "": all
  /// "bilinear", "nearest", "bicubic", "area", "lanczos3", "lanczos5", "gaussian" or "mitchellcubic", none of
  /// which smooths when it shrinks (resize2d says what they are).
  std::string interpolation = "bilinear";
  bool follow_links = false;          ///< whether links to folders inside of the class folders are followed
  bool crop_to_aspect_ratio = false;  ///< cuts off what does not have the proportions of image_size
  bool pad_to_aspect_ratio = false;   ///< sets images of other proportions on black
  std::string data_format = "channels_last";  ///< or "channels_first"

  /// What a file that cannot be decoded means: "raise": the pass ends with a FileError that names it; "skip":
  /// it is left out, with a warning the first time. Then only the end of a pass tells how many steps it has.
  std::string on_error = "raise";
  bool exif_orientation = false;  ///< whether photographs are turned upright; Keras does not
  /// Of JPEG files: "fast", as TensorFlow decodes them, or "accurate", as Pillow (load_img) does. They differ
  /// by a few of 255.
  std::string dct_method = "fast";
  int num_parallel_calls = kAutotune;  ///< files that are read at once, as in MapOptions
};

/// A pipeline that knows its classes and files.
struct ImageDataset : Dataset {
  ImageDataset(Dataset dataset, std::vector<std::string> names, std::vector<std::string> paths)
      : Dataset(std::move(dataset)), class_names(std::move(names)), file_paths(std::move(paths)) {}

  /// Names of the classes by number; empty without targets.
  std::vector<std::string> class_names;
  /// The files, in the order before the passes are shuffled.
  std::vector<std::string> file_paths;
};

/// The images below `directory` in batches of float32 (batch, height, width, channels), values from 0 to 255,
/// as keras.utils.image_dataset_from_directory has them: same files, classes, numbers, parts and pixels.
/// Files are decoded by several threads and a batch ahead.
///
///   ImageDataset train = image_dataset_from_directory("photos", {.image_size = {150, 150}, .seed = 1,
///                            .validation_split = 0.2, .subset = "training"});
///   model.fit(train, {.epochs = 8});
///
/// @param directory  a folder, or a tar archive of one (.tar, .tar.gz), which is read as it is and held in
///   memory. Files named .jpg, .jpeg, .png, .bmp, .gif as in Keras, and .webp, .pnm, .pbm, .pgm, .ppm beside
///   them, in upper or lower case, at any depth; what is in them decides how they are read. Hidden files and
///   folders are left out.
/// Throws InvalidArgument for arguments that are unknown or exclude each other, for class_names without a
/// folder, labels of another number than there are files, and "binary" of other than two classes; FileError
/// for a directory that is not there, or without images, and for a part without images. A class without
/// images, and a single class, are told to the log.
ImageDataset image_dataset_from_directory(const std::string& directory,
                                          const ImageDatasetOptions& options = {});

/// Both parts, training and validation (Keras: subset = "both"); options.subset does not count.
std::pair<ImageDataset, ImageDataset> image_datasets_from_directory(const std::string& directory,
                                                                    ImageDatasetOptions options);

}  // namespace lamina
