// Looks through a folder of photographs before anything is learned from it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "lamina/image/picture.h"

namespace lamina::image {

/// 64 bits that say where a picture gets brighter from left to right, in greys of 9 x 8 pixels (dHash: N.
/// Krawetz, "Kind of Like That", 2013); the first comparison is the highest bit. Copies in other sizes and
/// qualities differ in few bits. Equal to ImageHash's dhash.
uint64_t dhash(const Picture& picture);

/// What check_folder takes for worth saying.
struct CheckFolderOptions {
  int max_distance = 4;       ///< bits of dhash, 0 to 16, in which two files may differ and still be copies
  int tiny_side = 16;         ///< an image is tiny when a side is shorter, in pixels
  int64_t huge = 25'000'000;  ///< an image is huge when it has more pixels
  double imbalance =
      5;  ///< classes are unbalanced when the largest has so many times the images of the smallest
};

/// What check_folder found. Files are named with the folder in front.
struct FolderReport {
  struct Unreadable {
    std::string path, reason;
  };
  struct Sized {
    std::string path;
    int height = 0, width = 0;
  };
  struct Copies {
    std::vector<std::string> paths;  ///< two or more
    bool across_classes = false;     ///< whether they are in folders of different classes: one is wrong
    bool across_parts = false;       ///< whether they are in train and test: results would look too good
  };

  int64_t images = 0;                    ///< that can be read
  int64_t other_files = 0;               ///< that are no images by name or content; left out
  std::vector<std::string> class_names;  ///< sorted; empty where the folder has no folders
  std::vector<int64_t> class_counts;     ///< readable images of each class, all parts together
  std::vector<std::string> loose;        ///< images beside the folders of classes: training leaves them out
  std::vector<std::string> lacking;      ///< classes without an image in one of the parts: "test/cats"
  std::vector<std::string> empty;        ///< classes without an image that can be read
  std::vector<Unreadable> unreadable;
  std::vector<Copies> copies;
  std::vector<Sized> tiny, huge;
  int smallest_height = 0, smallest_width = 0, largest_height = 0, largest_width = 0;
  bool unbalanced = false;  ///< by CheckFolderOptions::imbalance, classes with images among each other

  /// Whether there is nothing to say: without folders of classes there is, for training needs them.
  bool good() const;
  /// What keeps the folder from training or makes it hard, where no file or class is to blame: a sentence
  /// each.
  std::vector<std::string> notes() const;
  /// All of it as lines of text, lists cut after ten entries.
  std::string str() const;
};

/// Reads all images of a folder of class folders, of folders train and test with such, of images alone, or of
/// a tar archive of these, by several threads. Nothing is changed. Takes about the time of decoding. Throws
/// InvalidArgument for options out of range, and FileError for a folder that cannot be read.
FolderReport check_folder(const std::string& directory, const CheckFolderOptions& options = {});

/// Arguments of split_folder, as of scikit-learn's train_test_split.
struct SplitFolderOptions {
  double test_size =
      0.2;               ///< part of the images for the test, above 0 and below 1; rounded up to whole images
  uint64_t seed = 0;     ///< the same seed gives the same split
  bool stratify = true;  ///< whether each class is split alike
};

/// How many images went where.
struct FolderSplit {
  int64_t train = 0, test = 0;
  int64_t copies = 0;  ///< files equal byte for byte to one before them, whose part they share
  std::vector<FolderReport::Unreadable> unreadable = {};  ///< files that are left out
};

/// Copies the images of a folder (or tar archive) of class folders to `out`/train/CLASS and `out`/test/CLASS,
/// where load_data and image_dataset_from_directory find them. Folders inside of class folders become part of
/// the names, which are shortened where no file may be called so. Every image is decoded first, and those
/// that cannot be are left out, which one warning says with their names. Files that are equal byte for byte
/// come into one part, which one warning counts, so that the test holds nothing that was learned; the parts
/// may then be smaller than asked for. Throws InvalidArgument for a test_size out of range, an `out` inside
/// of `directory` (or the same), and, with stratify, for a class of one image; FileError for a folder without
/// class folders or images, an `out` that holds something already, and a full disk: then nothing is left of
/// what was written.
FolderSplit split_folder(const std::string& directory, const std::string& out,
                         const SplitFolderOptions& options = {});

}  // namespace lamina::image
