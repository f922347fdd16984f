// Which images are in a folder. Internal header.
#pragma once

#include <string>
#include <vector>

#include "lamina/zoo/detail/file_tree.h"

namespace lamina::detail {

/// The files below `folder` whose names end as images do, in the order of their folders' paths and their
/// names, as Keras lists them.
std::vector<std::string> image_paths(const FileTree& tree, const std::string& folder);

}  // namespace lamina::detail
