// Finding out what an image file is, and bringing its pixels into the form asked for.
#include "lamina/image/load_img.h"

#include <algorithm>

#include "lamina/base/detail/file_kind.h"
#include "lamina/base/error.h"
#include "lamina/base/files.h"
#include "lamina/base/log.h"
#include "lamina/image/detail/codecs.h"

namespace lamina {
namespace {

uint8_t luma(const uint8_t* rgb) {  // weights of ITU-R BT.601 in 1/65536, as Pillow has them
  return static_cast<uint8_t>((rgb[0] * 19595 + rgb[1] * 38470 + rgb[2] * 7471 + 0x8000) >> 16);
}

Picture with_channels(Picture picture, int channels, const std::string& name) {
  if (picture.channels == channels) return picture;
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

/// Which of `from` pixels each of `to` takes: the one under its centre. Summed in steps as Pillow does, for
/// where a centre falls between two pixels, rounding decides.
std::vector<size_t> nearest(int from, int to) {
  std::vector<size_t> taken;
  taken.reserve(static_cast<size_t>(to));
  const double step = static_cast<double>(from) / to;
  double centre = step * 0.5;
  for (int i = 0; i < to; ++i, centre += step)
    taken.push_back(std::min(static_cast<size_t>(centre), static_cast<size_t>(from - 1)));
  return taken;
}

Picture resized(Picture picture, int height, int width) {
  if (picture.height == height && picture.width == width) return picture;
  Picture result{height, width, picture.channels, {}, {}};
  const auto channels = static_cast<size_t>(picture.channels), row = static_cast<size_t>(picture.width);
  const std::vector<size_t> columns = nearest(picture.width, width);
  result.pixels.reserve(static_cast<size_t>(height) * static_cast<size_t>(width) * channels);
  for (size_t y : nearest(picture.height, height)) {
    for (size_t x : columns) {
      const auto pixel = picture.pixels.begin() + static_cast<std::ptrdiff_t>((y * row + x) * channels);
      result.pixels.insert(result.pixels.end(), pixel, pixel + picture.channels);
      if (!picture.deep.empty()) result.deep.push_back(picture.deep[y * row + x]);
    }
  }
  return result;
}

}  // namespace

void detail::check_extents(int64_t height, int64_t width, const std::string& name) {
  if (height > 0 && width > 0 && height <= kMostPixels / width) return;
  throw FileError(name + " has " + std::to_string(width) + " x " + std::to_string(height) +
                  " pixels; expected 1 to " + std::to_string(kMostPixels) + " in all");
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
  std::vector<uint8_t> pixels;
  pixels.reserve(3 * numbers.size());
  for (const uint8_t number : numbers) {
    const size_t at = 3 * size_t{number};
    for (size_t c = 0; c < 3; ++c) pixels.push_back(at + 2 < palette.size() ? palette[at + c] : number);
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
  return turn && format->exif ? upright(std::move(picture), exif_orientation(format->exif(bytes))) : picture;
}

}  // namespace detail

Picture decode_image(std::string_view bytes, const std::string& name) {
  return detail::decode_image(bytes, name, false, {});
}

Picture load_img(const std::string& path, const LoadImgOptions& options) {
  const bool grey = options.color_mode == "grayscale";
  if (!grey && options.color_mode != "rgb") {
    throw InvalidArgument("load_img: unknown color_mode '" + options.color_mode + "'" +
                          suggest(options.color_mode, {"rgb", "grayscale"}));
  }
  if (options.height < 0 || options.width < 0) {
    throw InvalidArgument("load_img: height and width must not be negative; got " +
                          std::to_string(options.height) + " and " + std::to_string(options.width));
  }
  constexpr uint64_t kMostBytes = uint64_t{1} << 30;
  Picture picture = detail::decode_image(read_file(path, kMostBytes), path, options.exif_orientation, {});
  if (options.high_byte) picture.deep.clear();  // the pixels are the high bytes
  picture = with_channels(std::move(picture), grey ? 1 : 3, path);
  const int height = options.height > 0 ? options.height : picture.height;
  const int width = options.width > 0 ? options.width : picture.width;
  detail::check_extents(height, width, "load_img: the size asked for");
  return resized(std::move(picture), height, width);
}

Tensor img_to_tensor(const Picture& picture) {
  if (!picture.deep.empty()) {
    return Tensor::from(std::vector<int32_t>(picture.deep.begin(), picture.deep.end()),
                        Shape{picture.height, picture.width, picture.channels});
  }
  return Tensor::from(picture.pixels, Shape{picture.height, picture.width, picture.channels});
}

}  // namespace lamina
