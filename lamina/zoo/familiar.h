// Familiar: whether pictures are like those that a model has learned from.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lamina/core/tensor.h"
#include "lamina/nn/data_info.h"

namespace lamina {

/// A section of a model's DataInfo, "familiar": how light falls on the pictures of the training, as a grid of kSide x kSide
/// means in grey, each picture brought to mean 0 and deviation 1. A model answers whatever it is shown; a picture whose grid
/// is far from all that it has learned from is of another kind, a scan of another part of the body, say. What has the same
/// light and other contents is not seen.
struct Familiar {
  static constexpr int64_t kSide = 8;

  std::vector<double> mean = {}, deviation = {};  ///< of each place, kSide * kSide
  double most = 0;                                ///< distance of the farthest of the training, and half of it more

  /// Learns it of pictures (samples, height, width, channels), at least kSide pixels on each side, two or more. Throws
  /// InvalidArgument for others.
  static Familiar of_pictures(const Tensor& pictures);
  /// How far each picture is: the mean over the places of the squared distance in deviations.
  std::vector<double> distances(const Tensor& pictures) const;

  /// Puts it into `info`.
  void save(DataInfo& info) const;
  /// What a model knows; absent where it knows nothing. Throws FileError, beginning with `name`, for what cannot be.
  static std::optional<Familiar> of(const DataInfo& info, const std::string& name = "the model");
};

/// Tells the log how many of these pictures are not like those of the training, and the first of them by name, where the model
/// can say so and there are any.
/// @param names  of the pictures; may be empty.
void tell_unfamiliar(const DataInfo& info, const Tensor& pictures, const std::vector<std::string>& names);

}  // namespace lamina
