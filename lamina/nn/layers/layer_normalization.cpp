// LayerNormalization: the op, after the axes were moved to the end where they are elsewhere.
#include "lamina/nn/layers/layer_normalization.h"

#include <algorithm>

#include "lamina/nn/layers/kernel_arguments.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/normalization.h"
#include "lamina/ops/transpose.h"

namespace lamina {

LayerNormalization::LayerNormalization(const LayerNormalizationOptions& options)
    : KerasLayer<LayerNormalization>(options.name, options.trainable, options.dtype), options_(options) {
  if (options.axis.axes.empty()) fail("axis is an empty list; name the axes to normalise");
  std::sort(options_.axis.axes.begin(), options_.axis.axes.end());
  require_initializer("beta_initializer", options.beta_initializer);
  require_initializer("gamma_initializer", options.gamma_initializer);
}

std::vector<int> LayerNormalization::axes_of(const Shape& input) const {
  std::vector<int> axes;
  for (const int axis : options_.axis.axes) {
    if (axis < -input.rank() || axis >= input.rank())
      fail("axis " + std::to_string(axis) + " is no axis of input of shape " + input.str());
    const int place = input.normalize(axis);
    if (std::find(axes.begin(), axes.end(), place) != axes.end())
      fail("axis " + std::to_string(axis) + " comes twice for input of shape " + input.str());
    axes.push_back(place);
  }
  return axes;
}

Shape LayerNormalization::weight_shape(const Shape& input) const {
  Shape shape;
  for (const int axis : axes_of(input)) shape.push_back(input[axis]);
  return shape;
}

Shape LayerNormalization::compute_output_shape(const Shape& input) const {
  const Shape shape = weight_shape(input);
  for (int axis = 0; axis < shape.rank(); ++axis) {
    if (shape[axis] < 0) fail("normalised axes must be known, received shape " + input.str());
  }
  const WeightPtr& weight = gamma_ ? gamma_ : beta_;
  if (weight && shape != weight->type.shape) {
    fail("expected extents " + weight->type.shape.str() + " on the normalised axes, received shape " +
         input.str());
  }
  return input;
}

DType LayerNormalization::input_dtype(DType given) const {
  return is_floating(given) ? given : compute_dtype();
}

void LayerNormalization::create_weights(const Shape& input) {
  const Shape shape = weight_shape(input);
  if (options_.scale) {
    gamma_ = add_weight("gamma", shape, options_.gamma_initializer,
                        detail::weight_options(options_.gamma_regularizer, options_.gamma_constraint));
  }
  if (options_.center) {
    beta_ = add_weight("beta", shape, options_.beta_initializer,
                       detail::weight_options(options_.beta_regularizer, options_.beta_constraint));
  }
}

Tensor LayerNormalization::call(const Tensor& input, CallContext& context) const {
  const DType dtype = promote(input.dtype(), DType::kFloat32);
  const std::vector<int> axes = axes_of(input.shape());
  std::vector<int> order;  // other axes first
  for (int axis = 0; axis < input.rank(); ++axis) {
    if (std::find(axes.begin(), axes.end(), axis) == axes.end()) order.push_back(axis);
  }
  const int first = static_cast<int>(order.size());
  order.insert(order.end(), axes.begin(), axes.end());
  const bool moved = !std::is_sorted(order.begin(), order.end());

  Tensor x = cast(input, dtype);
  if (moved) x = transpose(x, order);
  x = layer_normalization(x, gamma_ ? context.value(gamma_, dtype) : Tensor(),
                          beta_ ? context.value(beta_, dtype) : Tensor(), first, options_.epsilon);
  if (moved) {
    std::vector<int> back(order.size());
    for (size_t i = 0; i < order.size(); ++i) back[static_cast<size_t>(order[i])] = static_cast<int>(i);
    x = transpose(x, back);
  }
  return cast(x, compute_dtype());
}

Json LayerNormalization::own_config() const {
  Json axis = options_.axis.axes[0];
  if (options_.axis.list || built()) {
    axis = Json::list();
    for (const int each : options_.axis.axes) axis.push_back(each);
  }
  return Json::object({{"axis", axis},
                       {"epsilon", options_.epsilon},
                       {"center", options_.center},
                       {"scale", options_.scale},
                       {"rms_scaling", false},
                       {"beta_initializer", detail::choice_json(options_.beta_initializer)},
                       {"gamma_initializer", detail::choice_json(options_.gamma_initializer)},
                       {"beta_regularizer", detail::choice_json(options_.beta_regularizer)},
                       {"gamma_regularizer", detail::choice_json(options_.gamma_regularizer)},
                       {"beta_constraint", detail::choice_json(options_.beta_constraint)},
                       {"gamma_constraint", detail::choice_json(options_.gamma_constraint)}});
}

namespace {

const bool layer_normalization_registered =
    register_layer("LayerNormalization", [](const Json& config) -> std::shared_ptr<Layer> {
      ConfigReader reader(config, "LayerNormalization");
      LayerNormalizationOptions options;
      reader.layer_arguments(options.name, options.trainable, &options.dtype);
      if (reader.json("axis").is_list()) {
        options.axis.list = true;
        options.axis.axes.clear();
        for (const int64_t axis : reader.integers("axis"))
          options.axis.axes.push_back(static_cast<int>(axis));
      } else {
        options.axis = static_cast<int>(reader.integer("axis", -1));
      }
      options.epsilon = reader.number("epsilon", 1e-3);
      options.center = reader.boolean("center", true);
      options.scale = reader.boolean("scale", true);
      options.beta_initializer = reader.initializer("beta_initializer", "zeros");
      options.gamma_initializer = reader.initializer("gamma_initializer", "ones");
      options.beta_regularizer = reader.regularizer("beta_regularizer");
      options.gamma_regularizer = reader.regularizer("gamma_regularizer");
      options.beta_constraint = reader.constraint("beta_constraint");
      options.gamma_constraint = reader.constraint("gamma_constraint");
      reader.only("rms_scaling", false);
      reader.done();
      return std::make_shared<LayerNormalization>(options);
    });

}  // namespace

}  // namespace lamina
