// Add, Subtract, Multiply, Average, Maximum, Minimum.
#include "lamina/nn/layers/merging.h"

#include <algorithm>
#include <optional>

#include "lamina/nn/config.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/compare.h"
#include "lamina/ops/reshape.h"
#include "lamina/ops/where.h"

namespace lamina {
namespace {

// The mask under a shape that broadcasts against x; undefined when x has none.
Tensor spread_mask(const Tensor& x) {
  Tensor mask = mask_of(x);
  while (mask.defined() && mask.rank() < x.rank()) mask = expand_dims(mask, -1);
  return mask;
}

// The extents of two inputs together, batch axes left out, or nothing where they do not broadcast.
std::optional<Shape> together(const Shape& a, const Shape& b) {
  if (a.rank() < b.rank()) return together(b, a);
  Shape result = a;
  for (int axis = -1; axis >= -b.rank(); --axis) {
    if (a[axis] < 0 || b[axis] < 0) {
      result.set(axis, -1);
    } else if (a[axis] == 1 || a[axis] == b[axis]) {
      result.set(axis, b[axis]);
    } else if (b[axis] != 1) {
      return std::nullopt;
    }
  }
  return result;
}

Shape sample_shape(const Shape& shape) {
  Shape result;
  for (int axis = 1; axis < shape.rank(); ++axis) result.push_back(shape[axis]);
  return result;
}

// Of a mean of tensors of that dtype.
DType mean_dtype(DType dtype) {
  if (is_floating(dtype)) return dtype;
  return dtype == DType::kInt32 || dtype == DType::kInt64 ? DType::kFloat64 : DType::kFloat32;
}

// Of Maximum and Minimum, which have no neutral element: where only one side of a pair counts, it is taken
// for both.
Tensor fold_extreme(const std::vector<Tensor>& inputs, Tensor (*extreme)(const Tensor&, const Tensor&)) {
  Tensor result = inputs[0];
  Tensor result_mask = spread_mask(inputs[0]);
  for (size_t i = 1; i < inputs.size(); ++i) {
    Tensor x = inputs[i];
    const Tensor mask = spread_mask(x);
    if (mask.defined()) x = where(mask, x, result);
    if (result_mask.defined()) result = where(result_mask, result, x);
    result_mask = mask.defined() && result_mask.defined() ? logical_or(result_mask, mask) : Tensor();
    result = extreme(result, x);
  }
  return result;
}

}  // namespace

Add::Add(const MergingOptions& options) : KerasLayer<Add, Merging>(options) {}
Subtract::Subtract(const MergingOptions& options) : KerasLayer<Subtract, Merging>(options) {}
Multiply::Multiply(const MergingOptions& options) : KerasLayer<Multiply, Merging>(options) {}
Average::Average(const MergingOptions& options) : KerasLayer<Average, Merging>(options) {}
Maximum::Maximum(const MergingOptions& options) : KerasLayer<Maximum, Merging>(options) {}
Minimum::Minimum(const MergingOptions& options) : KerasLayer<Minimum, Merging>(options) {}

Merging::Merging(const MergingOptions& options) : Layer(options.name, options.trainable, options.dtype) {}

std::string Merging::shapes_of(const TensorSpecs& inputs) {
  std::string text;
  for (const TensorSpec& input : inputs) text += (text.empty() ? "" : ", ") + input.shape.str();
  return text;
}

TensorSpecs Merging::compute_output_specs(const TensorSpecs& inputs) const {
  if (inputs.empty()) fail("expected a list of at least one input, received none");
  int64_t batch = -1;
  for (const TensorSpec& input : inputs) {
    if (input.shape.rank() < 1) fail("inputs must have a batch axis, received shapes " + shapes_of(inputs));
    if (input.shape[0] < 0) continue;
    if (batch >= 0 && batch != input.shape[0])
      fail("inputs must have one batch size, received shapes " + shapes_of(inputs));
    batch = input.shape[0];
  }
  Shape sample = sample_shape(inputs[0].shape);
  for (size_t i = 1; i < inputs.size(); ++i) {
    const std::optional<Shape> both = together(sample, sample_shape(inputs[i].shape));
    if (!both) fail("inputs have incompatible shapes: " + shapes_of(inputs));
    sample = *both;
  }
  Shape output{batch};
  for (const int64_t extent : sample) output.push_back(extent);
  return {{output, common_dtype(inputs)}};
}

DType Merging::input_dtype(DType given) const {
  return given == DType::kBool ? compute_dtype() : keep_integers(given);
}

DType Merging::common_dtype(const TensorSpecs& inputs) const {
  DType dtype = input_dtype(inputs.at(0).dtype);
  for (const TensorSpec& input : inputs) dtype = promote(dtype, input_dtype(input.dtype));
  return dtype;
}

std::vector<Tensor> Merging::forward(const LayerCall& call, CallContext&) const {
  int rank = 0;
  for (const Tensor& input : call.inputs) rank = std::max(rank, input.rank());
  std::vector<Tensor> inputs = call.inputs;
  for (Tensor& input : inputs) {
    while (input.rank() < rank) input = expand_dims(input, 1);
  }
  return {merge(inputs)};
}

std::vector<Tensor> Merging::compute_mask(const LayerCall&, const std::vector<Tensor>& masks) const {
  Tensor result;
  for (const Tensor& mask : masks) {
    if (!mask.defined()) return {};
    result = result.defined() ? logical_or(result, mask) : mask;
  }
  return {result};
}

Json Merging::build_config() const {
  Json shapes = Json::list();
  for (const TensorSpec& input : input_specs()) shapes.push_back(shape_json(input.shape));
  return Json::object({{"input_shape", shapes}});
}

Tensor Add::merge(const std::vector<Tensor>& inputs) const {
  Tensor sum = inputs[0];
  for (size_t i = 1; i < inputs.size(); ++i) sum = sum + inputs[i];
  return sum;
}

TensorSpecs Subtract::compute_output_specs(const TensorSpecs& inputs) const {
  return Merging::compute_output_specs(require_inputs(inputs, 2));
}

Tensor Subtract::merge(const std::vector<Tensor>& inputs) const { return inputs.at(0) - inputs.at(1); }

Tensor Multiply::merge(const std::vector<Tensor>& inputs) const {
  Tensor product, any;
  bool all_masked = true;
  for (const Tensor& input : inputs) {
    const Tensor mask = spread_mask(input);
    const Tensor x = mask.defined() ? where(mask, input, 1.0) : input;
    product = product.defined() ? product * x : x;
    all_masked = all_masked && mask.defined();
    if (all_masked) any = any.defined() ? logical_or(any, mask) : mask;
  }
  return all_masked ? where(any, product, 0.0) : product;
}

TensorSpecs Average::compute_output_specs(const TensorSpecs& inputs) const {
  TensorSpecs specs = Merging::compute_output_specs(inputs);
  specs[0].dtype = mean_dtype(specs[0].dtype);
  return specs;
}

Tensor Average::merge(const std::vector<Tensor>& inputs) const {
  DType dtype = inputs[0].dtype();
  for (const Tensor& input : inputs) dtype = promote(dtype, input.dtype());
  Tensor sum = cast(inputs[0], mean_dtype(dtype));
  for (size_t i = 1; i < inputs.size(); ++i) sum = sum + cast(inputs[i], mean_dtype(dtype));
  return sum / static_cast<double>(inputs.size());
}

Tensor Maximum::merge(const std::vector<Tensor>& inputs) const { return fold_extreme(inputs, maximum); }

Tensor Minimum::merge(const std::vector<Tensor>& inputs) const { return fold_extreme(inputs, minimum); }

namespace {

template <class Class>
bool register_merging(const char* class_name) {
  return register_layer(class_name, [](const Json& config) -> std::shared_ptr<Layer> {
    ConfigReader reader(config, Class().class_name());
    MergingOptions options;
    reader.layer_arguments(options.name, options.trainable, &options.dtype);
    reader.done();
    return std::make_shared<Class>(options);
  });
}

const bool merging_registered[] = {register_merging<Add>("Add"),           register_merging<Subtract>("Subtract"),
                           register_merging<Multiply>("Multiply"), register_merging<Average>("Average"),
                           register_merging<Maximum>("Maximum"),   register_merging<Minimum>("Minimum")};

}  // namespace

}  // namespace lamina
