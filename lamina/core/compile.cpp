// Compiled functions and steps: trace, lower, plan once per signature; then run.
#include "lamina/core/compile.h"

#include <chrono>
#include <list>
#include <mutex>

#include "lamina/base/error.h"
#include "lamina/core/lower.h"
#include "lamina/core/trace.h"
#include "lamina/graph/program.h"

namespace lamina {
namespace {

constexpr size_t kPrograms = 16;  // signatures kept per compiled function

struct Signature {
  std::vector<TensorType> types;
  Device device = current_device();

  Signature(std::span<const Tensor> first, std::span<const Tensor> second) {
    for (const auto tensors : {first, second}) {
      for (const Tensor& tensor : tensors) types.push_back(tensor.type());
    }
    if (types.empty()) return;
    device = (first.empty() ? second : first)[0].device();
  }
  // Compares without building a signature: the steady state allocates nothing.
  bool matches(std::span<const Tensor> first, std::span<const Tensor> second) const {
    if (types.size() != first.size() + second.size()) return false;
    if (types.empty()) return device == current_device();
    for (size_t i = 0; i < types.size(); ++i) {
      const Tensor& tensor = i < first.size() ? first[i] : second[i - first.size()];
      if (!tensor.defined() || !(tensor.type() == types[i]) || !(tensor.device() == device)) return false;
    }
    return true;
  }
};

// A program with the tensors that it captured, and for steps the buffers of its outputs.
struct Compiled {
  explicit Compiled(Signature of) : signature(std::move(of)) {}

  Signature signature;
  Graph graph;
  std::vector<Tensor> captured;
  std::unique_ptr<Program> program;
  std::vector<Tensor> outputs;
  std::vector<void*> input_addresses, output_addresses;
  double compile_ms = 0;
};

// The last programs, most recently used first.
class Cache {
 public:
  Cache(TensorFunction f, size_t num_state, std::string name)
      : f_(std::move(f)), num_state_(num_state), name_(std::move(name)) {}

  Compiled& get(std::span<const Tensor> state, std::span<const Tensor> batch) {
    if (state.size() != num_state_) {
      throw InvalidArgument(name_ + ": has a state of " + std::to_string(num_state_) + " tensors, received " +
                            std::to_string(state.size()));
    }
    for (auto at = programs_.begin(); at != programs_.end(); ++at) {
      if (!at->signature.matches(state, batch)) continue;
      if (at != programs_.begin()) programs_.splice(programs_.begin(), programs_, at);
      return programs_.front();
    }
    programs_.push_front(build(state, batch));
    ++built_;
    if (programs_.size() > kPrograms) programs_.pop_back();
    return programs_.front();
  }

  int built() const { return built_; }
  const Compiled* newest() const { return programs_.empty() ? nullptr : &programs_.front(); }

 private:
  Compiled build(std::span<const Tensor> state, std::span<const Tensor> batch) const {
    const auto start = std::chrono::steady_clock::now();
    Compiled result{Signature(state, batch)};
    const Device device = result.signature.device;
    const DeviceScope scope(device);

    std::vector<Tensor> arguments;
    for (const TensorType& type : result.signature.types)
      arguments.push_back(detail::placeholder(type, device));
    const std::vector<Tensor> results = f_(arguments);
    if (results.size() < num_state_) {
      throw InvalidArgument(name_ + ": returned " + std::to_string(results.size()) +
                            " tensors, fewer than its state of " + std::to_string(num_state_));
    }
    detail::Trace trace = detail::trace(results, arguments);
    for (size_t i = 0; i < results.size(); ++i) {
      if (i >= num_state_) {
        trace.graph.outputs.push_back(trace.results[i]);
        continue;
      }
      if (results[i].type() != arguments[i].type()) {
        throw InvalidArgument(name_ + ": state " + std::to_string(i) + " is " + arguments[i].type().str() +
                              " but its new value is " + results[i].type().str());
      }
      trace.graph.updates.push_back({static_cast<int>(i), trace.results[i]});
    }
    result.graph = detail::lower(trace.graph, device);
    result.program = std::make_unique<Program>(result.graph, device);
    result.captured = std::move(trace.captured);
    result.input_addresses.resize(result.graph.inputs.size());
    result.output_addresses.resize(result.graph.outputs.size());
    for (size_t i = 0; i < result.captured.size(); ++i) {
      result.input_addresses[arguments.size() + i] = result.captured[i].buffer()->data();
    }
    const std::chrono::duration<double, std::milli> elapsed = std::chrono::steady_clock::now() - start;
    result.compile_ms = elapsed.count();
    return result;
  }

