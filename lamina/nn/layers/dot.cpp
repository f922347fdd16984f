// Dot.
#include "lamina/nn/layers/dot.h"

#include "lamina/nn/config.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/detail/einsum_terms.h"
#include "lamina/ops/detail/promote.h"
#include "lamina/ops/reduce.h"
#include "lamina/ops/reshape.h"
#include "lamina/ops/unary.h"

namespace lamina {
namespace {

// x by its norm along the axis; a norm below 1e-7 counts as that, as in Keras. The square is what is bounded:
// the root of 0 has no gradient.
Tensor unit(const Tensor& x, int axis) { return x * rsqrt(maximum(sum(square(x), {axis}, true), 1e-14)); }

}  // namespace

Dot::Dot(DotAxes axes, const DotOptions& options)
    : KerasLayer<Dot, Merging>({options.name, options.trainable, options.dtype}),
      axes_(axes),
      normalize_(options.normalize) {}

TensorSpecs Dot::compute_output_specs(const TensorSpecs& inputs) const {
  const Shape& a = require_inputs(inputs, 2)[0].shape;
  const Shape& b = inputs[1].shape;
  const auto valid = [](const Shape& shape, int axis) {
    return shape.rank() >= 2 && axis >= -shape.rank() && axis < shape.rank() && shape.normalize(axis) > 0;
  };
  const std::string axes = "axes (" + std::to_string(axes_.first) + ", " + std::to_string(axes_.second) + ")";
  if (!valid(a, axes_.first) || !valid(b, axes_.second)) {
    fail(axes + " must be axes of the inputs other than the batch's, received shapes " + shapes_of(inputs));
  }
  const int64_t of_a = a[axes_.first], of_b = b[axes_.second];
  if ((of_a >= 0 && of_b >= 0 && of_a != of_b) || (a[0] >= 0 && b[0] >= 0 && a[0] != b[0]))
    fail("inputs must agree on the batch and on " + axes + ", received shapes " + shapes_of(inputs));
  Shape output{a[0] < 0 ? b[0] : a[0]};
  for (int axis = 1; axis < a.rank(); ++axis) {
    if (axis != a.normalize(axes_.first)) output.push_back(a[axis]);
  }
  for (int axis = 1; axis < b.rank(); ++axis) {
    if (axis != b.normalize(axes_.second)) output.push_back(b[axis]);
  }
  if (output.rank() == 1) output.push_back(1);
  return {{output, common_dtype(inputs)}};
}

// Norms are no integers.
DType Dot::input_dtype(DType given) const {
  return normalize_ ? compute_dtype() : Merging::input_dtype(given);
}

std::vector<Tensor> Dot::forward(const LayerCall& call, CallContext&) const { return {merge(call.inputs)}; }

Tensor Dot::merge(const std::vector<Tensor>& inputs) const {
  Tensor a = inputs.at(0), b = inputs.at(1);
  const auto of_a = static_cast<size_t>(a.shape().normalize(axes_.first));
  const auto of_b = static_cast<size_t>(b.shape().normalize(axes_.second));
  if (normalize_) {
    a = unit(a, axes_.first);
    b = unit(b, axes_.second);
  }
  detail::EinsumTerms terms{"a", "a", ""};
  char next = 'b';
  for (int axis = 1; axis < a.rank(); ++axis) terms.a += next++;
  for (int axis = 1; axis < b.rank(); ++axis) terms.b += next++;
  terms.b[of_b] = terms.a[of_a];
  for (size_t i = 0; i < terms.a.size(); ++i) {
    if (i != of_a) terms.result += terms.a[i];
  }
  for (size_t i = 1; i < terms.b.size(); ++i) {
    if (i != of_b) terms.result += terms.b[i];
  }
  const std::vector<Tensor> factors = detail::in_one_dtype({a, b});
  const Tensor result = detail::einsum(terms, factors[0], factors[1]);
  return result.rank() == 1 ? expand_dims(result, -1) : result;
}

Json Dot::own_config() const {
  return Json::object({{"axes", axes_.list ? Json::list({axes_.first, axes_.second}) : Json(axes_.first)},
                       {"normalize", normalize_}});
}

namespace {

const bool dot_registered = register_layer("Dot", [](const Json& config) -> std::shared_ptr<Layer> {
  ConfigReader reader(config, "Dot");
  DotOptions options;
  reader.layer_arguments(options.name, options.trainable, &options.dtype);
  DotAxes axes = -1;
  if (reader.json("axes").is_list()) {
    const std::vector<int64_t> two = reader.integers("axes");
    if (two.size() != 2) reader.fail("axes", "must be an integer or two");
    axes = DotAxes(static_cast<int>(two[0]), static_cast<int>(two[1]));
  } else {
    axes = static_cast<int>(reader.integer("axes"));
  }
  options.normalize = reader.boolean("normalize", false);
  reader.done();
  return std::make_shared<Dot>(axes, options);
});

}  // namespace

}  // namespace lamina
