// Image files to pixels: PNG, JPEG, GIF, BMP, WebP and PNM.
#pragma once

#include <string>
#include <string_view>

#include "lamina/core/tensor.h"
#include "lamina/image/picture.h"

namespace lamina {

/// Arguments of load_img, with Keras's defaults (keras.utils.load_img).
struct LoadImgOptions {
  /// "rgb", "grayscale", or "rgba": with opacity, 255 where the file says nothing of it. It takes part in
  /// resizing as in Pillow: colours count by their opacity, except with "nearest".
  std::string color_mode = "rgb";
  int height = 0;  ///< of the result, in pixels; 0: as in the file
  int width = 0;   ///< of the result, in pixels; 0: as in the file
  /// How the picture comes to that size: "nearest", "bilinear", "bicubic", "hamming", "box" or "lanczos", all
  /// but the first over as much of the picture as a pixel of the result covers, bit for bit as Pillow's
  /// Image.resize.
  std::string interpolation = "nearest";
  /// Whether what does not have the proportions of the result is cut off on both sides first.
  bool keep_aspect_ratio = false;
  /// Whether 16-bit greys become bytes by their high byte, as 16-bit colours do (and as in Keras's
  /// image_dataset_from_directory).
  bool high_byte = false;
  /// Whether the picture is turned upright by the orientation in a camera's notes (Exif, in JPEG, PNG and
  /// WebP files), before it is resized. Keras does not turn; Pillow's ImageOps.exif_transpose does.
  bool exif_orientation = false;
};

/// The picture in an image file of one of these kinds, told apart by their first bytes, not by name: PNG;
/// JPEG; GIF and animated WebP, of which the first picture counts; BMP of all depths, also by runs; WebP; and
/// PBM, PGM and PPM (P1 to P6, up to 16 bits). Grey or colour as asked for, brought to the size asked for.
/// Grey is the luma of ITU-R BT.601; transparency is dropped but for "rgba"; gamma and colour profiles are
/// not applied; inks (CMYK) become red, green and blue; of 16-bit colours in PNG the high byte counts, those
/// in PPM are scaled. 16-bit greys keep their bits as "grayscale" (Picture::deep); as "rgb" they are cut at
/// 255, which is said in a warning. All this is what Keras gets from Pillow. Throws FileError when the file
/// is missing, damaged, of another kind, or holds over 100 million pixels (before any of them is decoded),
/// and InvalidArgument for an unknown color_mode or interpolation and a negative size.
Picture load_img(const std::string& path, const LoadImgOptions& options = {});

/// The picture in the bytes of an image file, as it is: one channel or three. `name` opens the message of a
/// FileError.
Picture decode_image(std::string_view bytes, const std::string& name);

/// `picture` as uint8 (height, width, channels); one of 16 bits as int32.
Tensor img_to_tensor(const Picture& picture);

}  // namespace lamina