  TensorFunction f_;
  size_t num_state_;
  std::string name_;
  std::list<Compiled> programs_;
  int built_ = 0;
};

void bind_inputs(Compiled& compiled, std::span<const Tensor> state, std::span<const Tensor> batch) {
  size_t i = 0;
  for (const Tensor& tensor : state) compiled.input_addresses[i++] = tensor.buffer()->data();
  for (const Tensor& tensor : batch) compiled.input_addresses[i++] = tensor.buffer()->data();
}

// Fresh output buffers.
std::vector<Tensor> allocate_outputs(Compiled& compiled) {
  std::vector<Tensor> outputs;
  for (size_t i = 0; i < compiled.graph.outputs.size(); ++i) {
    const TensorType& type = compiled.graph.type(compiled.graph.outputs[i]);
    auto buffer = std::make_shared<Buffer>(compiled.signature.device, type.bytes());
    compiled.output_addresses[i] = buffer->data();
    outputs.push_back(Tensor::wrap(std::move(buffer), type));
  }
  return outputs;
}

}  // namespace

struct Function::State {
  State(TensorFunction f, std::string name) : cache(std::move(f), 0, std::move(name)) {}
  std::mutex mutex;
  Cache cache;
};

Function::Function(TensorFunction f, std::string name)
    : state_(std::make_shared<State>(std::move(f), std::move(name))) {}

std::vector<Tensor> Function::operator()(const std::vector<Tensor>& args) const {
  eval(args);
  const std::lock_guard lock(state_->mutex);
  Compiled& compiled = state_->cache.get({}, args);
  bind_inputs(compiled, {}, args);
  std::vector<Tensor> outputs = allocate_outputs(compiled);
  compiled.program->run(compiled.input_addresses, compiled.output_addresses);
  return outputs;
}

std::string Function::graph(const std::vector<Tensor>& args) const {
  const std::lock_guard lock(state_->mutex);
  return state_->cache.get({}, args).graph.str();
}

Function compile(TensorFunction f, std::string name) { return Function(std::move(f), std::move(name)); }

struct Step::State {
  State(TensorFunction f, size_t num_state, std::string name)
      : cache(std::move(f), num_state, std::move(name)) {}
  Cache cache;
};

Step::Step(TensorFunction f, size_t num_state, std::string name)
    : state_(std::make_shared<State>(std::move(f), num_state, std::move(name))) {}

std::span<const Tensor> Step::operator()(std::span<const Tensor> state, std::span<const Tensor> batch) {
  Compiled& compiled = state_->cache.get(state, batch);
  if (compiled.outputs.size() != compiled.graph.outputs.size()) compiled.outputs = allocate_outputs(compiled);
  bind_inputs(compiled, state, batch);
  compiled.program->run(compiled.input_addresses, compiled.output_addresses);
  return compiled.outputs;
}

std::string Step::graph(std::span<const Tensor> state, std::span<const Tensor> batch) {
  return state_->cache.get(state, batch).graph.str();
}

Step::Statistics Step::statistics() const {
  Statistics result;
  result.programs = state_->cache.built();
  if (const Compiled* newest = state_->cache.newest()) {
    result.last_compile_ms = newest->compile_ms;
    result.arena_bytes = newest->program->arena_bytes();
    result.kernels = newest->program->kernels();
    result.state_copies = newest->program->state_copies();
  }
  return result;
}

}  // namespace lamina
