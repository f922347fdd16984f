// Pictures in a frame: bilinear, and boxes with them.
#include "lamina/vision/detail/augmented_sample.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace lamina::vision::detail {
namespace {

// Of a box that is cut off by so much, nobody can say what it is.
constexpr double kLeastSeen = 0.3, kLeastSide = 3;

Placing single(const KeptPicture& kept, int64_t height, int64_t width, const DetectionBatchesOptions& options,
               Draw& draw) {
  const double fits = std::min(static_cast<double>(width) / kept.picture.width,
                               static_cast<double>(height) / kept.picture.height);
  Placing placing{.scale =
                      fits * std::exp(draw.between(std::log(options.smallest), std::log(options.largest)))};
  const double free_x = static_cast<double>(width) - kept.picture.width * placing.scale;
  const double free_y = static_cast<double>(height) - kept.picture.height * placing.scale;
  placing.x = free_x * draw.unit();
  placing.y = free_y * draw.unit();
  placing.right = static_cast<double>(width);
  placing.bottom = static_cast<double>(height);
  return placing;
}

// Four pictures meet at one point (Bochkovskiy et al., 2020, arXiv 2004.10934).
Placing quarter(const KeptPicture& kept, int corner, double middle_x, double middle_y, int64_t height,
                int64_t width, const DetectionBatchesOptions& options, Draw& draw) {
  const double w = static_cast<double>(width), h = static_cast<double>(height);
  const double fits = std::min(w / kept.picture.width, h / kept.picture.height);
  Placing placing{.scale = fits * draw.between(options.smallest, 1.0)};
  const bool right = corner % 2 == 1, lower = corner / 2 == 1;
  placing.left = right ? middle_x : 0;
  placing.right = right ? w : middle_x;
  placing.top = lower ? middle_y : 0;
  placing.bottom = lower ? h : middle_y;
  const double free_x = placing.right - placing.left - kept.picture.width * placing.scale;
  const double free_y = placing.bottom - placing.top - kept.picture.height * placing.scale;
  placing.x = placing.left + free_x * draw.unit();
  placing.y = placing.top + free_y * draw.unit();
  return placing;
}

void light(float* pixels, int64_t places, double amount, Draw& draw) {
  const auto factor = [&] { return static_cast<float>(1 + draw.between(-amount, amount)); };
  const float brightness = factor(), contrast = factor(), saturation = factor();
  for (int64_t i = 0; i < places; ++i) {
    float* const p = pixels + i * 3;
    const float grey = 0.299f * p[0] + 0.587f * p[1] + 0.114f * p[2];
    for (int c = 0; c < 3; ++c) {
      const float coloured = grey + (p[c] - grey) * saturation;
      p[c] = std::clamp(((coloured - 128) * contrast + 128) * brightness, 0.0f, 255.0f);
    }
  }
}

}  // namespace

Draw::Draw(uint64_t seed, int epoch, int64_t number) {
  const auto wide = [](uint64_t value, uint32_t* to) {
    to[0] = static_cast<uint32_t>(value);
    to[1] = static_cast<uint32_t>(value >> 32);
  };
  std::array<uint32_t, 6> words;
  wide(seed, words.data());
  wide(static_cast<uint64_t>(epoch), words.data() + 2);
  wide(static_cast<uint64_t>(number), words.data() + 4);
  std::seed_seq sequence(words.begin(), words.end());
  random_.seed(sequence);
}

