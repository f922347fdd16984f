// Which files are in a folder, of which class, and which of them are a part. Internal header.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "lamina/core/tensor.h"
#include "lamina/zoo/detail/file_tree.h"

namespace lamina::detail {

/// A file below the root of a tree.
struct LabelledFile {
  std::string path;
  int32_t label = 0;
};

/// What is looked for, and what messages call it.
struct FileKind {
  std::string caller;   ///< "image_dataset_from_directory"
  std::string what;     ///< "images"
  std::string formats;  ///< "PNG, named so (.png)"
  bool (*accepts)(const std::string& name) = nullptr;
};

/// The arguments that image_dataset_from_directory (lamina/zoo/image_dataset.h says what they mean) shares
/// with its like.
struct FileIndexOptions {
  std::optional<std::vector<int32_t>> labels;
  std::string label_mode;
  std::vector<std::string> class_names;
  int64_t batch_size;
  bool shuffle;
  std::optional<uint64_t> seed;
  double validation_split;
  std::string subset;
  bool follow_links;

  template <class Options>
  static FileIndexOptions of(const Options& o) {
    return {o.labels, o.label_mode,       o.class_names, o.batch_size,  o.shuffle,
            o.seed,   o.validation_split, o.subset,      o.follow_links};
  }
};

struct FileIndex {
  std::shared_ptr<const FileTree> tree;
  std::vector<LabelledFile> files;
  std::vector<std::string> class_names;

  /// As many as the names, or as the largest label needs.
  int64_t classes() const;
};

/// All files of `directory` in Keras's order, or shuffled. Throws InvalidArgument for options that cannot be,
/// and FileError where there is nothing of the kind.
FileIndex index_directory(const std::string& directory, const FileKind& kind,
                          const FileIndexOptions& options);

/// Keeps the part that options.subset asks for: the last files are for validation. Throws FileError for an
/// empty one.
void take_part(const std::string& directory, const FileKind& kind, const FileIndexOptions& options,
               std::vector<LabelledFile>& files);

/// Targets as label_mode has them: int32 (n,), float32 (n, classes) or (n, 1); without a batch axis for one
/// sample that is no batch.
Tensor file_targets(const std::vector<int32_t>& labels, const std::string& label_mode, int64_t classes,
                    bool batch);

/// The files below `folder` of names that are accepted, in the order of their folders' paths and their names,
/// as Keras lists them.
std::vector<std::string> file_paths(const FileTree& tree, const std::string& folder,
                                    bool (*accepts)(const std::string& name));

/// Puts `files` into the order that numpy.random.RandomState(seed).shuffle gives a list.
void shuffle_as_numpy(std::vector<LabelledFile>& files, uint32_t seed);

}  // namespace lamina::detail
