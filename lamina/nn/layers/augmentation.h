// What the layers that change images at random while training share: ranges of random numbers, and how an
// image that is moved is filled.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "lamina/nn/layer.h"

namespace lamina {

class ConfigReader;

/// The range from which an augmentation draws: `0.2` stands for the range around 0 that the layer names,
/// mostly
/// [-0.2, 0.2], and `{-0.1, 0.3}` is a range itself, in either order.
struct Factor {
  Factor(double both) : lower(both), upper(both) {}
  Factor(double from, double to) : lower(from), upper(to), range(true) {}
  double lower = 0, upper = 0;
  bool range = false;  ///< whether it was given as one
};

/// Options of RandomContrast and RandomBrightness, with Keras's defaults.
struct RandomColorOptions {
  /// Between which numbers the pixels lie; what is changed is limited to them.
  std::pair<double, double> value_range = {0, 255};
  std::optional<int64_t> seed = {};  ///< absent: the model's random key
  std::string name = {};
  bool trainable = true;
  std::string dtype = {};  ///< the policy; empty: float32
};

/// Options of RandomTranslation, RandomRotation and RandomZoom, with Keras's defaults.
struct RandomAffineOptions {
  /// What comes from beyond the border: "reflect", "wrap", "constant" or "nearest", as in affine_transform.
  std::string fill_mode = "reflect";
  std::string interpolation = "bilinear";  ///< or "nearest"
  std::optional<int64_t> seed = {};        ///< absent: the model's random key
  double fill_value = 0;                   ///< for fill_mode "constant"
  std::string name = {};
  bool trainable = true;
  std::string dtype = {};  ///< the policy; empty: float32
};

namespace detail {

/// What a Factor lets a layer draw, lower first.
struct Bounds {
  double lower = 0, upper = 0;
};

/// A number means [-|factor|, |factor|], of which nothing is below `least`; as Keras reads it.
Bounds bounds_of(const Factor& factor, double least);
/// The text that is wrong with a factor, or nothing: each of its numbers lies within [-1, 1], or within (-1,
/// 1] with `open`.
std::string factor_error(const char* what, const Factor& factor, bool open = false);
/// The same for the layers that take a range as soon as it reaches into [least, 1].
std::string loose_factor_error(const char* what, const Factor& factor, double least);
/// The text that is wrong with fill mode or interpolation, or nothing.
std::string affine_options_error(const RandomAffineOptions& options);

/// As it was given: a number, or a list of two.
Json factor_json(const Factor& factor);
Json bounds_json(const Bounds& bounds);
Factor read_factor(ConfigReader& reader, const char* key);
/// Name, trainable, dtype, fill_mode, interpolation, seed, fill_value and data_format; a value_range is
/// passed over.
RandomAffineOptions read_affine_options(ConfigReader& reader);
/// Name, trainable, dtype, value_range, seed and data_format.
RandomColorOptions read_color_options(ConfigReader& reader);
/// Whole numbers as integers, as Keras writes its default.
Json value_range_json(const RandomColorOptions& options);
Json seed_json(const std::optional<int64_t>& seed);

/// `count` columns of float32 for the images of a batch, each uniform between its bounds: tensors of shape
/// (batch).
std::vector<Tensor> draw(CallContext& context, const std::optional<int64_t>& seed, int64_t batch,
                         const std::vector<Bounds>& bounds);
/// Rows for affine_transform from columns of shape (batch); undefined ones are 0.
Tensor transform_rows(const std::vector<Tensor>& columns);
/// The images through these rows as the options have it.
Tensor transformed(const Tensor& images, const std::vector<Tensor>& columns,
                   const RandomAffineOptions& options);

}  // namespace detail
}  // namespace lamina
