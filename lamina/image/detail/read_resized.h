// An image file straight to the numbers of a batch: decoded, resized and converted in one go.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "lamina/image/detail/codecs.h"
#include "lamina/ops/resize.h"

namespace lamina::detail {

struct ReadResized {
  int64_t channels = 3;  ///< 1, 3, or 4 with decode.alpha
  std::array<int64_t, 2> size = {};
  std::string interpolation = "bilinear";
  bool crop_to_aspect_ratio = false;  ///< as keras.preprocessing.image.smart_resize
  bool pad_to_aspect_ratio = false;   ///< as tf.image.resize_with_pad
  bool exif_orientation = false;
  DecodeOptions decode = {};
};

/// (height, width, channels) numbers from 0 to 255 at `to`, in the arithmetic of tf.image.resize. Throws
/// FileError, as load_img.
void read_resized(std::string_view bytes, const std::string& name, const ReadResized& options, float* to);

}  // namespace lamina::detail
