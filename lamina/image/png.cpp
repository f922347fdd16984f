// PNG (ISO/IEC 15948), by libpng's low-level interface: its simplified one converts by the gamma that a file
// states, and takes 16 bits for linear light; Pillow, and so Keras, take the samples as they are.
#include <png.h>

#include <algorithm>
#include <array>
#include <csetjmp>
#include <cstring>
#include <optional>

#include "lamina/base/error.h"
#include "lamina/base/log.h"
#include "lamina/image/detail/codecs.h"
#include "lamina/image/detail/png_stream.h"

namespace lamina {
namespace {

/// libpng's description of a file that is read, with the place in its bytes. libpng leaves its functions by a
/// jump when they fail: attempt() catches it, and what is called in between has nothing to destroy.
struct Reading {
  explicit Reading(detail::PngStream& file) : stream(file) {
    png = png_create_read_struct(PNG_LIBPNG_VER_STRING, this, fail, note);
    info = png ? png_create_info_struct(png) : nullptr;
    if (!info) {
      png_destroy_read_struct(&png, nullptr, nullptr);
      throw InternalError("libpng does not start");
    }
    png_set_read_fn(png, this, take);
    png_set_crc_action(png, PNG_CRC_QUIET_USE, PNG_CRC_QUIET_USE);  // PngStream has looked
  }
  ~Reading() { png_destroy_read_struct(&png, &info, nullptr); }
  Reading(const Reading&) = delete;
  Reading& operator=(const Reading&) = delete;

  /// Whether `step` came to its end; else `message` says why not.
  template <class F>
  bool attempt(const F& step) {
    if (setjmp(png_jmpbuf(png)) != 0) return false;
    step(*this);
    return true;
  }

  static void fail(png_structp png, png_const_charp message) {
    auto& self = *static_cast<Reading*>(png_get_error_ptr(png));
    std::snprintf(self.message, sizeof self.message, "%s", message);
    png_longjmp(png, 1);
  }
  // The pixels' own checksum: to libpng a warning, as long as all rows are there.
  static void note(png_structp png, png_const_charp message) {
    auto& self = *static_cast<Reading*>(png_get_error_ptr(png));
    if (std::strstr(message, "incorrect data check")) self.wrong_sum = true;
  }
  static void take(png_structp png, png_bytep to, size_t count) {
    auto& self = *static_cast<Reading*>(png_get_io_ptr(png));
    if (!self.stream.take(to, count)) png_error(png, "it ends too early");
  }

