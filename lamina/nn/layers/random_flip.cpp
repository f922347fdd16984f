// RandomFlip.
#include "lamina/nn/layers/random_flip.h"

#include "lamina/nn/config.h"
#include "lamina/nn/layers/augmentation.h"
#include "lamina/ops/affine_transform.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/compare.h"

namespace lamina {

RandomFlip::RandomFlip(const std::string& mode, const RandomFlipOptions& options)
    : KerasLayer<RandomFlip>(options.name, options.trainable, options.dtype),
      mode_(mode),
      seed_(options.seed) {
  if (mode != "horizontal" && mode != "vertical" && mode != "horizontal_and_vertical") {
    fail("mode must be 'horizontal', 'vertical' or 'horizontal_and_vertical', received '" + mode + "'");
  }
}

Shape RandomFlip::compute_output_shape(const Shape& input) const {
  require_rank(input, 4, "(batch, height, width, channels)");
  return input;
}

Tensor RandomFlip::call(const Tensor& x, CallContext& context) const {
  if (!context.training) return x;
  const Tensor number = detail::draw(context, seed_, x.shape()[0], {{0, 1}})[0];
  const Tensor flips = cast(less_equal(number, 0.5), DType::kFloat32);
  const Tensor keeps = 1.0 - flips, turned = 1.0 - 2.0 * flips;
  // From x to extent - 1 - x where it flips: places are whole, and so the nearest pixel is the pixel.
  const bool across = mode_ != "vertical", down = mode_ != "horizontal";
  const Tensor one = keeps + flips;
  const auto from = [&](bool flipped, int axis) {
    return flipped ? flips * static_cast<double>(x.shape()[axis] - 1) : Tensor();
  };
  return affine_transform(
      x,
      detail::transform_rows(
          {across ? turned : one, {}, from(across, 2), {}, down ? turned : one, from(down, 1), {}, {}}),
      {.interpolation = "nearest"});
}

Json RandomFlip::own_config() const {
  return Json::object(
      {{"data_format", "channels_last"}, {"seed", detail::seed_json(seed_)}, {"mode", mode_}});
}

namespace {

const bool random_flip_registered = register_layer("RandomFlip", [](const Json& config) -> std::shared_ptr<Layer> {
  ConfigReader reader(config, "RandomFlip");
  RandomFlipOptions options;
  reader.layer_arguments(options.name, options.trainable, &options.dtype);
  const std::string mode = reader.string("mode", "horizontal_and_vertical");
  options.seed = reader.optional_integer("seed");
  reader.only("data_format", "channels_last");
  reader.done();
  return std::make_shared<RandomFlip>(mode, options);
});

}  // namespace

}  // namespace lamina