void place_picture(const KeptPicture& kept, const Placing& placing, int64_t height, int64_t width,
                   float* pixels, std::vector<TruthBox>& boxes) {
  const Picture& from = kept.picture;
  const double wide = from.width * placing.scale, high = from.height * placing.scale;
  // Pixels of the frame whose centres lie in the picture and in the part.
  const auto first = [](double least) { return static_cast<int64_t>(std::ceil(least - 0.5)); };
  const int64_t left = std::max<int64_t>(first(std::max(placing.x, placing.left)), 0);
  const int64_t right = std::min<int64_t>(first(std::min(placing.x + wide, placing.right)), width);
  const int64_t top = std::max<int64_t>(first(std::max(placing.y, placing.top)), 0);
  const int64_t bottom = std::min<int64_t>(first(std::min(placing.y + high, placing.bottom)), height);
  struct Source {
    int64_t low, high;
    float share;
  };
  const auto source = [&](int64_t at, double offset, int64_t extent, bool flip) {
    double place = (static_cast<double>(at) + 0.5 - offset) / placing.scale - 0.5;
    if (flip) place = static_cast<double>(extent) - 1 - place;
    place = std::clamp(place, 0.0, static_cast<double>(extent - 1));
    const auto low = static_cast<int64_t>(place);
    return Source{low, std::min(low + 1, extent - 1), static_cast<float>(place - static_cast<double>(low))};
  };
  std::vector<Source> columns;
  for (int64_t x = left; x < right; ++x) columns.push_back(source(x, placing.x, from.width, placing.flip_x));
  for (int64_t y = top; y < bottom; ++y) {
    const Source row = source(y, placing.y, from.height, placing.flip_y);
    const uint8_t* const upper = from.pixels.data() + row.low * from.width * 3;
    const uint8_t* const lower = from.pixels.data() + row.high * from.width * 3;
    float* to = pixels + (y * width + left) * 3;
    for (const Source& column : columns) {
      for (int64_t c = 0; c < 3; ++c) {
        const float a = upper[column.low * 3 + c], b = upper[column.high * 3 + c];
        const float d = lower[column.low * 3 + c], e = lower[column.high * 3 + c];
        const float above = a + (b - a) * column.share, below = d + (e - d) * column.share;
        *to++ = above + (below - above) * row.share;
      }
    }
  }
  const Box part{std::max(placing.left, 0.0), std::max(placing.top, 0.0),
                 std::min(placing.right, static_cast<double>(width)),
                 std::min(placing.bottom, static_cast<double>(height))};
  for (const TruthBox& one : kept.boxes) {
    Box box = one.box;
    if (placing.flip_x) box = {from.width - box.right, box.top, from.width - box.left, box.bottom};
    if (placing.flip_y) box = {box.left, from.height - box.bottom, box.right, from.height - box.top};
    box = {box.left * placing.scale + placing.x, box.top * placing.scale + placing.y,
           box.right * placing.scale + placing.x, box.bottom * placing.scale + placing.y};
    const Box seen{std::max(box.left, part.left), std::max(box.top, part.top),
                   std::min(box.right, part.right), std::min(box.bottom, part.bottom)};
    if (!seen.valid() || seen.width() < kLeastSide || seen.height() < kLeastSide ||
        seen.area() < kLeastSeen * box.area())
      continue;
    TruthBox added = one;
    added.box = seen;
    boxes.push_back(added);
  }
}

std::vector<TruthBox> augmented_sample(const std::vector<KeptPicture>& pictures, size_t number,
                                       int64_t height, int64_t width, const DetectionBatchesOptions& options,
                                       bool mosaic, double fill, Draw& draw, float* pixels) {
  std::fill(pixels, pixels + height * width * 3, static_cast<float>(fill));
  std::vector<TruthBox> boxes;
  const bool flip_x = options.flip_x && draw.chance(0.5), flip_y = options.flip_y && draw.chance(0.5);
  if (mosaic && draw.chance(options.mosaic)) {
    const double middle_x = static_cast<double>(width) * draw.between(0.3, 0.7);
    const double middle_y = static_cast<double>(height) * draw.between(0.3, 0.7);
    for (int corner = 0; corner < 4; ++corner) {
      const KeptPicture& kept = pictures[corner == 0 ? number : draw.below(pictures.size())];
      Placing placing = quarter(kept, corner, middle_x, middle_y, height, width, options, draw);
      placing.flip_x = flip_x;
      placing.flip_y = flip_y;
      place_picture(kept, placing, height, width, pixels, boxes);
    }
  } else {
    Placing placing = single(pictures[number], height, width, options, draw);
    placing.flip_x = flip_x;
    placing.flip_y = flip_y;
    place_picture(pictures[number], placing, height, width, pixels, boxes);
  }
  if (options.light > 0) light(pixels, height * width, options.light, draw);
  return boxes;
}

}  // namespace lamina::vision::detail
