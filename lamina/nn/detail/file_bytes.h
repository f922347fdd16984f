// Formats whose files can be made in memory, for whoever writes them later. Internal header.
#pragma once

#include <string>

namespace lamina {
class Model;
}

namespace lamina::detail {

/// The bytes of the file that holds the model; with `training`, also where its training stands.
using FileBytes = std::string (*)(const Model& model, bool training);

/// Rooms above register theirs before main, by extension (".keras").
bool register_file_bytes(const char* extension, FileBytes bytes);
/// That of the path's extension; nullptr where there is none.
FileBytes find_file_bytes(const std::string& path);

}  // namespace lamina::detail
