// Familiar: whether pictures are like those that a model has learned from.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lamina/core/tensor.h"
#include "lamina/nn/data_info.h"

namespace lamina {

/// A section of a model's DataInfo, "familiar": what the pictures of the training have in common, so that a scan of another
/// part of the body is told, of which the model would say something, too. Of each picture kFigures figures are taken: how
/// light falls on a grid of kSide x kSide means in grey, how bright and how rich in contrast it is, and how rough at four
/// scales. A picture is as far away as these are from their means by Mahalanobis's distance; what is farther than every
/// picture of the training was from the others is of another kind. Whatever has the same light and grain is not seen.
struct Familiar {
  static constexpr int64_t kSide = 8;
  static constexpr int64_t kScales = 4;
  static constexpr int64_t kFewest = 10;  ///< pictures to learn from
  static constexpr int64_t kFigures = kSide * kSide + 3 + kScales;

  double contrast = 1;            ///< the mean deviation of greys within a picture, by which light is measured
  std::vector<double> mean = {};  ///< of each figure
  /// Lower triangular, row after row: times what figures are off their means it gives numbers of variance 1 and correlation
  /// 0. kFigures * (kFigures + 1) / 2.
  std::vector<double> whitening = {};
  double most = 0;  ///< the distance beyond which a picture is of another kind

  /// Learns it of pictures (samples, height, width, channels), at least kSide pixels on each side; correlations are shrunk by
  /// a tenth (Ledoit and Wolf 2004 say why), and `most` is the greatest distance of a picture from those of the other four
  /// fifths. Throws InvalidArgument for fewer than kFewest and for others.
  static Familiar of_pictures(const Tensor& pictures);
  /// How far each picture is: the mean of the squares of the whitened figures, about 1 for what is familiar.
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
