// BMP (Windows and OS/2 bitmaps) of 1, 4, 8, 16, 24 and 32 bits a pixel, plain, by runs or by bit fields, as
// Pillow reads them.
#include <algorithm>
#include <array>
#include <optional>

#include "lamina/base/detail/byte_cursor.h"
#include "lamina/base/error.h"
#include "lamina/image/detail/codecs.h"

namespace lamina::detail {
namespace {

enum Compression : uint32_t { kPlain = 0, kRuns8 = 1, kRuns4 = 2, kFields = 3 };

constexpr std::array<uint32_t, 7> kHeaderSizes = {12, 40, 52, 56, 64, 108, 124};

class Bmp {
 public:
  Bmp(std::string_view bytes, const std::string& name) : bytes_(bytes), name_(name) {}

  Picture read(bool with_alpha) {
    ByteCursor file(bytes_, name_);
    read_header(file);
    check_extents(height_, width_, "'" + name_ + "'");
    if (bits_ <= 8) read_palette(file);
    if (offset_ == 0) offset_ = bytes_.size() - file.left();
    if (offset_ > bytes_.size()) damaged("its pixels begin behind its end");
    const bool runs = compression_ == kRuns8 || compression_ == kRuns4;
    std::vector<uint8_t> pixels = runs ? unpack_runs() : unpack_rows();
    if (!top_down_) flip(pixels);
    if (bits_ <= 8) pixels = through_palette(pixels, palette_);
    std::vector<uint8_t> alpha;
    if (with_alpha) alpha = unpack_alpha();
    if (!top_down_ && !alpha.empty()) flip(alpha);
    return {static_cast<int>(height_), static_cast<int>(width_), 3, std::move(pixels), {}, std::move(alpha)};
  }

 private:
  [[noreturn]] void damaged(const std::string& why) const {
    throw FileError("'" + name_ + "' is a damaged BMP file: " + why);
  }
  [[noreturn]] void unknown(const std::string& what) const {
    throw FileError("'" + name_ + "' is a BMP file with " + what +
                    ", which is not read; save it with 24 bits a pixel, uncompressed, or as PNG");
  }

  void read_header(ByteCursor& file) {
    file.skip(10);
    offset_ = file.u32();
    const uint32_t size = file.u32();
    ByteCursor header(file.take(size - 4), name_);
    if (size == 12) {
      width_ = header.u16();
      height_ = header.u16();
      header.skip(2);
      bits_ = header.u16();
      colour_bytes_ = 3;
    } else {
      width_ = header.u32();
      const uint32_t height = header.u32();
      top_down_ = height >> 24 == 0xff;
      height_ = top_down_ ? int64_t{1} << 32 : 0;
      height_ += (top_down_ ? -1 : 1) * static_cast<int64_t>(height);
      header.skip(2);
      bits_ = header.u16();
      compression_ = header.u32();
      header.skip(12);
      colours_ = header.u32();
      header.skip(4);
      if (compression_ == kFields) read_fields(size >= 52 ? header : file);
      if (compression_ == kFields && size >= 56) alpha_mask_ = header.u32();
    }
    const bool depth = bits_ == 1 || bits_ == 4 || bits_ == 8 || bits_ == 16 || bits_ == 24 || bits_ == 32;
    if (!depth) unknown(std::to_string(bits_) + " bits a pixel");
    if (compression_ > kFields || (compression_ == kFields && bits_ < 16) ||
        (compression_ == kRuns8 && bits_ != 8) || (compression_ == kRuns4 && bits_ != 4))
      unknown("compression " + std::to_string(compression_) + " of " + std::to_string(bits_) +
              " bits a pixel");
    if (colours_ == 0 && bits_ <= 8) colours_ = 1u << bits_;
    if (bits_ <= 8 && offset_ == 14 + uint64_t{size}) offset_ += uint64_t{colour_bytes_} * colours_;
  }

