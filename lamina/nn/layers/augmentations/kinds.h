// The random augmentations behind TrainingAugmentation: each draws its numbers, then changes images by them.
// Internal header.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "lamina/nn/layers/augmentation.h"

namespace lamina::detail {

/// The arguments of all of them; each reads its own.
struct AugmentationSettings {
  std::pair<double, double> value_range = {0, 255};
  std::optional<int64_t> seed;
  Bounds factor, scale, sigma, x_factor, y_factor;
  std::pair<int64_t, int64_t> kernel_size = {3, 3};
  std::string interpolation = "bilinear", fill_mode = "reflect";
  std::vector<double> fill_value = {0};  ///< one, one for each channel, or none: noise
  double alpha = 0.2;
  int64_t num_ops = 2, num_chains = 3, chain_depth = 3;
  bool all_ops = true;
  std::optional<Factor> brightness, contrast, saturation, hue;
};

/// Random numbers of one call, each asked for once: from the model's key or from a seed.
class Dice {
 public:
  Dice(CallContext& context, const std::optional<int64_t>& seed)
      : context_(context), random_(context.random(seed)) {}
  /// float32, from `bounds.lower` up to `bounds.upper`.
  Tensor uniform(const Shape& shape, const Bounds& bounds = {0, 1});
  Tensor normal(const Shape& shape);
  /// float32 (count,), of the beta distribution with both parameters `alpha`, a scalar.
  Tensor beta(int64_t count, const Tensor& alpha);
  /// float32 (count,), of the gamma distribution with parameter `alpha`.
  Tensor gamma(int64_t count, double alpha);
  /// int32, from `least` up to but not with `end`.
  Tensor integers(const Shape& shape, int64_t least, int64_t end);
  /// int32 (count,): 0 .. count - 1 in random order.
  Tensor permutation(int64_t count);
  /// bool (count,): true with a probability that is itself uniform in `bounds`.
  Tensor chances(int64_t count, const Bounds& bounds);
  /// For layers inside, which draw by themselves.
  CallContext& context() { return context_; }

 private:
  int64_t next() { return random_.stream + (int64_t{++drawn_} << 20); }

  CallContext& context_;
  CallContext::Random random_;
  int drawn_ = 0;
};

/// What was drawn, by the names that Keras gives it in get_random_transformation.
using Drawn = std::map<std::string, Tensor>;

struct AugmentationKind {
  const char* class_name;
  /// Reads the arguments. Throws InvalidArgument for what cannot be.
  AugmentationSettings (*read)(ConfigReader& reader);
  /// For images (batch, height, width, channels).
  Drawn (*draw)(const AugmentationSettings& settings, const Shape& images, Dice& dice);
  /// The images changed; some draw further numbers.
  Tensor (*apply)(const AugmentationSettings& settings, const Tensor& images, const Drawn& drawn, Dice& dice);
};

/// Adds a kind, before main, for the class of that name in training_augmentation.cpp. Returns true.
bool add_augmentation(const AugmentationKind& kind);
/// Null for a class that is none.
const AugmentationKind* find_augmentation(const std::string& class_name);

/// A factor as Keras's layers of today read it: a number f means [max(-f, least), f]; [least, most] must be
/// met. `otherwise`: what an absent one means.
Bounds read_bounds(ConfigReader& reader, const char* key, int least, int most,
                   std::optional<double> otherwise);
/// A pair of numbers.
std::pair<double, double> read_range(ConfigReader& reader);
/// "bilinear" or "nearest".
std::string read_interpolation(ConfigReader& reader);
/// seed and value_range, as most have them.
AugmentationSettings read_common(ConfigReader& reader);

/// (count,) as (count, 1, 1, 1), in the dtype of `like`; bool stays bool.
Tensor each_image(const Tensor& column, const Tensor& like);
/// The grey of (batch, height, width, 3), one channel; fewer channels stay.
Tensor grey_of(const Tensor& images);
/// Kernels of their own for each channel, zeros beyond the border.
Tensor filtered(const Tensor& images, const Tensor& kernel);

}  // namespace lamina::detail
