// Topology, building and the checks of data.
#include "lamina/nn/detail/model_impl.h"

#include <algorithm>

#include "lamina/base/error.h"
#include "lamina/nn/callbacks/progress_bar.h"
#include "lamina/nn/detail/batches.h"
#include "lamina/nn/layers/input_layer.h"

namespace lamina::detail {

std::vector<AnyCallback> with_progress_bar(const std::vector<AnyCallback>& callbacks, int verbose) {
  std::vector<AnyCallback> all;
  const auto is_bar = [](const AnyCallback& callback) {
    return dynamic_cast<ProgressBar*>(&*callback) != nullptr;
  };
  if (verbose != 0 && std::none_of(callbacks.begin(), callbacks.end(), is_bar))
    all.emplace_back(ProgressBar());
  all.insert(all.end(), callbacks.begin(), callbacks.end());
  return all;
}

void ModelImpl::append(std::shared_ptr<Layer> layer) {
  require_idle("add");
  const bool is_input = dynamic_cast<InputLayer*>(layer.get()) != nullptr;
  if (is_input && !layers.empty()) {
    throw InvalidArgument("model '" + name + "': Input must be the first layer, and the only one");
  }
  const std::string automatic = layer->auto_name();
  std::string unique = automatic;
  if (!layer->named()) {
    const int count = names_given[automatic]++;
    if (count > 0) unique += "_" + std::to_string(count);
  }
  const std::string chosen = layer->named() ? layer->name() : unique;
  for (const auto& other : layers) {
    if (other->name() == chosen) {
      throw InvalidArgument("model '" + name + "': there is a layer named '" + chosen +
                            "' already; names must be unique");
    }
  }
  // Keras's rule; weights and slots are told apart by paths of names.
  if (chosen.find('/') != std::string::npos)
    throw InvalidArgument("model '" + name + "': the name of a layer cannot hold '/': '" + chosen + "'");
  layer->join(name, unique);
  layers.push_back(std::move(layer));
  trainer.reset();
}

void ModelImpl::build(const Shape& input) {
  if (layers.empty()) throw InvalidArgument("model '" + name + "' has no layers");
  if (input.rank() == 0) throw InvalidArgument("model '" + name + "': the input shape lacks the batch axis");
  Shape shape = input;
  if (!dynamic_cast<InputLayer*>(layers[0].get())) shape.set(0, -1);
  for (const auto& layer : layers) {
    layer->build(shape, seed, next_stream);
    shape = layer->compute_output_shape(shape);
  }
  input_shape = layers[0]->input_shape();
  output_shape = shape;
  if (!built) trainer.reset();
  built = true;
}

void ModelImpl::require_built() const {
  if (built) return;
  throw InvalidArgument("model '" + name +
                        "' has no weights yet: begin it with Input, call build, or give it data first");
}

void ModelImpl::require_idle(const char* action) const {
  if (position.callbacks.empty()) return;  // during fit there is the history at least
  throw InvalidArgument("model '" + name + "': " + action + " cannot be called by a callback while fit runs");
}

Trainer& ModelImpl::ensure_trainer() {
  require_built();
  if (!trainer) {
    trainer = std::make_unique<Trainer>(layers, options ? &*options : nullptr, derived_seed(seed, 1));
  }
  return *trainer;
}

Tensor ModelImpl::checked_input(const Tensor& x) {
  if (!x.defined()) throw InvalidArgument("model '" + name + "': x is no tensor");
  if (x.rank() == 0) {
    throw InvalidArgument("model '" + name + "': x needs samples along its first axis, received ()");
  }
  x.eval();
  Tensor data = x;
  if (built) {
    const Shape& expected = input_shape;
    const int rank = x.rank();
    Shape shape = x.shape();
    if (rank == expected.rank() - 1 && expected[-1] == 1) {
      shape.push_back(1);
    } else if (rank == expected.rank() + 1 && shape[-1] == 1) {
      std::vector<int64_t> dims = shape.dims();
      dims.pop_back();
      shape = Shape(dims);
    }
    if (shape != x.shape()) data = Tensor::wrap(x.buffer(), {x.dtype(), shape});
  }
  Shape any = data.shape();
  any.set(0, -1);
  if (!built) {
    build(any);
  } else {
    for (const auto& layer : layers) any = layer->compute_output_shape(any);
  }
  return data;
}

void ModelImpl::check_targets(const Tensor& x, const Tensor& y) const {
  if (!y.defined()) throw InvalidArgument("y is no tensor: training and evaluation need targets");
  if (y.rank() == 0) throw InvalidArgument("y needs samples along its first axis, received ()");
  if (x.shape()[0] != y.shape()[0]) {
    throw InvalidArgument("x and y must have as many samples: x has " + std::to_string(x.shape()[0]) +
                          " (shape " + x.shape().str() + "), y has " + std::to_string(y.shape()[0]) +
                          " (shape " + y.shape().str() + ")");
  }
  if (x.shape()[0] == 0) throw InvalidArgument("there are no samples: x has shape " + x.shape().str());
}

Tensor ModelImpl::prepare(const Tensor& x, const Tensor& y) {
  const Tensor data = checked_input(x);
  check_targets(data, y);
  y.eval();
  Trainer& ready = ensure_trainer();
  ready.prepare(y, output_shape);
  ready.loss().check_targets(y, output_shape);
  return data;
}

void ModelImpl::run_test(const Tensor& x, const Tensor& y, int64_t begin, int batch_size,
                         const std::vector<AnyCallback>& callbacks) {
  const int64_t samples = x.shape()[0];
  Batches xs(x, batch_size), ys(y, batch_size);
  LiveLogs& live = trainer->test_logs();
  live.clear();
  const Logs logs(live);
  for (const AnyCallback& callback : callbacks) callback->on_test_begin(Logs());
  int64_t step = 0;
  for (int64_t first = begin; first < samples; first += batch_size, ++step) {
    for (const AnyCallback& callback : callbacks) callback->on_test_batch_begin(step, Logs());
    const int64_t count = std::min<int64_t>(batch_size, samples - first);
    trainer->test(xs.range(first, count), ys.range(first, count));
    for (const AnyCallback& callback : callbacks) callback->on_test_batch_end(step, logs);
  }
  for (const AnyCallback& callback : callbacks) callback->on_test_end(logs);
}

}  // namespace lamina::detail
