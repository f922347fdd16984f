// Pairs of pictures that are to be told alike or not: the table "test_pairs.csv" in a folder of class
// folders. Internal header.
#pragma once

#include <string>
#include <vector>

#include "lamina/zoo/detail/file_tree.h"

namespace lamina {

inline constexpr char kImagePairs[] = "test_pairs.csv";

/// Two files below the folder, and whether both are of one class: of one person.
struct ImagePair {
  bool same = false;
  std::string first, second;
};

/// Whether the folder `root` of the tree has a table of pairs.
bool has_image_pairs(const detail::FileTree& tree, const std::string& root = "");
/// Reads it: a line "same,image1,image2", then 0 or 1 and two files each. Throws FileError, with the line,
/// for anything else, for files beyond the folder, and for a table without pairs.
std::vector<ImagePair> read_image_pairs(const detail::FileTree& tree, const std::string& root = "");
/// The first folders of the files, sorted, each once.
std::vector<std::string> folders_of(const std::vector<ImagePair>& pairs);

}  // namespace lamina
