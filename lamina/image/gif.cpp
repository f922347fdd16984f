// GIF (CompuServe, 1987 and 1989): the first picture of a file, as Pillow gives it.
#include <algorithm>
#include <array>

#include "lamina/base/detail/byte_cursor.h"
#include "lamina/base/error.h"
#include "lamina/image/detail/codecs.h"

namespace lamina::detail {
namespace {

/// Bits of a chain of blocks, least significant first.
class BlockBits {
 public:
  explicit BlockBits(ByteCursor& file) : file_(file) {}

  /// The next `size` bits; -1 at the end of the chain.
  int next(int size) {
    while (held_ < size) {
      if (at_ == block_.size()) {
        block_ = file_.left() > 0 ? file_.take(file_.u8()) : std::string_view();
        at_ = 0;
        if (block_.empty()) return -1;
      }
      bits_ |= static_cast<uint32_t>(static_cast<uint8_t>(block_[at_++])) << held_;
      held_ += 8;
    }
    const auto code = static_cast<int>(bits_ & ((1u << size) - 1));
    bits_ >>= size;
    held_ -= size;
    return code;
  }

 private:
  ByteCursor& file_;
  std::string_view block_;
  size_t at_ = 0;
  uint32_t bits_ = 0;
  int held_ = 0;
};

/// T. Welch, "A technique for high-performance data compression", 1984, with codes of 3 to 12 bits.
class Unpacker {
 public:
  Unpacker(ByteCursor& file, int symbol_bits)
      : bits_(file), clear_(1 << symbol_bits), first_size_(symbol_bits + 1) {
    for (int i = 0; i < clear_; ++i) last_[static_cast<size_t>(i)] = static_cast<uint8_t>(i);
    reset();
  }

  /// Up to `count` numbers; fewer where the data end or make no sense.
  std::vector<uint8_t> read(size_t count) {
    std::vector<uint8_t> out;
    while (out.size() < count) {
      const int code = bits_.next(size_);
      if (code < 0 || code == clear_ + 1) break;
      if (code == clear_) {
        reset();
        continue;
      }
      if (code > next_ || (code == next_ && before_ < 0) || (before_ < 0 && code >= clear_)) break;
      // A code that is about to be made: what came before, and its first number again.
      const int known = code == next_ ? before_ : code;
      string_.clear();
      int at = known;
      for (; at >= clear_; at = prefix_[static_cast<size_t>(at)])
        string_.push_back(last_[static_cast<size_t>(at)]);
      const auto first = static_cast<uint8_t>(at);
      string_.push_back(first);
      out.insert(out.end(), string_.rbegin(), string_.rend());
      if (code == next_) out.push_back(first);
      if (before_ >= 0 && next_ < 4096) {
        prefix_[static_cast<size_t>(next_)] = static_cast<uint16_t>(before_);
        last_[static_cast<size_t>(next_)] = first;
        if (++next_ == 1 << size_ && size_ < 12) ++size_;
      }
      before_ = code;
    }
    out.resize(std::min(out.size(), count));
    return out;
  }

 private:
  void reset() {
    size_ = first_size_;
    next_ = clear_ + 2;
    before_ = -1;
  }

  BlockBits bits_;
  const int clear_, first_size_;
  int size_ = 0, next_ = 0, before_ = -1;
  std::array<uint16_t, 4096> prefix_ = {};
  std::array<uint8_t, 4096> last_ = {};
  std::vector<uint8_t> string_;
};

/// The rows in the order of an interlaced picture.
std::vector<size_t> row_order(size_t rows, bool interlaced) {
  std::vector<size_t> order;
  const auto add = [&](size_t first, size_t step) {
    for (size_t y = first; y < rows; y += step) order.push_back(y);
  };
  if (interlaced) {
    add(0, 8);
    add(4, 8);
    add(2, 4);
    add(1, 2);
  } else {
    add(0, 1);
  }
  return order;
}

std::span<const uint8_t> palette_of(ByteCursor& file, int flags) {
  const std::string_view colours = file.take(size_t{6} << (flags & 7));
  return {reinterpret_cast<const uint8_t*>(colours.data()), colours.size()};
}

Picture decode_gif(std::string_view bytes, const std::string& name, const DecodeOptions& options) {
  ByteCursor file(bytes, name);
  file.skip(6);
  size_t width = file.u16(), height = file.u16();
  const int screen = file.u8();
  file.skip(2);
  std::span<const uint8_t> palette;
  if (screen & 128) palette = palette_of(file, screen);
  uint8_t around = 0;  // the number of the colour where the picture does not reach: the transparent one
  bool clear = false;
  const auto damaged = [&](const char* why) {
    return FileError("'" + name + "' is a damaged GIF file: " + why);
  };
  for (uint8_t block = file.u8(); block != ','; block = file.u8()) {
    if (block == ';') throw damaged("it holds no picture");
    if (block != '!') continue;
    const bool control = file.u8() == 249;
    bool first = true;
    for (size_t size = file.u8(); size > 0; size = file.u8(), first = false) {
      const std::string_view part = file.take(size);
      if (control && first && size >= 4 && part[0] & 1) {
        around = static_cast<uint8_t>(part[3]);
        clear = true;
      }
    }
  }
  const size_t left = file.u16(), top = file.u16(), columns = file.u16(), rows = file.u16();
  const int flags = file.u8();
  if (flags & 128) palette = palette_of(file, flags);
  const int symbol_bits = file.u8();
  if (symbol_bits < 1 || symbol_bits > 8) throw damaged("its pixels have no size that there can be");
  if (columns == 0 || rows == 0) throw damaged("its picture has no pixels");
  width = std::max(width, left + columns);
  height = std::max(height, top + rows);
  check_extents(static_cast<int64_t>(height), static_cast<int64_t>(width), "'" + name + "'");

  check_promise(static_cast<int64_t>(width * height), file.left(), "'" + name + "'");
  const std::vector<uint8_t> numbers = Unpacker(file, symbol_bits).read(rows * columns);
  if (numbers.size() < rows * columns) throw damaged("it ends too early, or its codes make no sense");
  std::vector<uint8_t> canvas(width * height, around);
  auto from = numbers.begin();
  for (const size_t y : row_order(rows, (flags & 64) != 0)) {
    std::copy_n(from, columns, canvas.begin() + static_cast<std::ptrdiff_t>((top + y) * width + left));
    from += static_cast<std::ptrdiff_t>(columns);
  }
  const bool grey = palette.empty();
  std::vector<uint8_t> alpha;
  for (size_t i = 0; options.alpha && clear && i < canvas.size(); ++i)
    alpha.push_back(canvas[i] == around ? 0 : 255);
  return {static_cast<int>(height),
          static_cast<int>(width),
          grey ? 1 : 3,
          grey ? std::move(canvas) : through_palette(canvas, palette),
          {},
          std::move(alpha)};
}

bool is_gif(std::string_view head) { return head.starts_with("GIF87a") || head.starts_with("GIF89a"); }

}  // namespace

const ImageFormat kGif = {"GIF", is_gif, decode_gif, nullptr};

}  // namespace lamina::detail
