// Frames and plates with small letters.
#include "lamina/vision/draw_boxes.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

#include "lamina/base/error.h"
#include "lamina/image/detail/codecs.h"
#include "lamina/vision/detail/small_letters.h"

namespace lamina::vision {
namespace {

using Colour = std::array<uint8_t, 3>;

// Told apart also by those who do not see red and green alike (Okabe and Ito's palette).
constexpr Colour kColours[] = {{230, 159, 0}, {86, 180, 233}, {0, 158, 115},   {240, 228, 66},
                               {0, 114, 178}, {213, 94, 0},   {204, 121, 167}, {255, 255, 255}};

class Canvas {
 public:
  explicit Canvas(Picture& picture) : picture_(picture) {}

  // Pixels from (left, top) up to (right, bottom), without these, as far as they are in the picture.
  void fill(int left, int top, int right, int bottom, const Colour& colour) {
    for (int y = std::max(top, 0); y < std::min(bottom, picture_.height); ++y) {
      for (int x = std::max(left, 0); x < std::min(right, picture_.width); ++x) {
        std::copy(colour.begin(), colour.end(),
                  picture_.pixels.begin() + (static_cast<std::ptrdiff_t>(y) * picture_.width + x) * 3);
      }
    }
  }

  void write(const std::string& text, int left, int top, int scale, const Colour& colour) {
    for (size_t i = 0; i < text.size(); ++i) {
      const auto& rows = detail::letter_rows(text[i]);
      const int begin = left + static_cast<int>(i) * (detail::kLetterWidth + 1) * scale;
      for (int row = 0; row < detail::kLetterHeight; ++row) {
        for (int column = 0; column < detail::kLetterWidth; ++column) {
          if (!(rows[static_cast<size_t>(row)] >> (detail::kLetterWidth - 1 - column) & 1)) continue;
          const int x = begin + column * scale, y = top + row * scale;
          fill(x, y, x + scale, y + scale, colour);
        }
      }
    }
  }

 private:
  Picture& picture_;
};

}  // namespace

Picture draw_boxes(const Picture& picture, const std::vector<LabelledBox>& boxes, int line) {
  if (line < 0)
    throw InvalidArgument("draw_boxes: a line of " + std::to_string(line) +
                          " pixels; 0 or more was expected");
  Picture drawn = picture.channels == 3 ? picture : lamina::detail::with_channels(picture, 3, "a picture");
  const int longer = std::max(drawn.width, drawn.height);
  const int width = line > 0 ? line : std::max(2, longer / 320);
  const int scale = std::max(1, longer / 640 + (longer >= 400 ? 1 : 0));
  Canvas canvas(drawn);
  for (const LabelledBox& one : boxes) {
    if (!std::isfinite(one.box.left + one.box.top + one.box.right + one.box.bottom)) continue;
    const Box box = clipped(one.box, drawn.width, drawn.height);
    const auto at = [](double value) { return static_cast<int>(std::lround(value)); };
    const int left = at(box.left), top = at(box.top), right = at(box.right), bottom = at(box.bottom);
    const size_t count = std::size(kColours);
    const Colour& colour = kColours[static_cast<size_t>(((one.colour % static_cast<int64_t>(count)) +
                                                         static_cast<int64_t>(count))) %
                                    count];
    canvas.fill(left, top, right, std::min(top + width, bottom), colour);
    canvas.fill(left, std::max(bottom - width, top), right, bottom, colour);
    canvas.fill(left, top, std::min(left + width, right), bottom, colour);
    canvas.fill(std::max(right - width, left), top, right, bottom, colour);
    if (one.text.empty()) continue;
    const int high = (detail::kLetterHeight + 2) * scale;
    const int wide =
        static_cast<int>(std::min<size_t>(one.text.size(), 200)) * (detail::kLetterWidth + 1) * scale + scale;
    const int plate_left = std::max(0, std::min(left, drawn.width - wide));
    const int plate_top = top >= high ? top - high : top;
    canvas.fill(plate_left, plate_top, plate_left + wide, plate_top + high, colour);
    canvas.write(one.text.substr(0, 200), plate_left + scale, plate_top + scale, scale, {0, 0, 0});
  }
  return drawn;
}

std::vector<LabelledBox> labelled(const std::vector<Detection>& detections,
                                  const std::vector<std::string>& class_names) {
  std::vector<LabelledBox> boxes;
  for (const Detection& one : detections) {
    if (one.label < 0 || one.label >= static_cast<int64_t>(class_names.size()))
      throw InvalidArgument("a detection of class " + std::to_string(one.label) + ", and there are " +
                            std::to_string(class_names.size()) + " names");
    char score[16];
    std::snprintf(score, sizeof score, " %.2f", one.score);
    boxes.push_back({one.box, class_names[static_cast<size_t>(one.label)] + score, one.label});
  }
  return boxes;
}

}  // namespace lamina::vision
