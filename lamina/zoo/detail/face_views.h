// Views of a face, whose numbers are averaged into one embedding. Internal header.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace lamina::detail {

/// How many views there are of a picture.
inline constexpr size_t kFaceViews = 10;

/// Appends to `to` the bytes of a picture of one channel as it is and moved by a twentieth of its height to
/// each side, each of these also mirrored; beyond the border its last pixels go on.
void append_face_views(const uint8_t* pixels, int64_t height, int64_t width, std::vector<uint8_t>& to);

/// The sums of the rows of each kFaceViews views: (pictures, width) from (pictures * kFaceViews, width).
std::vector<std::vector<float>> sums_of_views(const std::vector<float>& rows, size_t pictures);

}  // namespace lamina::detail
