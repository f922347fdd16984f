// ContrastLimitedAdaptiveHistogramEqualization: brightness by what is near.
#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include "lamina/nn/layers/augmentation.h"

namespace lamina {

/// Options of ContrastLimitedAdaptiveHistogramEqualization, with Keras's defaults.
struct ContrastLimitedAdaptiveHistogramEqualizationOptions {
  std::pair<double, double> value_range = {0, 255};  ///< between which numbers the pixels lie
  double clip_limit = 4.0;  ///< how many times the mean of its histogram a brightness of a tile may count; 0 or
                            ///< less: without limit
  std::pair<int64_t, int64_t> tile_grid_size = {8, 8};  ///< rows and columns of tiles, 1 or more
  std::string name = {};
  bool trainable = true;
  std::string dtype = {};  ///< the policy; empty: float32
};

/// Changes the pixels of each channel of each image so that all brightnesses are about as frequent near them: by the
/// histograms of tiles, between whose middles curves are interpolated; what is frequent counts up to a limit, so that
/// noise is not made strong (Zuiderveld, 1994; Keras: keras.layers.ContrastLimitedAdaptiveHistogramEqualization, channels
/// last). In training and out of it.
class ContrastLimitedAdaptiveHistogramEqualization final
    : public KerasLayer<ContrastLimitedAdaptiveHistogramEqualization> {
 public:
  /// Throws InvalidArgument for a value_range of no width and a grid of no or more than 2^20 tiles.
  explicit ContrastLimitedAdaptiveHistogramEqualization(
      const ContrastLimitedAdaptiveHistogramEqualizationOptions& options = {});
  std::string class_name() const override { return "ContrastLimitedAdaptiveHistogramEqualization"; }
  Shape compute_output_shape(const Shape& input) const override;
  Tensor call(const Tensor& x, CallContext& context) const override;
  bool keeps_values() const override { return true; }

 protected:
  Json own_config() const override;

 private:
  ContrastLimitedAdaptiveHistogramEqualizationOptions options_;
};

}  // namespace lamina