  detail::PngStream& stream;
  png_structp png = nullptr;
  png_infop info = nullptr;
  char message[128] = "";
  bool wrong_sum = false;
};

// What a file says is clear.
struct Clear {
  std::vector<uint8_t> opacities;                      // of a palette's first colours
  std::optional<std::array<unsigned, 3>> colour = {};  // the one colour that is
};

// The tRNS chunk, as Pillow compares it: its low byte with the byte that the pixel has there (of 16 bits of
// grey the number itself, at most 255); of one bit a pixel, black or white. To be read before transformations
// are set up, which forget it.
Clear clear_of(const Reading& file, int kind) {
  Clear clear;
  png_bytep opacities = nullptr;
  png_color_16p colour = nullptr;
  int count = 0;
  if (!png_get_tRNS(file.png, file.info, &opacities, &count, &colour)) return clear;
  if (kind == PNG_COLOR_TYPE_PALETTE) {
    clear.opacities.assign(opacities, opacities + count);
  } else if (kind == PNG_COLOR_TYPE_GRAY) {
    const bool bit = png_get_bit_depth(file.png, file.info) == 1;
    clear.colour = {bit ? (colour->gray ? 255u : 0u) : colour->gray & 255u, 0, 0};
  } else {
    clear.colour = {colour->red & 255u, colour->green & 255u, colour->blue & 255u};
  }
  return clear;
}

// `numbers`: those of the colours of a palette.
void add_alpha(const Clear& clear, const std::vector<uint8_t>& numbers, Picture& picture) {
  for (size_t i = 0; !clear.opacities.empty() && i < numbers.size(); ++i)
    picture.alpha.push_back(numbers[i] < clear.opacities.size() ? clear.opacities[numbers[i]] : 255);
  const auto channels = static_cast<size_t>(picture.channels);
  if (clear.colour && !picture.deep.empty()) {
    for (const uint16_t grey : picture.deep)
      picture.alpha.push_back(std::min<unsigned>(grey, 255) == (*clear.colour)[0] ? 0 : 255);
    return;
  }
  for (size_t i = 0; clear.colour && i < picture.pixels.size(); i += channels) {
    const uint8_t* pixel = &picture.pixels[i];
    picture.alpha.push_back(std::equal(pixel, pixel + channels, clear.colour->begin()) ? 0 : 255);
  }
}

// The bytes of all rows before compression, each with its filter in front.
size_t bytes_of_rows(const Reading& file) {
  const size_t height = png_get_image_height(file.png, file.info),
               width = png_get_image_width(file.png, file.info),
               bits = size_t{png_get_bit_depth(file.png, file.info)} * png_get_channels(file.png, file.info);
  const auto of = [&](size_t rows, size_t columns) {
    return columns ? rows * (1 + (columns * bits + 7) / 8) : 0;
  };
  if (png_get_interlace_type(file.png, file.info) == PNG_INTERLACE_NONE) return of(height, width);
  size_t all = 0;
  for (int pass = 0; pass < 7; ++pass) all += of(PNG_PASS_ROWS(height, pass), PNG_PASS_COLS(width, pass));
  return all;
}

// Whether the rows that libpng did not find are none, or are none of the file's: Pillow takes a stream that
// ends early, but as it should, for one whose last rows are black.
bool ends_well(const detail::PngStream& stream, size_t wanted, const std::string& name) {
  const detail::PngStream::Inflated found = stream.inflated(wanted);
  if (found.bytes >= wanted) return true;
  if (!found.ended) return false;
  warn("'" + name + "' holds fewer rows than it says: the others are taken for 0, as by Keras");
  return true;
}

Picture decode_png(std::string_view bytes, const std::string& name, const detail::DecodeOptions& options) {
  detail::PngStream stream(bytes, name);
  Reading file(stream);
  const auto damaged = [&] { return FileError("'" + name + "' is a damaged PNG file: " + file.message); };
  if (!file.attempt([](Reading& it) { png_read_info(it.png, it.info); })) throw damaged();
  const png_uint_32 height = png_get_image_height(file.png, file.info),
                    width = png_get_image_width(file.png, file.info);
  detail::check_extents(height, width, "'" + name + "'");
  const int kind = png_get_color_type(file.png, file.info);
  const bool deep_grey = kind == PNG_COLOR_TYPE_GRAY && png_get_bit_depth(file.png, file.info) == 16;
  const size_t wanted = bytes_of_rows(file);
  Clear clear;
  if (options.alpha) clear = clear_of(file, kind);
  const bool split = options.alpha && (kind & PNG_COLOR_MASK_ALPHA) != 0;
  const bool prepared = file.attempt([=](Reading& it) {
    if (kind == PNG_COLOR_TYPE_GRAY) png_set_expand_gray_1_2_4_to_8(it.png);
    if (kind == PNG_COLOR_TYPE_PALETTE) png_set_packing(it.png);
    if (!deep_grey) png_set_strip_16(it.png);
    if (!split) png_set_strip_alpha(it.png);
    png_set_interlace_handling(it.png);
    png_read_update_info(it.png, it.info);
  });
  if (!prepared) throw damaged();

  const size_t row_bytes = png_get_rowbytes(file.png, file.info);
  std::vector<uint8_t> samples(row_bytes * height);
  std::vector<png_bytep> rows;
  for (size_t y = 0; y < height; ++y) rows.push_back(&samples[y * row_bytes]);
  const bool whole = file.attempt([&rows](Reading& it) {
    png_read_image(it.png, rows.data());
    png_read_end(it.png, nullptr);
  });
  if (!whole &&
      (std::string_view(file.message) != "Not enough image data" || !ends_well(stream, wanted, name)))
    throw damaged();
  if (file.wrong_sum)
    throw FileError("'" + name + "' is a damaged PNG file: the checksum of its pixels is wrong");

  std::vector<uint8_t> numbers;  // of colours
  const bool colour = (kind & PNG_COLOR_MASK_COLOR) != 0;
  Picture picture{static_cast<int>(height), static_cast<int>(width), colour ? 3 : 1, {}, {}};
  if (kind == PNG_COLOR_TYPE_PALETTE) {
    png_colorp palette = nullptr;
    int count = 0;
    png_get_PLTE(file.png, file.info, &palette, &count);
    static_assert(sizeof(png_color) == 3);
    numbers = samples;
    picture.pixels = detail::through_palette(
        samples, {reinterpret_cast<const uint8_t*>(palette), 3 * static_cast<size_t>(count)});
  } else if (deep_grey) {
    for (size_t i = 0; i < samples.size(); i += 2) {
      picture.pixels.push_back(samples[i]);
      picture.deep.push_back(static_cast<uint16_t>(samples[i] << 8 | samples[i + 1]));
    }
  } else if (split) {
    const size_t channels = static_cast<size_t>(picture.channels) + 1;
    for (size_t i = 0; i < samples.size(); ++i)
      (i % channels + 1 == channels ? picture.alpha : picture.pixels).push_back(samples[i]);
  } else {
    picture.pixels = std::move(samples);
  }
  add_alpha(clear, numbers, picture);
  return picture;
}

// Chunks follow each other: length, name, content, checksum.
std::string_view png_exif(std::string_view bytes) {
  for (size_t at = 8; at + 12 <= bytes.size();) {
    size_t size = 0;
    for (size_t i = 0; i < 4; ++i) size = size << 8 | static_cast<uint8_t>(bytes[at + i]);
    if (size > bytes.size() - at - 12) break;
    if (bytes.substr(at + 4, 4) == "eXIf") return bytes.substr(at + 8, size);
    at += 12 + size;
  }
  return {};
}

bool is_png(std::string_view head) { return head.starts_with("\x89PNG\r\n\x1a\n"); }

/// libpng's description of an image, which owns memory while a file is written.
struct Writing : png_image {
  Writing() : png_image{} { version = PNG_IMAGE_VERSION; }
  ~Writing() { png_image_free(this); }
  Writing(const Writing&) = delete;
  Writing& operator=(const Writing&) = delete;
};

}  // namespace

const detail::ImageFormat detail::kPng = {"PNG", is_png, decode_png, png_exif};

std::string encode_png(const Picture& picture) {
  const size_t row = static_cast<size_t>(picture.width) * static_cast<size_t>(picture.channels);
  const bool valid = picture.height > 0 && picture.width > 0 &&
                     (picture.channels == 1 || picture.channels == 3) &&
                     picture.pixels.size() == row * static_cast<size_t>(picture.height);
  if (!valid) {
    throw InvalidArgument("encode_png: expected height x width x 1 or 3 pixels; got extents (" +
                          std::to_string(picture.height) + ", " + std::to_string(picture.width) + ", " +
                          std::to_string(picture.channels) + ") with " +
                          std::to_string(picture.pixels.size()) + " bytes");
  }
  Writing png;
  png.width = static_cast<png_uint_32>(picture.width);
  png.height = static_cast<png_uint_32>(picture.height);
  png.format = picture.channels == 3 ? PNG_FORMAT_RGB : PNG_FORMAT_GRAY;
  png_alloc_size_t size = PNG_IMAGE_PNG_SIZE_MAX(png);
  std::string out(size, '\0');
  if (!png_image_write_to_memory(&png, out.data(), &size, 0, picture.pixels.data(), 0, nullptr)) {
    throw InternalError(std::string("encode_png: ") + png.message);
  }
  out.resize(size);
  return out;
}

}  // namespace lamina
