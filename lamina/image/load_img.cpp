// Finding out what an image file is, and bringing its pixels into the form asked for.
#include "lamina/image/load_img.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "lamina/base/detail/file_kind.h"
#include "lamina/base/error.h"
#include "lamina/base/files.h"
#include "lamina/base/log.h"
#include "lamina/image/detail/codecs.h"
#include "lamina/image/detail/resample.h"

namespace lamina {
namespace {

uint8_t luma(const uint8_t* rgb) {  // weights of ITU-R BT.601 in 1/65536, as Pillow has them
  return static_cast<uint8_t>((rgb[0] * 19595 + rgb[1] * 38470 + rgb[2] * 7471 + 0x8000) >> 16);
}

}  // namespace

Picture detail::with_channels(Picture picture, int channels, const std::string& name) {
  if (picture.channels == channels) return picture;
  if (channels == 4) {
    std::vector<uint8_t> alpha = std::move(picture.alpha);
    picture.alpha.clear();
    picture = with_channels(std::move(picture), 3, name);
    const size_t all = picture.pixels.size() / 3;
    std::vector<uint8_t> pixels;
    pixels.reserve(4 * all);
    for (size_t i = 0; i < all; ++i) {
      pixels.insert(pixels.end(), &picture.pixels[3 * i], &picture.pixels[3 * i] + 3);
      pixels.push_back(alpha.empty() ? 255 : alpha[i]);
    }
    picture.channels = 4;
    picture.pixels = std::move(pixels);
    return picture;
  }
  if (!picture.deep.empty()) {
    warn("'" + name +
         "' has 16 bits a pixel; as colours, what is over 255 becomes 255, as in Keras: load it as " +
         "\"grayscale\" to keep all");
    std::transform(picture.deep.begin(), picture.deep.end(), picture.pixels.begin(),
                   [](uint16_t deep) { return static_cast<uint8_t>(std::min<uint16_t>(deep, 255)); });
    picture.deep.clear();
  }
  const size_t count = static_cast<size_t>(picture.height) * static_cast<size_t>(picture.width);
  std::vector<uint8_t> pixels(count * static_cast<size_t>(channels));
  for (size_t i = 0; i < count; ++i) {
    if (channels == 1) {
      pixels[i] = luma(&picture.pixels[3 * i]);
    } else {
      for (size_t c = 0; c < 3; ++c) pixels[3 * i + c] = picture.pixels[i];
    }
  }
  picture.channels = channels;
  picture.pixels = std::move(pixels);
  return picture;
}

namespace {

// Colours times opacity and back, in bytes, with Pillow's rounding (its mode "RGBa").
void weigh(Picture& picture) {
  for (size_t i = 0; i < picture.pixels.size(); i += 4) {
    for (size_t c = 0; c < 3; ++c) {
      const unsigned product = unsigned{picture.pixels[i + c]} * picture.pixels[i + 3] + 128;
      picture.pixels[i + c] = static_cast<uint8_t>(((product >> 8) + product) >> 8);
    }
  }
}

void unweigh(Picture& picture) {
  for (size_t i = 0; i < picture.pixels.size(); i += 4) {
    const unsigned alpha = picture.pixels[i + 3];
    if (alpha == 0 || alpha == 255) continue;
    for (size_t c = 0; c < 3; ++c)
      picture.pixels[i + c] = static_cast<uint8_t>(std::min(255u, 255u * picture.pixels[i + c] / alpha));
  }
}

/// The part of the picture that has the proportions of the result, in the middle; all of it where these may
/// change.
detail::Box part_of(const Picture& picture, int height, int width, bool keep_aspect_ratio) {
  detail::Box box{0, 0, picture.height, picture.width};
  if (!keep_aspect_ratio) return box;
  const int64_t rows = int64_t{picture.width} * height / width,
                columns = int64_t{picture.height} * width / height;
  box.height = static_cast<int>(std::min<int64_t>(box.height, std::max<int64_t>(rows, 1)));
  box.width = static_cast<int>(std::min<int64_t>(box.width, std::max<int64_t>(columns, 1)));
  box.top = (picture.height - box.height) / 2;
  box.left = (picture.width - box.width) / 2;
  return box;
}

}  // namespace

void detail::check_extents(int64_t height, int64_t width, const std::string& name) {
  if (height > 0 && width > 0 && height <= kMostPixels / width) return;
  throw FileError(name + " has " + std::to_string(width) + " x " + std::to_string(height) +
                  " pixels; expected 1 to " + std::to_string(kMostPixels) + " in all");
}

void detail::check_promise(int64_t pixels, size_t bytes, const std::string& name) {
  constexpr int64_t kFree = 1 << 22, kMostPerByte = 4096;
  if (pixels <= kFree || static_cast<uint64_t>(pixels / kMostPerByte) <= bytes) return;
  throw FileError(name + " promises " + std::to_string(pixels) +
                  " pixels and ends too early: " + std::to_string(bytes) + " bytes are left for them");
}

namespace detail {
namespace {

constexpr const ImageFormat* kFormats[] = {&kPng, &kJpeg, &kGif, &kBmp, &kWebp, &kPnm};

}  // namespace

const ImageFormat* image_format_of(std::string_view head) {
  const auto* found = std::find_if(std::begin(kFormats), std::end(kFormats), [&](const ImageFormat* format) {
    return format->matches(head.substr(0, kImageHeadBytes));
  });
  return found == std::end(kFormats) ? nullptr : *found;
}

std::string image_format_names() {
  std::string names;
  for (const ImageFormat* format : kFormats) names += (names.empty() ? "" : ", ") + std::string(format->name);
  return names;
}

std::vector<uint8_t> through_palette(const std::vector<uint8_t>& numbers, std::span<const uint8_t> palette) {
  std::array<uint8_t, 3 * 256> colours;
  for (size_t i = 0; i < colours.size(); ++i)
    colours[i] = i / 3 * 3 + 2 < palette.size() ? palette[i] : static_cast<uint8_t>(i / 3);
  std::vector<uint8_t> pixels(3 * numbers.size());
  uint8_t* to = pixels.data();
  for (const uint8_t number : numbers) {
    std::memcpy(to, &colours[3 * size_t{number}], 3);
    to += 3;
  }
  return pixels;
}

Picture decode_image(std::string_view bytes, const std::string& name, bool turn,
                     const DecodeOptions& options) {
  const ImageFormat* format = image_format_of(bytes);
  if (!format) {
    throw FileError("'" + name + "' is no image that can be read; expected one of " + image_format_names() +
                    ", received " + kind_of_bytes(bytes));
  }
  Picture picture = format->decode(bytes, name, options);
  if (turn && format->exif) return upright(std::move(picture), exif_orientation(format->exif(bytes)));
  return picture;  // alone, or it would be copied
}

}  // namespace detail

Picture decode_image(std::string_view bytes, const std::string& name) {
  return detail::decode_image(bytes, name, false, {});
}

Picture detail::load_img(std::string_view bytes, const std::string& path, const LoadImgOptions& options) {
  const bool grey = options.color_mode == "grayscale";
  const bool alpha = options.color_mode == "rgba";
  if (!grey && !alpha && options.color_mode != "rgb") {
    throw InvalidArgument("load_img: unknown color_mode '" + options.color_mode + "'" +
                          suggest(options.color_mode, {"rgb", "grayscale", "rgba"}));
  }
  if (options.height < 0 || options.width < 0) {
    throw InvalidArgument("load_img: height and width must not be negative; got " +
                          std::to_string(options.height) + " and " + std::to_string(options.width));
  }
  const std::vector<std::string> known = detail::resamplings();
  if (std::find(known.begin(), known.end(), options.interpolation) == known.end()) {
    throw InvalidArgument("load_img: unknown interpolation '" + options.interpolation + "'" +
                          suggest(options.interpolation, known));
  }
  Picture picture = detail::decode_image(bytes, path, options.exif_orientation, {.alpha = alpha});
  if (options.high_byte) picture.deep.clear();  // the pixels are the high bytes
  picture = with_channels(std::move(picture), grey ? 1 : alpha ? 4 : 3, path);
  const int height = options.height > 0 ? options.height : picture.height;
  const int width = options.width > 0 ? options.width : picture.width;
  detail::check_extents(height, width, "load_img: the size asked for");
  if (picture.height == height && picture.width == width) return picture;
  const detail::Box box = part_of(picture, height, width, options.keep_aspect_ratio);
  const bool weighed = alpha && options.interpolation != "nearest";
  if (weighed) weigh(picture);
  picture = detail::resample(picture, box, height, width, options.interpolation);
  if (weighed) unweigh(picture);
  return picture;
}

Picture load_img(const std::string& path, const LoadImgOptions& options) {
  constexpr uint64_t kMostBytes = uint64_t{1} << 30;
  return detail::load_img(read_file(path, kMostBytes), path, options);
}

Tensor img_to_tensor(const Picture& picture) {
  if (!picture.deep.empty()) {
    return Tensor::from(std::vector<int32_t>(picture.deep.begin(), picture.deep.end()),
                        Shape{picture.height, picture.width, picture.channels});
  }
  return Tensor::from(picture.pixels, Shape{picture.height, picture.width, picture.channels});
}

}  // namespace lamina
