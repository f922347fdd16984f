// Compiled functions and steps: what happens to arguments and outputs around a run.
#include "lamina/core/compile.h"

#include <algorithm>
#include <functional>
#include <list>

#include "lamina/backend/stream.h"
#include "lamina/base/detail/lent_vector.h"
#include "lamina/base/error.h"
#include "lamina/core/call.h"
#include "lamina/core/program_cache.h"
#include "lamina/core/tensor_node.h"
#include "lamina/core/trace.h"

namespace lamina {
namespace {

using detail::Borrowed;
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

bool inside(const Tensor* handle, std::span<const Tensor> vector) {
  const std::less<const Tensor*> before;
  return before(handle, vector.data() + vector.size()) && !before(handle, vector.data());
}

// Addresses of handles.
class Handles {
 public:
  void add(std::span<const Tensor> tensors) {
    for (const Tensor& tensor : tensors) all_->push_back(&tensor);
  }
  void add(Borrowed tensors) { all_->insert(all_->end(), tensors.begin(), tensors.end()); }
  Borrowed all() const { return *all_; }
  std::span<const Tensor*> from(size_t first) { return std::span(*all_).subspan(first); }

 private:
  detail::LentVector<const Tensor*, Handles> all_;
};

void compute(Borrowed tensors) {
  if (std::all_of(tensors.begin(), tensors.end(), [](const Tensor* tensor) { return tensor->computed(); }))
    return;
  std::vector<Tensor> pending;
  for (const Tensor* tensor : tensors) pending.push_back(*tensor);
  eval(pending);
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
  Tensor fresh = uninitialised(tensor.type(), tensor.device());
  copy(*fresh.buffer(), *tensor.buffer(), tensor.type().bytes());
  tensor.node()->superseded.store(true, std::memory_order_relaxed);
  tensor = std::move(fresh);
}

}  // namespace detail

struct Function::State {
  State(TensorFunction f, std::string name, std::shared_ptr<MemoryPool> memory, size_t num_steady)
      : cache(std::move(f), 0, std::move(name), std::move(memory), num_steady) {}

  std::vector<Tensor> inlined(const std::vector<Tensor>& args) const {
    const DeviceScope scope(args.empty() ? Device(current_device()) : args[0].device());
    return cache.function()(args);
  }

  ProgramCache cache;
};

Function::Function(TensorFunction f, std::string name, std::shared_ptr<MemoryPool> memory, size_t num_steady)
    : state_(std::make_shared<State>(std::move(f), std::move(name), std::move(memory), num_steady)) {}

std::vector<Tensor> Function::operator()(const std::vector<Tensor>& args) const {
  Handles handles;
  handles.add(args);
  // Within a trace the function may read what belongs to that, whatever its arguments are.
  if (detail::TracedFunction::current() || detail::part_of_a_trace(handles.all()))
    return state_->inlined(args);
  compute(handles.all());
  const auto compiled = state_->cache.get(handles.all());
  if (!compiled) return state_->inlined(args);
  std::vector<Tensor> outputs;
  make_outputs(*compiled, outputs);
  state_->cache.run(*compiled, handles.all(), outputs);
  detail::remember_call({state_->cache.name(), compiled->traced}, args, compiled->captured, outputs);
  return outputs;
}

std::string Function::graph(const std::vector<Tensor>& args) const {
  Handles handles;
  handles.add(args);
  const auto compiled = state_->cache.get(handles.all());
  if (!compiled)
    throw InvalidArgument(state_->cache.name() + ": is part of a trace here, and has no program");
  return compiled->graph.str();
}

Function compile(TensorFunction f, std::string name, std::shared_ptr<MemoryPool> memory, size_t num_steady) {
  return Function(std::move(f), std::move(name), std::move(memory), num_steady);
}

struct Step::State {
  State(TensorFunction f, size_t num_state, std::string name, std::shared_ptr<MemoryPool> pool,
        size_t num_steady)
      : memory(pool ? std::move(pool) : std::make_shared<MemoryPool>()),
        cache(std::move(f), num_state, std::move(name), memory, num_steady) {}

