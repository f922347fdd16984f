// Gradients by outputs and inputs, through the calls of layers on tensors.
#include "lamina/explain/backpropagation.h"

#include <cmath>

#include "lamina/base/error.h"
#include "lamina/core/grad.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/full.h"
#include "lamina/ops/reduce.h"
#include "lamina/ops/unary.h"

namespace lamina {
namespace {

std::shared_ptr<const Loss> only_loss(const char* function, const Model& model) {
  const std::shared_ptr<const Loss> loss =
      model.compiled() ? model.compile_options().loss.only().get() : nullptr;
  if (loss) return loss;
  throw InvalidArgument(std::string(function) + ": model '" + model.name() +
                        "' is not compiled with one loss; call compile({.loss = ...}) first");
}

}  // namespace

std::vector<LayerTrace> trace_backpropagation(const Sequential& model, const Tensor& x, const Tensor& y) {
  const std::shared_ptr<const Loss> loss = only_loss("trace_backpropagation", model);
  if (!model.built()) throw InvalidArgument("trace_backpropagation: build the model first");
  std::vector<LayerTrace> traces;
  // The gradient by an output is that by zeros which are added to it.
  std::vector<Tensor> zero;
  Tensor now = x;
  for (const auto& layer : model.layers()) {
    now = (*layer)(now, /*training=*/false).eval();
    traces.push_back({layer->name(), now, {}});
    zero.push_back(zeros(now.shape(), now.dtype()));
  }
  const auto value = [&](const std::vector<Tensor>& added) {
    Tensor h = x;
    for (size_t i = 0; i < added.size(); ++i) h = (*model.layers()[i])(h, /*training=*/false) + added[i];
    return (*loss)(y, h);
  };
  const std::vector<Tensor> gradients = grad(value)(zero);
  for (size_t i = 0; i < traces.size(); ++i) traces[i].gradient = gradients[i].eval();
  return traces;
}

std::vector<std::pair<std::string, double>> gradient_norms(Model& model, const Tensor& x, const Tensor& y) {
  const std::vector<WeightPtr> weights = model.weights(/*trainable=*/true);
  const Tensors gradients = model.value_and_grad(x, y).second;
  std::vector<std::pair<std::string, double>> norms;
  for (size_t i = 0; i < weights.size(); ++i) {
    // Summed in float64: the squares of what vanishes are below what float32 holds.
    const Tensor squares = square(cast(gradients[i], DType::kFloat64));
    norms.emplace_back(weights[i]->path, std::sqrt(sum(squares).item<double>()));
  }
  return norms;
}

Tensor input_gradient(const Model& model, const Tensor& x, const Tensor& y) {
  const std::shared_ptr<const Loss> loss = only_loss("input_gradient", model);
  if (!is_floating(x.dtype()))
    throw InvalidArgument("input_gradient: x must be floating, received " + x.type().str());
  return grad([&](const std::vector<Tensor>& inputs) { return (*loss)(y, model(inputs[0], false)); })({x})[0]
      .eval();
}

}  // namespace lamina
