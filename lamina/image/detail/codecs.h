// One function for each kind of image file, for load_img.
#pragma once

#include <string>
#include <string_view>

#include "lamina/image/picture.h"

namespace lamina::detail {

/// What stands between a small hostile file and all of memory.
inline constexpr int64_t kMostPixels = 100'000'000;

/// Throws FileError "NAME ..." unless both are positive and their product is at most kMostPixels.
void check_extents(int64_t height, int64_t width, const std::string& name);

/// The pixels of a file, grey or colour as it is; alpha is dropped. Throws FileError.
Picture decode_png(std::string_view bytes, const std::string& name);
Picture decode_jpeg(std::string_view bytes, const std::string& name);

}  // namespace lamina::detail