  void read_fields(ByteCursor& from) {
    for (uint32_t& mask : masks_) mask = from.u32();
  }

  void read_palette(ByteCursor& file) {
    if (colours_ > 65536) damaged("its palette has " + std::to_string(colours_) + " colours");
    // A palette may be cut off by the pixels that begin before its stated end.
    const uint64_t stated = uint64_t{colours_} * colour_bytes_;
    const std::string_view entries = file.take(std::min<uint64_t>(stated, file.left()));
    for (size_t i = 0; i + colour_bytes_ <= entries.size() && palette_.size() < 768; i += colour_bytes_) {
      for (const size_t part : {2, 1, 0}) palette_.push_back(static_cast<uint8_t>(entries[i + part]));
    }
  }

  /// Rows of whole 32-bit words; numbers of colours, or red, green and blue.
  std::vector<uint8_t> unpack_rows() const {
    const auto width = static_cast<size_t>(width_), height = static_cast<size_t>(height_);
    const size_t row = (width * bits_ + 31) / 32 * 4;
    // The last row may lack what fills up its last word.
    if (row * (height - 1) + (width * bits_ + 7) / 8 > bytes_.size() - offset_) damaged("it ends too early");
    std::vector<uint8_t> pixels;
    pixels.reserve(width * height * (bits_ <= 8 ? 1 : 3));
    const std::array<int, 3> places = byte_places();
    for (size_t y = 0; y < height; ++y) {
      const auto* from = reinterpret_cast<const uint8_t*>(bytes_.data()) + offset_ + y * row;
      for (size_t x = 0; x < width; ++x) {
        if (bits_ <= 8) {
          const size_t bit = x * bits_;
          pixels.push_back(
              static_cast<uint8_t>(from[bit / 8] >> (8 - bits_ - bit % 8) & ((1u << bits_) - 1)));
        } else if (bits_ == 16) {
          add_packed(static_cast<unsigned>(from[2 * x] | from[2 * x + 1] << 8), pixels);
        } else {
          for (const int place : places) pixels.push_back(from[x * bits_ / 8 + static_cast<size_t>(place)]);
        }
      }
    }
    return pixels;
  }

  /// Which byte of a pixel of 24 or 32 bits is red, green, blue.
  std::array<int, 3> byte_places() const {
    if (bits_ < 24 || compression_ != kFields || masks_ == std::array<uint32_t, 3>{}) return {2, 1, 0};
    std::array<int, 3> places;
    for (size_t i = 0; i < 3; ++i) {
      const auto bytes = static_cast<int>(bits_ / 8);
      places[i] = 0;
      while (places[i] < bytes && masks_[i] != 0xffu << (8 * places[i])) ++places[i];
      if (places[i] == bytes) unknown("colours that are not one byte each");
    }
    return places;
  }

  /// The opacities of pixels of 32 bits by fields, in the order of unpack_rows; none where there is no field
  /// for them. Without any field, the last byte is one.
  std::vector<uint8_t> unpack_alpha() const {
    std::vector<uint8_t> alpha;
    if (bits_ != 32 || compression_ != kFields) return alpha;
    const bool no_field = masks_ == std::array<uint32_t, 3>{} && alpha_mask_ == 0;
    const uint32_t mask = no_field ? 0xff000000u : alpha_mask_;
    size_t place = 0;
    while (place < 4 && mask != 0xffu << (8 * place)) ++place;
    if (place == 4) return alpha;
    const auto* from = reinterpret_cast<const uint8_t*>(bytes_.data()) + offset_;
    for (size_t i = 0, n = static_cast<size_t>(width_ * height_); i < n; ++i)
      alpha.push_back(from[4 * i + place]);
    return alpha;
  }

