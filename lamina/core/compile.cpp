// Compiled functions and steps: what happens to arguments and outputs around a run.
#include "lamina/core/compile.h"

#include <cstring>
#include <functional>

#include "lamina/base/error.h"
#include "lamina/core/call.h"
#include "lamina/core/program_cache.h"
#include "lamina/core/tensor_node.h"
#include "lamina/core/trace.h"

namespace lamina {
namespace {

using detail::Compiled;
using detail::ProgramCache;
using detail::TensorNode;

Tensor uninitialised(const TensorType& type, const Device& device) {
  return Tensor::wrap(std::make_shared<Buffer>(device, type.bytes()), type);
}

// Whether nobody else holds the tensor or owns its memory. Copies are taken because that waits for what other
// threads did before they let go of theirs; a look at the count would not.
bool exclusive(const Tensor& tensor) {
  const std::shared_ptr<TensorNode> node = tensor.node();
  const std::shared_ptr<Buffer> buffer = node->buffer;
  return node.use_count() == 2 && buffer.use_count() == 2 && !buffer->borrowed();
}

bool overlap(std::span<const Tensor> a, std::span<const Tensor> b) {
  const std::less<const Tensor*> before;
  return before(a.data(), b.data() + b.size()) && before(b.data(), a.data() + a.size());
}

// Outputs of the program's types, those that are there already where they fit.
void make_outputs(const Compiled& compiled, std::vector<Tensor>& outputs) {
  outputs.resize(compiled.graph.outputs.size());
  for (size_t i = 0; i < outputs.size(); ++i) {
    const TensorType& type = compiled.graph.type(compiled.graph.outputs[i]);
    const Device& device = compiled.signature.device;
    Tensor& output = outputs[i];
    if (output.computed() && exclusive(output) && output.type() == type && output.device() == device)
      continue;
    output = uninitialised(type, device);
  }
}

}  // namespace

namespace detail {

void make_exclusive(Tensor& tensor) {
  tensor.eval();
  if (exclusive(tensor)) {
    TensorNode& node = *tensor.node();
    ++node.version;
    node.history.reset();
    node.producer.reset();
    node.mask = Tensor();
    return;
  }
  Tensor copy = uninitialised(tensor.type(), tensor.device());
  const size_t bytes = tensor.type().bytes();
  if (tensor.device().kind == DeviceKind::kCpu) {
    if (bytes > 0) std::memcpy(copy.buffer()->data(), tensor.buffer()->data(), bytes);
  } else {
    std::vector<char> host(bytes);
    backend(tensor.device()).copy_to_host(host.data(), tensor.buffer()->data(), bytes);
    backend(tensor.device()).copy_from_host(copy.buffer()->data(), host.data(), bytes);
  }
  tensor.node()->superseded.store(true, std::memory_order_relaxed);
  tensor = std::move(copy);
}

}  // namespace detail

struct Function::State {
  State(TensorFunction f, std::string name, std::shared_ptr<MemoryPool> memory)
      : cache(std::move(f), 0, std::move(name), std::move(memory)) {}

  std::vector<Tensor> inlined(const std::vector<Tensor>& args) const {
    const DeviceScope scope(args.empty() ? Device(current_device()) : args[0].device());
    return cache.function()(args);
  }

  ProgramCache cache;
};

Function::Function(TensorFunction f, std::string name, std::shared_ptr<MemoryPool> memory)
    : state_(std::make_shared<State>(std::move(f), std::move(name), std::move(memory))) {}

std::vector<Tensor> Function::operator()(const std::vector<Tensor>& args) const {
  // Within a trace the function may read what belongs to that, whatever its arguments are.
  if (detail::TracedFunction::current() || detail::part_of_a_trace(args)) return state_->inlined(args);
  eval(args);
  const auto compiled = state_->cache.get({}, args);
  if (!compiled) return state_->inlined(args);
  std::vector<Tensor> outputs;
  make_outputs(*compiled, outputs);
  ProgramCache::run(*compiled, {}, args, outputs);
  detail::remember_call({state_->cache.name(), compiled->traced}, args, compiled->captured, outputs);
  return outputs;
}

std::string Function::graph(const std::vector<Tensor>& args) const {
  const auto compiled = state_->cache.get({}, args);
  if (!compiled)
    throw InvalidArgument(state_->cache.name() + ": is part of a trace here, and has no program");
  return compiled->graph.str();
}

Function compile(TensorFunction f, std::string name, std::shared_ptr<MemoryPool> memory) {
  return Function(std::move(f), std::move(name), std::move(memory));
}

struct Step::State {
  State(TensorFunction f, size_t num_state, std::string name, std::shared_ptr<MemoryPool> pool)
      : memory(pool ? std::move(pool) : std::make_shared<MemoryPool>()),
        cache(std::move(f), num_state, std::move(name), memory) {}

  std::shared_ptr<const Compiled> get(std::span<const Tensor> state, std::span<const Tensor> batch) {
    if (detail::part_of_a_trace(state) || detail::part_of_a_trace(batch)) {
      throw InvalidArgument(
          cache.name() +
          ": a step cannot be called inside grad or compile, since it overwrites its state; "
          "call the function that it was made of");
    }
    auto compiled = cache.get(state, batch);
    if (!compiled) {
      throw InvalidArgument(cache.name() + ": reads a tensor that belongs to a trace of grad or compile");
    }
    return compiled;
  }

  std::shared_ptr<MemoryPool> memory;
  ProgramCache cache;
};

Step::Step(TensorFunction f, size_t num_state, std::string name, std::shared_ptr<MemoryPool> memory)
    : state_(std::make_shared<State>(std::move(f), num_state, std::move(name), std::move(memory))) {}

std::vector<Tensor> Step::operator()(std::span<Tensor> state, std::span<const Tensor> batch) {
  std::vector<Tensor> outputs;
  (*this)(state, batch, outputs);
  return outputs;
}

void Step::operator()(std::span<Tensor> state, std::span<const Tensor> batch, std::vector<Tensor>& outputs) {
  // Handles that lie in the state or the outputs would be written over, though the step reads them: with
  // handles of their own they count.
  std::vector<Tensor> own;
  if (overlap(batch, state) || overlap(batch, outputs)) {
    own.assign(batch.begin(), batch.end());
    batch = own;
  }
  if (overlap(state, outputs)) {
    throw InvalidArgument(state_->cache.name() + ": state and outputs must be two vectors");
  }
  const auto compiled = state_->get(state, batch);
  eval(batch);  // pending ones may read the state
  for (Tensor& tensor : state) detail::make_exclusive(tensor);
  make_outputs(*compiled, outputs);
  ProgramCache::run(*compiled, state, batch, outputs);
}

std::string Step::graph(std::span<const Tensor> state, std::span<const Tensor> batch) {
  return state_->get(state, batch)->graph.str();
}

Step::Statistics Step::statistics() const {
  Statistics result;
  result.programs = state_->cache.built();
  result.memory_bytes = state_->memory->bytes();
  result.program_bytes = state_->cache.bytes();
  if (const auto newest = state_->cache.newest()) {
    result.last_compile_ms = newest->compile_ms;
    result.arena_bytes = newest->program->arena_bytes();
    result.kernels = newest->program->kernels();
    result.state_copies = newest->program->state_copies();
  }
  return result;
}

}  // namespace lamina