  ProgramCache::Lease get(size_t num_state, Borrowed arguments) {
    if (detail::part_of_a_trace(arguments)) {
      throw InvalidArgument(
          cache.name() +
          ": a step cannot be called inside grad or compile, since it overwrites its state; "
          "call the function that it was made of");
    }
    if (num_state != cache.num_state()) {
      throw InvalidArgument(cache.name() + ": has a state of " + std::to_string(cache.num_state()) +
                            " tensors, received " + std::to_string(num_state));
    }
    return cache.get(arguments);
  }
  void run(std::span<Tensor> state, Handles& handles, std::vector<Tensor>& outputs);
  Statistics statistics(const Compiled* program) const;

  std::shared_ptr<MemoryPool> memory;
  ProgramCache cache;
};

Step::Step(TensorFunction f, size_t num_state, std::string name, std::shared_ptr<MemoryPool> memory,
           size_t num_steady)
    : state_(
          std::make_shared<State>(std::move(f), num_state, std::move(name), std::move(memory), num_steady)) {}

std::vector<Tensor> Step::operator()(std::span<Tensor> state, std::span<const Tensor> batch) {
  std::vector<Tensor> outputs;
  (*this)(state, batch, outputs);
  return outputs;
}

void Step::operator()(std::span<Tensor> state, std::span<const Tensor> batch, std::vector<Tensor>& outputs) {
  Handles handles;
  handles.add(state);
  handles.add(batch);
  state_->run(state, handles, outputs);
}

void Step::operator()(std::span<Tensor> state, std::span<const Tensor* const> batch,
                      std::vector<Tensor>& outputs) {
  Handles handles;
  handles.add(state);
  handles.add(batch);
  state_->run(state, handles, outputs);
}

// `handles`: of the state, then of the batch.
void Step::State::run(std::span<Tensor> state, Handles& handles, std::vector<Tensor>& outputs) {
  // Handles of the batch that lie in the state or the outputs would be written over, though the step reads
  // them: with handles of their own they count.
  std::list<Tensor> own;
  for (const Tensor*& handle : handles.from(state.size())) {
    if (inside(handle, state) || inside(handle, outputs)) handle = &own.emplace_back(*handle);
  }
  if (!state.empty() && !outputs.empty() &&
      (inside(&state.front(), outputs) || inside(&outputs.front(), state))) {
    throw InvalidArgument(cache.name() + ": state and outputs must be two vectors");
  }
  const auto compiled = get(state.size(), handles.all());
  compute(handles.all().subspan(state.size()));  // pending ones may read the state
  for (Tensor& tensor : state) detail::make_exclusive(tensor);
  make_outputs(*compiled, outputs);
  cache.run(*compiled, handles.all(), outputs);
}

std::string Step::graph(std::span<const Tensor> state, std::span<const Tensor> batch) {
  Handles handles;
  handles.add(state);
  handles.add(batch);
  return state_->get(state.size(), handles.all())->graph.str();
}

Step::Statistics Step::State::statistics(const Compiled* program) const {
  Statistics result;
  result.programs = cache.built();
  result.memory_bytes = memory->bytes();
  result.program_bytes = cache.bytes();
  result.prepared_bytes = cache.prepared().bytes();
  result.preparations = cache.prepared().made();
  if (program) {
    result.last_compile_ms = program->compile_ms;
    result.arena_bytes = program->program->arena_bytes();
    result.kernels = program->program->kernels();
    result.state_copies = program->program->state_copies();
  }
  return result;
}

Step::Statistics Step::statistics() const { return state_->statistics(state_->cache.newest().get()); }

Step::Statistics Step::statistics(std::span<const Tensor> state, std::span<const Tensor> batch) {
  Handles handles;
  handles.add(state);
  handles.add(batch);
  const auto compiled = state_->get(state.size(), handles.all());
  return state_->statistics(&*compiled);
}

}  // namespace lamina
