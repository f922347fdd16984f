// Model::memory: what training and predicting take, from the plans of their programs.
#include "lamina/base/error.h"
#include "lamina/nn/detail/model_impl.h"

namespace lamina {
namespace {

int64_t bytes_of(const std::vector<WeightPtr>& weights) {
  int64_t total = 0;
  for (const WeightPtr& weight : weights) total += static_cast<int64_t>(weight->type.bytes());
  return total;
}

int64_t bytes_of(const Tensors& tensors) {
  int64_t total = 0;
  for (const Tensor& tensor : tensors) total += static_cast<int64_t>(tensor.type().bytes());
  return total;
}

// A tensor whose elements nobody will read: its memory is not touched.
Tensor of_type(const TensorType& type) {
  return Tensor::wrap(std::make_shared<Buffer>(current_device(), type.bytes()), type);
}

Tensor samples_of(const Model& model, const TensorSpec& spec, int64_t batch_size, const std::string& what) {
  Shape shape = spec.shape;
  shape.set(0, batch_size);
  for (const int64_t extent : shape) {
    if (extent >= 0) continue;
    throw InvalidArgument("memory: model '" + model.name() + "': " + what + " has shape " + spec.shape.str() +
                          ", of which an extent is open besides the batch; ask memory(x, y) with samples");
  }
  return of_type({spec.dtype, shape});
}

// Targets as the losses compare them with such predictions.
Tensors targets_for(const Model& model, const TensorSpecs& outputs, int64_t batch_size) {
  const std::vector<std::string>& names = model.output_names();
  const std::vector<Choice<Loss>> losses = model.compile_options().loss.resolve(names, "loss");
  std::vector<Tensor> targets;
  for (size_t i = 0; i < outputs.size() && i < losses.size(); ++i) {
    TensorSpec spec = outputs[i];
    const auto loss = losses[i].given() && !goes_by_shape(losses[i]) ? losses[i].get() : nullptr;
    if (loss && loss->target_kind() == TargetKind::kClassNumbers && spec.shape.rank() > 1) {
      std::vector<int64_t> dims = spec.shape.dims();
      dims.pop_back();
      spec = {Shape(dims), DType::kInt32};
    }
    targets.push_back(samples_of(model, spec, batch_size, "output '" + names[i] + "'"));
  }
  return Tensors(std::move(targets));
}

}  // namespace

MemoryUse Model::memory(int64_t batch_size) {
  if (batch_size < 1) {
    throw InvalidArgument("memory: the batch size must be at least 1, received " +
                          std::to_string(batch_size));
  }
  const detail::Alone alone(*this, "memory");
  const detail::ModelImpl& own = impl();
  own.require_built(*this);
  TensorSpecs specs;
  if (own.graph) {
    for (const Tensor& input : own.graph->inputs()) specs.push_back({input.shape(), input.dtype()});
  } else {
    specs = input_specs();
  }
  std::vector<Tensor> x;
  for (const TensorSpec& spec : specs)
    x.push_back(samples_of(*this, spec, batch_size, "input " + std::to_string(x.size())));
  if (!own.options || !own.options->loss.given()) return memory(Tensors(std::move(x)));
  TensorSpecs outputs;
  if (own.graph) {
    for (const Tensor& output : own.graph->outputs()) outputs.push_back({output.shape(), output.dtype()});
  } else {
    outputs = output_specs();
  }
  return memory(Tensors(std::move(x)), targets_for(*this, outputs, batch_size));
}

MemoryUse Model::memory(const Tensors& x, const Tensors& y) {
  const detail::Alone alone(*this, "memory");
  const detail::ModelImpl::Running running(impl());
  const Batch batch = impl().arrange(*this, {x, y, {}});
  detail::Trainer& trainer = impl().ensure_trainer(*this);
  MemoryUse use;
  use.batch_size = batch.x[size_t{0}].shape()[0];
  use.weights = bytes_of(weights());
  use.gradients = bytes_of(trainer.trainable());
  use.batch = bytes_of(batch.x) + bytes_of(batch.y);
  use.prediction = static_cast<int64_t>(trainer.predict_cost(*this, batch.x).arena_bytes);
  if (!batch.y.empty()) {
    trainer.prepare(*this, batch, /*training=*/true);
    use.training = static_cast<int64_t>(trainer.train_cost(*this, batch).arena_bytes);
  }
  if (impl().options) {
    trainer.build_optimizer();
    use.optimizer = bytes_of(trainer.optimizer_state());
    for (const detail::NamedOptimizer& other : trainer.other_optimizers())
      use.optimizer += bytes_of(other.state);
  }
  return use;
}

}  // namespace lamina
