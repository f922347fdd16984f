// The walk of Keras over folders, and NumPy's shuffle.
#include "lamina/zoo/detail/image_index.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <random>
#include <string_view>
#include <utility>

#include "lamina/zoo/image_folder.h"

namespace lamina {

bool is_image_name(const std::string& name) {
  constexpr std::array<std::string_view, 10> kEndings = {".bmp",  ".gif", ".jpeg", ".jpg", ".png",
                                                         ".webp", ".pnm", ".pbm",  ".pgm", ".ppm"};
  std::string lower = name;
  std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) { return std::tolower(c); });
  return std::any_of(kEndings.begin(), kEndings.end(),
                     [&](std::string_view end) { return lower.ends_with(end); });
}

namespace detail {
namespace {

// Links in a circle would lead ever deeper.
constexpr int kDeepest = 64;

void collect(const FileTree& tree, const std::string& folder, int depth,
             std::vector<std::pair<std::string, std::string>>& found) {
  for (const std::string& name : tree.names(folder, false)) {
    if (is_image_name(name)) found.emplace_back(folder, name);
  }
  if (depth == kDeepest) return;
  for (const std::string& name : tree.names(folder, true))
    collect(tree, joined(folder, name), depth + 1, found);
}

}  // namespace

std::vector<std::string> image_paths(const FileTree& tree, const std::string& folder) {
  std::vector<std::pair<std::string, std::string>> found;  // folder, name
  collect(tree, folder, 0, found);
  std::sort(found.begin(), found.end());
  std::vector<std::string> paths;
  for (const auto& [where, name] : found) paths.push_back(joined(where, name));
  return paths;
}

void shuffle_as_numpy(std::vector<ImageFile>& files, uint32_t seed) {
  std::mt19937 generator(seed);
  for (size_t i = files.size(); i-- > 1;) {
    // Numbers of as many bits as i has, until one is not above it.
    uint32_t mask = static_cast<uint32_t>(i);
    for (int shift = 1; shift < 32; shift *= 2) mask |= mask >> shift;
    size_t other;
    do {
      other = static_cast<uint32_t>(generator()) & mask;
    } while (other > i);
    std::swap(files[i], files[other]);
  }
}

}  // namespace detail
}  // namespace lamina
