// The table of pairs, line by line.
#include "lamina/zoo/detail/image_pairs.h"

#include <algorithm>
#include <set>
#include <sstream>

#include "lamina/base/error.h"

namespace lamina {
namespace {

bool stays_below(const std::string& file) {
  if (file.empty() || file[0] == '/' || file.find('\0') != std::string::npos) return false;
  std::istringstream parts(file);
  for (std::string part; std::getline(parts, part, '/');) {
    if (part.empty() || part == "." || part == "..") return false;
  }
  return file.find('/') != std::string::npos;
}

}  // namespace

bool has_image_pairs(const detail::FileTree& tree, const std::string& root) {
  const std::vector<std::string> files = tree.names(root, false);
  return std::find(files.begin(), files.end(), kImagePairs) != files.end();
}

std::vector<ImagePair> read_image_pairs(const detail::FileTree& tree, const std::string& root) {
  const std::string file = detail::joined(root, kImagePairs), shown = "'" + tree.shown(file) + "'";
  std::istringstream lines(tree.read(file));
  std::vector<ImagePair> pairs;
  int64_t number = 0;
  for (std::string line; std::getline(lines, line);) {
    ++number;
    if (!line.empty() && line.back() == '\r') line.pop_back();
    if (number == 1) {
      if (line != "same,image1,image2")
        throw FileError(shown + ", line 1: expected 'same,image1,image2'; got '" + line.substr(0, 80) + "'");
      continue;
    }
    if (line.empty()) continue;
    const size_t first = line.find(','), second = line.find(',', first + 1);
    const std::string same = line.substr(0, first);
    if (second == std::string::npos || (same != "0" && same != "1"))
      throw FileError(shown + ", line " + std::to_string(number) + ": expected 0 or 1 and two files; got '" +
                      line.substr(0, 80) + "'");
    const ImagePair pair{same == "1", line.substr(first + 1, second - first - 1), line.substr(second + 1)};
    for (const std::string& picture : {pair.first, pair.second}) {
      if (!stays_below(picture)) {
        throw FileError(shown + ", line " + std::to_string(number) + ": '" + picture.substr(0, 80) +
                        "' is no file in a folder of a class");
      }
    }
    pairs.push_back(pair);
  }
  if (pairs.empty()) throw FileError(shown + " holds no pairs");
  return pairs;
}

std::vector<std::string> folders_of(const std::vector<ImagePair>& pairs) {
  std::set<std::string> folders;
  for (const ImagePair& pair : pairs) {
    for (const std::string& file : {pair.first, pair.second}) folders.insert(file.substr(0, file.find('/')));
  }
  return {folders.begin(), folders.end()};
}

}  // namespace lamina
