// DetectionBatches: pictures with their boxes as a detector learns them, each time seen otherwise.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "lamina/nn/batch_source.h"
#include "lamina/vision/annotations.h"
#include "lamina/vision/detector_info.h"

namespace lamina::vision {

/// How pictures are changed, and put into batches.
struct DetectionBatchesOptions {
  int64_t batch_size = 8;
  bool augment = true;                   ///< false: pictures framed as Detector frames them, in their order
  int epochs = 100;                      ///< of the whole training: the last ones see no mosaics
  double mosaic = 0.5;                   ///< share of samples that are put together from four pictures
  double plain_share = 0.15;             ///< of the epochs, at the end, without mosaics
  double smallest = 0.6, largest = 1.5;  ///< scales, beside that by which a picture just fits
  bool flip_x = true;                    ///< whether pictures are mirrored
  bool flip_y = false;                   ///< whether they are turned upside down, too
  double light = 0.3;                    ///< brightness, contrast and saturation change by up to that share
  int64_t repeats = 1;                   ///< how often each picture comes in an epoch
};

/// x is float32 (batch, height, width, 3) of bytes, y float32 (batch, most, 5) as DetectionLoss takes them,
/// where `most` is the largest number of boxes that a sample may have. What is drawn depends on seed, epoch
/// and the number of the sample alone. Pictures are read once and kept, no larger than they are needed.
class DetectionBatches : public BatchSource {
 public:
  /// Boxes that lie outside of their picture are left out; that, and pictures of another size than their annotations say,
  /// is told to the log. Throws FileError for pictures that cannot be read, and InvalidArgument for no pictures, options out of
  /// range and a detector that does not take bytes, channels last.
  DetectionBatches(const AnnotatedImages& data, const DetectorInfo& info,
                   const DetectionBatchesOptions& options = {});
  DetectionBatches(DetectionBatches&& other) noexcept;
  ~DetectionBatches() override;

  void begin(int epoch, uint64_t seed, int64_t first_step = 0) override;
  bool next(Batch& batch) override;
  std::optional<int64_t> steps() const override;
  std::optional<int64_t> samples() const override;
  Json identity() const override;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace lamina::vision
