// One sample of a detector's training: pictures set into a frame, mirrored, scaled and lit otherwise.
// Internal header.
#pragma once

#include <cstdint>
#include <random>
#include <vector>

#include "lamina/image/picture.h"
#include "lamina/vision/annotations.h"
#include "lamina/vision/detection_batches.h"

namespace lamina::vision::detail {

/// A picture in memory with its boxes, in its pixels.
struct KeptPicture {
  Picture picture;  ///< red, green, blue
  std::vector<TruthBox> boxes;
};

/// Numbers that are the same with each standard library.
class Draw {
 public:
  Draw(uint64_t seed, int epoch, int64_t number);
  double unit() { return static_cast<double>(random_() >> 11) * 0x1.0p-53; }  ///< from 0 to, but without, 1
  double between(double least, double most) { return least + (most - least) * unit(); }
  bool chance(double share) { return unit() < share; }
  size_t below(size_t end) { return static_cast<size_t>(random_() % end); }

 private:
  std::mt19937_64 random_;
};

/// Where a picture lies in a frame: frame = picture * scale + offset, maybe mirrored first; only what is in
/// the part of the frame from (left, top) to (right, bottom) is drawn.
struct Placing {
  double scale = 1, x = 0, y = 0;
  bool flip_x = false, flip_y = false;
  double left = 0, top = 0, right = 0, bottom = 0;
};

/// Draws the picture at `pixels` (height, width, 3), and adds its boxes that are still seen.
void place_picture(const KeptPicture& kept, const Placing& placing, int64_t height, int64_t width,
                   float* pixels, std::vector<TruthBox>& boxes);

/// A sample around picture `number`; the pixels of the frame are written to `pixels`, its boxes returned.
std::vector<TruthBox> augmented_sample(const std::vector<KeptPicture>& pictures, size_t number,
                                       int64_t height, int64_t width, const DetectionBatchesOptions& options,
                                       bool mosaic, double fill, Draw& draw, float* pixels);

}  // namespace lamina::vision::detail
