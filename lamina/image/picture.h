// Picture: a small 8-bit image in memory, for showing to people.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lamina/base/terminal.h"

namespace lamina {

/// Rows of 8-bit pixels, top to bottom, channels last.
struct Picture {
  int height = 0;
  int width = 0;
  int channels = 1;             ///< 1: grey, 3: red, green, blue, 4: and opacity
  std::vector<uint8_t> pixels;  ///< height * width * channels
  /// Of a grey picture with 16 bits a pixel, these as they are (height * width); `pixels` then has their high
  /// bytes. Empty for all other pictures.
  std::vector<uint16_t> deep = {};
  /// While a file is read with its opacity: that, 0 to 255 (height * width); empty where all is opaque.
  std::vector<uint8_t> alpha = {};

  /// From floats in [0, 1] (others are clamped, NaN is black). Throws InvalidArgument unless channels is 1
  /// or 3.
  static Picture from_unit(const float* values, int height, int width, int channels);
};

/// `picture` made at most `max_width` columns wide by averaging boxes; pictures that fit come back as they
/// are.
Picture shrink(const Picture& picture, int max_width);

/// The bytes of a PNG file. Throws InvalidArgument when the number of pixels does not fit the extents.
std::string encode_png(const Picture& picture);

/// Standard base64 with padding, as data URIs take it.
std::string base64(std::string_view bytes);

/// A picture with lines of text to print below it.
struct CaptionedPicture {
  Picture picture;
  std::vector<std::string> caption;
};

/// Draws pictures side by side, as many to a row as the terminal's width allows, captions below. Half-block
/// characters show two pixels each where there are colours and UTF-8; ten ASCII greys stand in elsewhere.
std::string draw(const std::vector<CaptionedPicture>& pictures, const Terminal& terminal);

}  // namespace lamina
