// Pictures in a terminal: U+2580 (upper half block) takes one pixel as its foreground and the one below as
// its background, so that a 28x28 image is 28 columns by 14 lines.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "lamina/base/error.h"
#include "lamina/image/picture.h"

namespace lamina {
namespace {

constexpr int kGap = 2;          // columns between two pictures
constexpr int kMaxColumns = 64;  // of one picture
constexpr char kGreys[] = " .:-=+*#%@";

struct Colour {
  int r = 0, g = 0, b = 0;
  int grey() const { return (r * 299 + g * 587 + b * 114) / 1000; }
  bool operator==(const Colour&) const = default;
};

Colour pixel(const Picture& p, int y, int x) {
  if (y >= p.height || x >= p.width) return {};
  const uint8_t* at =
      p.pixels.data() + (static_cast<size_t>(y) * static_cast<size_t>(p.width) + static_cast<size_t>(x)) *
                            static_cast<size_t>(p.channels);
  return p.channels == 3 ? Colour{at[0], at[1], at[2]} : Colour{at[0], at[0], at[0]};
}

// The nearest of the 256 indexed colours: 24 greys at 232.., a 6x6x6 cube at 16.. .
int indexed(const Colour& c) {
  if (c.r == c.g && c.g == c.b) {
    if (c.r < 4) return 16;
    if (c.r > 246) return 231;
    return 232 + std::clamp((c.r - 3) / 10, 0, 23);
  }
  auto level = [](int v) { return v < 48 ? 0 : v < 115 ? 1 : (v - 35) / 40; };
  return 16 + 36 * level(c.r) + 6 * level(c.g) + level(c.b);
}

std::string half_block_row(const Picture& p, int line, Colours colours) {
  std::string out;
  Colour top{-1, -1, -1}, bottom{-1, -1, -1};
  for (int x = 0; x < p.width; ++x) {
    Colour t = pixel(p, 2 * line, x), b = pixel(p, 2 * line + 1, x);
    bool truecolour = colours == Colours::kTrueColour;
    if (!(t == top))
      out += truecolour ? fmt::format("\x1b[38;2;{};{};{}m", t.r, t.g, t.b)
                        : fmt::format("\x1b[38;5;{}m", indexed(t));
    if (!(b == bottom))
      out += truecolour ? fmt::format("\x1b[48;2;{};{};{}m", b.r, b.g, b.b)
                        : fmt::format("\x1b[48;5;{}m", indexed(b));
    out += "▀";
    top = t;
    bottom = b;
  }
  return out + "\x1b[0m";
}

std::string ascii_row(const Picture& p, int line) {
  std::string out;
  for (int x = 0; x < p.width; ++x) {
    int grey = pixel(p, 2 * line, x).grey();
    if (2 * line + 1 < p.height) grey = (grey + pixel(p, 2 * line + 1, x).grey()) / 2;
    out += kGreys[std::clamp(grey * 10 / 256, 0, 9)];
  }
  return out;
}

std::string padded(const std::string& text, int width) {
  std::string result = cut(printable(text), width);
  result.append(static_cast<size_t>(std::max(0, width - columns(result))), ' ');
  return result;
}

}  // namespace

Picture Picture::from_unit(const float* values, int height, int width, int channels) {
  if (channels != 1 && channels != 3) {
    throw InvalidArgument("Picture: expected 1 channel (grey) or 3 (colour); got " +
                          std::to_string(channels));
  }
  Picture p{height, width, channels, {}};
  p.pixels.resize(static_cast<size_t>(height) * static_cast<size_t>(width) * static_cast<size_t>(channels));
  std::transform(values, values + p.pixels.size(), p.pixels.begin(), [](float v) {
    return static_cast<uint8_t>(v > 0 ? std::lround(std::min(v, 1.0f) * 255.0f) : 0);
  });
  return p;
}

Picture shrink(const Picture& picture, int max_width) {
  if (picture.width <= max_width || max_width < 1) return picture;
  const int64_t height = picture.height, width = picture.width;
  const auto small_height = static_cast<int>(std::max<int64_t>(1, height * max_width / width));
  Picture small{small_height, max_width, picture.channels, {}};
  for (int y = 0; y < small.height; ++y) {
    for (int x = 0; x < small.width; ++x) {
      const int64_t y0 = y * height / small.height, y1 = std::max(y0 + 1, (y + 1) * height / small.height);
      const int64_t x0 = x * width / small.width, x1 = std::max(x0 + 1, (x + 1) * width / small.width);
      for (int c = 0; c < picture.channels; ++c) {
        int64_t sum = 0;
        for (int64_t i = y0; i < y1; ++i) {
          for (int64_t j = x0; j < x1; ++j) {
            sum += picture.pixels[static_cast<size_t>((i * width + j) * picture.channels + c)];
          }
        }
        small.pixels.push_back(static_cast<uint8_t>(sum / ((y1 - y0) * (x1 - x0))));
      }
    }
  }
  return small;
}

std::string draw(const std::vector<CaptionedPicture>& pictures, const Terminal& terminal) {
  const int room = std::max(1, terminal.width - 1);
  const bool blocks = terminal.utf8 && terminal.colours != Colours::kNone;
  std::vector<CaptionedPicture> items = pictures;
  int cell = 1;
  for (CaptionedPicture& item : items) {
    item.picture = shrink(item.picture, std::min(room, kMaxColumns));
    cell = std::max(cell, item.picture.width);
  }
  const size_t per_row = static_cast<size_t>(std::max(1, (room + kGap) / (cell + kGap)));
  std::string out;
  for (size_t first = 0; first < items.size(); first += per_row) {
    const size_t last = std::min(items.size(), first + per_row);
    int lines = 0;
    size_t captions = 0;
    for (size_t i = first; i < last; ++i) {
      lines = std::max(lines, (items[i].picture.height + 1) / 2);
      captions = std::max(captions, items[i].caption.size());
    }
    if (first > 0) out += "\n";
    auto gap = [&](size_t i, int used) {
      if (i + 1 < last) out.append(static_cast<size_t>(cell - used + kGap), ' ');
    };
    for (int line = 0; line < lines; ++line) {
      for (size_t i = first; i < last; ++i) {
        const Picture& p = items[i].picture;
        bool present = 2 * line < p.height;
        if (present) out += blocks ? half_block_row(p, line, terminal.colours) : ascii_row(p, line);
        gap(i, present ? p.width : 0);
      }
      out += "\n";
    }
    for (size_t line = 0; line < captions; ++line) {
      for (size_t i = first; i < last; ++i) {
        bool present = line < items[i].caption.size();
        out += i + 1 < last ? padded(present ? items[i].caption[line] : "", cell)
                            : cut(printable(present ? items[i].caption[line] : ""), std::max(cell, 1));
        gap(i, cell);
      }
      out += "\n";
    }
  }
  return out;
}

}  // namespace lamina
