// Netpbm's PBM, PGM and PPM, plain (P1, P2, P3) and raw (P4, P5, P6), as Pillow reads them.
#include <algorithm>
#include <cmath>

#include "lamina/base/error.h"
#include "lamina/image/detail/codecs.h"

namespace lamina::detail {
namespace {

bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

class Pnm {
 public:
  Pnm(std::string_view bytes, const std::string& name) : bytes_(bytes), name_(name), kind_(bytes[1] - '0') {
    at_ = 3;  // behind the letter, the number and a space
  }

  Picture read() {
    const int width = number("width"), height = number("height");
    check_extents(height, width, "'" + name_ + "'");
    const bool colour = kind_ % 3 == 0;
    picture_ = {height, width, colour ? 3 : 1, {}, {}};
    const size_t count =
        static_cast<size_t>(height) * static_cast<size_t>(width) * static_cast<size_t>(picture_.channels);
    // What a file holds bounds what is made of it: a sample takes a bit at least.
    if (count / 8 > bytes_.size()) damaged("it ends too early");
    if (kind_ % 3 == 1) {
      kind_ == 1 ? plain_bits(count) : raw_bits();
    } else {
      most_ = number("largest value");
      if (most_ < 1 || most_ > 65535) damaged("its largest value is " + std::to_string(most_));
      samples(count);
    }
    return std::move(picture_);
  }

 private:
  [[noreturn]] void damaged(const std::string& why) const {
    throw FileError("'" + name_ + "' is a damaged PNM file: " + why);
  }

  char next() {
    if (at_ >= bytes_.size()) damaged("it ends too early");
    return bytes_[at_++];
  }
  void skip_line() {
    while (at_ < bytes_.size() && bytes_[at_] != '\n' && bytes_[at_] != '\r') ++at_;
    if (at_ < bytes_.size()) ++at_;
  }

  /// The next number in decimal digits, and the one space behind it.
  int number(const char* what) {
    int value = -1;
    while (at_ < bytes_.size()) {
      const char c = bytes_[at_++];
      if (c == '#') {
        skip_line();
      } else if (is_space(c)) {
        if (value >= 0) break;
      } else if (c < '0' || c > '9' || value > 99'999'999) {
        damaged(std::string("its ") + what + " is no number below 1000000000");
      } else {
        value = std::max(value, 0) * 10 + (c - '0');
      }
    }
    if (value < 0) damaged("it ends too early");
    return value;
  }

  void plain_bits(size_t count) {
    picture_.pixels.reserve(count);
    while (picture_.pixels.size() < count) {
      const char c = next();
      if (c == '#') {
        skip_line();
      } else if (!is_space(c)) {
        if (c != '0' && c != '1') damaged("a pixel is neither 0 nor 1");
        picture_.pixels.push_back(c == '0' ? 255 : 0);
      }
    }
  }

  void raw_bits() {
    const auto width = static_cast<size_t>(picture_.width), row = (width + 7) / 8;
    if (row * static_cast<size_t>(picture_.height) > bytes_.size() - at_) damaged("it ends too early");
    for (int y = 0; y < picture_.height; ++y, at_ += row) {
      for (size_t x = 0; x < width; ++x) {
        const bool black = bytes_[at_ + x / 8] >> (7 - x % 8) & 1;
        picture_.pixels.push_back(black ? 0 : 255);
      }
    }
  }

  void samples(size_t count) {
    const bool plain = kind_<4, deep = most_> 255 && picture_.channels == 1;
    const size_t bytes = most_ > 255 ? 2 : 1;
    if (plain ? count > (bytes_.size() - at_ + 1) / 2 : count > (bytes_.size() - at_) / bytes)
      damaged("it ends too early");
    // Fractions of the largest value, halves to the even number, as Python's round does.
    std::vector<uint16_t> scaled(bytes == 2 ? 65536 : 256);
    const double top = deep ? 65535 : 255;
    for (size_t v = 0; v < scaled.size(); ++v)
      scaled[v] = static_cast<uint16_t>(std::min(top, std::nearbyint(static_cast<double>(v) / most_ * top)));
    picture_.pixels.reserve(count);
    if (deep) picture_.deep.reserve(count);
    for (size_t i = 0; i < count; ++i) {
      const uint16_t sample = scaled[static_cast<size_t>(plain ? plain_sample() : raw_sample(bytes))];
      if (deep) picture_.deep.push_back(sample);
      picture_.pixels.push_back(static_cast<uint8_t>(deep ? sample >> 8 : sample));
    }
  }

  int plain_sample() {
    const int value = number("sample");
    if (value > most_) damaged("a sample is larger than " + std::to_string(most_));
    return value;
  }
  int raw_sample(size_t bytes) {
    const int high = static_cast<uint8_t>(next());
    return bytes == 1 ? high : high << 8 | static_cast<uint8_t>(next());
  }

  std::string_view bytes_;
  const std::string& name_;
  const int kind_;
  size_t at_ = 0;
  int most_ = 1;
  Picture picture_;
};

bool is_pnm(std::string_view head) {
  return head.size() > 3 && head[0] == 'P' && head[1] >= '1' && head[1] <= '6' && is_space(head[2]) &&
         (is_space(head[3]) || head[3] == '#' || (head[3] >= '0' && head[3] <= '9'));
}

}  // namespace

const ImageFormat kPnm = {"PNM", is_pnm,
                          [](std::string_view bytes, const std::string& name, const DecodeOptions&) {
                            return Pnm(bytes, name).read();
                          },
                          nullptr};

}  // namespace lamina::detail
