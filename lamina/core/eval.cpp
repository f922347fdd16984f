// Eager evaluation: what is pending becomes one program, made anew unless a graph like it ran lately.
#include <algorithm>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "lamina/base/error.h"
#include "lamina/core/eager_cache.h"
#include "lamina/core/tensor_node.h"
#include "lamina/core/trace.h"

namespace lamina {
namespace {

using detail::PendingOp;
using detail::TensorNode;

// Everything pending that somebody outside of the pending work still holds: computing it now, along the way,
// saves computing it again later. A node is held outside when it has more owners than the ops that read it
// here and those that are mere history.
std::vector<Tensor> held_outside(std::span<const Tensor> wanted) {
  std::unordered_map<TensorNode*, long> readers;
  std::unordered_set<PendingOp*> visited;
  std::vector<PendingOp*> stack;
  std::vector<std::shared_ptr<TensorNode>> pending;
  const auto push = [&](const std::shared_ptr<TensorNode>& node) {
    if (!node->buffer && node->producer && visited.insert(node->producer.get()).second) {
      stack.push_back(node->producer.get());
    }
  };
  for (const Tensor& tensor : wanted) push(tensor.node());
  while (!stack.empty()) {
    PendingOp* op = stack.back();
    stack.pop_back();
    for (const auto& output : op->outputs) {
      if (auto node = output.lock(); node && !node->buffer) pending.push_back(std::move(node));
    }
    for (const Tensor& input : op->inputs) {
      ++readers[input.node().get()];
      push(input.node());
    }
  }
  std::vector<Tensor> held;
  for (auto& node : pending) {
    if (node.use_count() > readers[node.get()] + node->kept + 1)
      held.emplace_back(node);  // + 1: our own list
  }
  return held;
}

}  // namespace

namespace {

// Pending tensors of one device.
void eval_pending(std::vector<Tensor> results) {
  std::unordered_set<TensorNode*> wanted;
  std::erase_if(results, [&](const Tensor& tensor) { return !wanted.insert(tensor.node().get()).second; });
  for (Tensor& tensor : held_outside(results)) {
    if (!wanted.count(tensor.node().get())) results.push_back(std::move(tensor));
  }

  const Device device = results[0].device();
  detail::Trace trace = detail::trace(results, {});
  if (trace.foreign) {
    throw InvalidArgument(
        "a tensor that stands for an argument of compile or grad has no value to look at; return it instead");
  }
  trace.graph.outputs = trace.results;
  detail::EagerCache& cache = detail::EagerCache::of_this_thread();
  const std::shared_ptr<const Program> program = cache.program(std::move(trace.graph), device);

  std::vector<void*> inputs, outputs;
  for (const Tensor& tensor : trace.captured) inputs.push_back(tensor.buffer()->address());
  std::vector<std::shared_ptr<Buffer>> buffers;
  for (const Tensor& result : results) {
    buffers.push_back(std::make_shared<Buffer>(device, result.type().bytes()));
    outputs.push_back(buffers.back()->address());
  }
  cache.run(*program, device, inputs, outputs);
  for (size_t i = 0; i < results.size(); ++i) results[i].node()->buffer = std::move(buffers[i]);
  detail::remember(results, trace.ops, trace.captured);
}

}  // namespace

void eval(std::span<const Tensor> tensors) {
  std::vector<Tensor> pending;
  for (const Tensor& tensor : tensors) {
    tensor.type();  // throws for an undefined tensor
    if (!tensor.computed()) pending.push_back(tensor);
  }
  while (!pending.empty()) {
    const Device device = pending.front().device();
    const auto others = std::stable_partition(
        pending.begin(), pending.end(), [&](const Tensor& tensor) { return tensor.device() == device; });
    std::vector<Tensor> of_others(others, pending.end());
    pending.erase(others, pending.end());
    eval_pending(std::exchange(pending, std::move(of_others)));
  }
}

}  // namespace lamina
