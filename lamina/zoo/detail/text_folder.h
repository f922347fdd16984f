// Folders of text files as data. Internal header.
#pragma once

#include <string>
#include <vector>

#include "lamina/data/labelled_data.h"
#include "lamina/zoo/detail/file_index.h"

namespace lamina::detail {

/// Whether a file called so is one: .txt, in upper or lower case.
bool is_text_file_name(const std::string& name);

/// What stands in the files, byte for byte. Throws FileError for one that cannot be read, and for more than
/// 4 GiB.
std::vector<std::string> read_texts(const FileTree& tree, const std::vector<LabelledFile>& files);

/// The texts of a folder with one folder of .txt files for each class, or of train/ and test/ with such ones,
/// for load_data. To ask a model a folder without classes will do. Throws FileError for a folder without such
/// files and, where a model knows its classes, for others.
LabelledData load_text_folder(const std::string& path, const std::string& split, const DataOptions& options);

}  // namespace lamina::detail
