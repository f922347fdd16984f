// What images are called.
#include "lamina/zoo/detail/image_index.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <string_view>

#include "lamina/zoo/detail/file_index.h"
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

std::vector<std::string> detail::image_paths(const FileTree& tree, const std::string& folder) {
  return file_paths(tree, folder, is_image_name);
}

}  // namespace lamina
