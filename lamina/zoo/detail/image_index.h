// Which images are in a folder, and of which class. Internal header.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "lamina/zoo/detail/file_tree.h"

namespace lamina::detail {

/// An image below the root of a tree.
struct ImageFile {
  std::string path;
  int32_t label = 0;
};

/// The files below `folder` whose names end as images do, in the order of their folders' paths and their
/// names, as Keras lists them.
std::vector<std::string> image_paths(const FileTree& tree, const std::string& folder);

/// Puts `files` into the order that numpy.random.RandomState(seed).shuffle gives a list.
void shuffle_as_numpy(std::vector<ImageFile>& files, uint32_t seed);

}  // namespace lamina::detail