  void add_packed(unsigned pixel, std::vector<uint8_t>& pixels) const {
    constexpr std::array<uint32_t, 3> k565 = {0xf800, 0x7e0, 0x1f}, k555 = {0x7c00, 0x3e0, 0x1f};
    const bool fields = compression_ == kFields;
    if (fields && masks_ != k565 && masks_ != k555) unknown("colours of other than 5, 5, 5 or 5, 6, 5 bits");
    const int greens = fields && masks_ == k565 ? 6 : 5;
    const auto scaled = [&](int shift, int size) {
      const unsigned most = (1u << size) - 1;
      pixels.push_back(static_cast<uint8_t>((pixel >> shift & most) * 255 / most));
    };
    scaled(5 + greens, 5);
    scaled(5, greens);
    scaled(0, 5);
  }

  /// Runs of one colour (of two in turn, with four bits), stretches as they are, and jumps.
  std::vector<uint8_t> unpack_runs() const {
    const bool four = compression_ == kRuns4;
    const auto width = static_cast<size_t>(width_), all = width * static_cast<size_t>(height_);
    ByteCursor file(bytes_.substr(offset_), name_);
    check_promise(width_ * height_, file.left(), "'" + name_ + "'");
    std::vector<uint8_t> out;
    size_t x = 0;
    const auto half = [&](uint8_t byte, bool second) -> uint8_t {
      return !four ? byte : second ? byte & 15 : byte >> 4;
    };
    while (out.size() < all && file.left() >= 2) {
      const size_t run = file.u8();
      const uint8_t byte = file.u8();
      if (run > 0) {
        const size_t count = std::min(run, width - std::min(width, x));
        for (size_t i = 0; i < count; ++i) out.push_back(half(byte, i % 2 == 1));
        x += count;
      } else if (byte == 0) {  // the end of a row
        out.resize((out.size() + width - 1) / width * width);
        x = 0;
      } else if (byte == 1) {  // the end of the picture
        break;
      } else if (byte == 2) {
        const size_t right = file.u8(), up = file.u8();
        out.resize(std::min(all, out.size() + right + up * width));
        x = out.size() % width;
      } else {
        const size_t count = std::min<size_t>(all - out.size(), byte), size = four ? (count + 1) / 2 : count;
        const std::string_view part = file.take(size);
        for (size_t i = 0; i < count; ++i)
          out.push_back(half(static_cast<uint8_t>(part[four ? i / 2 : i]), i % 2 == 1));
        x += byte;
        if ((bytes_.size() - file.left()) % 2 != 0 && file.left() > 0) file.skip(1);
      }
    }
    if (out.size() < all) damaged("it ends too early");
    out.resize(all);
    return out;
  }

  void flip(std::vector<uint8_t>& pixels) const {
    const auto row = static_cast<std::ptrdiff_t>(pixels.size()) / height_;
    for (int64_t y = 0; y < height_ / 2; ++y) {
      std::swap_ranges(pixels.begin() + y * row, pixels.begin() + (y + 1) * row,
                       pixels.begin() + (height_ - 1 - y) * row);
    }
  }

  std::string_view bytes_;
  const std::string& name_;
  uint64_t offset_ = 0;
  int64_t width_ = 0, height_ = 0;
  bool top_down_ = false;
  uint32_t bits_ = 0, compression_ = kPlain, colours_ = 0, colour_bytes_ = 4;
  std::array<uint32_t, 3> masks_ = {};
  uint32_t alpha_mask_ = 0;
  std::vector<uint8_t> palette_;  // red, green, blue
};

bool is_bmp(std::string_view head) {
  if (head.size() < 18 || !head.starts_with("BM")) return false;
  const auto size = static_cast<uint8_t>(head[14]);
  return head.substr(15, 3) == std::string_view("\0\0\0", 3) &&
         std::find(kHeaderSizes.begin(), kHeaderSizes.end(), size) != kHeaderSizes.end();
}

}  // namespace

const ImageFormat kBmp = {"BMP", is_bmp,
                          [](std::string_view bytes, const std::string& name, const DecodeOptions& options) {
                            return Bmp(bytes, name).read(options.alpha);
                          },
                          nullptr};

}  // namespace lamina::detail
