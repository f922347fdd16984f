// One record for each kind of image file, for load_img.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lamina/image/load_img.h"

namespace lamina::detail {

/// What stands between a small hostile file and all of memory.
inline constexpr int64_t kMostPixels = 100'000'000;

/// Throws FileError "NAME ..." unless both are positive and their product is at most kMostPixels.
void check_extents(int64_t height, int64_t width, const std::string& name);

/// Throws FileError "NAME ..." for more than four million pixels out of less than a byte for each 4096 of
/// them, which no packing of a picture gives, but files that only mean to fill the memory do.
void check_promise(int64_t pixels, size_t bytes, const std::string& name);

/// Where two readers of the same file differ, and both are Keras's: load_img reads with Pillow,
/// image_dataset_from_directory with TensorFlow.
struct DecodeOptions {
  /// Whether JPEG files are decoded with the faster, coarser transform (TensorFlow's choice).
  bool fast_dct = false;
  /// Whether the greys of a JPEG file are its own luma (TensorFlow), not that of its colours (Pillow).
  bool grey = false;
  /// Whether Picture::alpha is filled in; else it is dropped.
  bool alpha = false;
  /// Memory that the pixels may take (it is left empty then); none: new one.
  std::vector<uint8_t>* memory = nullptr;
};

/// A kind of image file.
struct ImageFormat {
  const char* name;  ///< "PNG"
  /// Whether a file with these first bytes (kImageHeadBytes, or all of a shorter file) is of this kind.
  bool (*matches)(std::string_view head);
  /// The pixels of a file, grey or colour as it is; alpha by DecodeOptions. Throws FileError.
  Picture (*decode)(std::string_view bytes, const std::string& name, const DecodeOptions& options);
  /// The TIFF structure of the camera's notes in a file; empty where it has none. Null for kinds without.
  std::string_view (*exif)(std::string_view bytes);
};

/// As many first bytes as a kind can be told by.
inline constexpr size_t kImageHeadBytes = 18;

extern const ImageFormat kBmp, kGif, kJpeg, kPng, kPnm, kWebp;

/// The kind of file that begins like this; null for others.
const ImageFormat* image_format_of(std::string_view head);
/// "PNG, JPEG, GIF, ..." for messages.
std::string image_format_names();

/// As lamina::decode_image, turned upright by the camera's notes where `turn` asks for it.
Picture decode_image(std::string_view bytes, const std::string& name, bool turn,
                     const DecodeOptions& options);

/// As lamina::load_img, of the bytes of a file that `name` stands for.
Picture load_img(std::string_view bytes, const std::string& name, const LoadImgOptions& options);
/// `picture` as 1 channel, 3, or 4 with its alpha. Warns where 16 bits a pixel are cut off.
Picture with_channels(Picture picture, int channels, const std::string& name);

/// The colours of a palette of red, green and blue. Pillow takes numbers beyond its end for greys.
std::vector<uint8_t> through_palette(const std::vector<uint8_t>& numbers, std::span<const uint8_t> palette);

/// The orientation, 1 to 8, in the first directory of a TIFF structure (Exif 2.3, tag 274); 1 for what has
/// none or is damaged.
int exif_orientation(std::string_view tiff);
/// `picture` as it is seen upright.
Picture upright(Picture picture, int orientation);

}  // namespace lamina::detail
