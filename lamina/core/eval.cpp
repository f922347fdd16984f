// Eager evaluation: what is pending becomes one program, made anew unless a graph like it ran lately.
#include <algorithm>
#include <utility>

#include "lamina/base/error.h"
#include "lamina/core/eager_cache.h"
#include "lamina/core/node_map.h"
#include "lamina/core/pending_work.h"
#include "lamina/core/tensor_node.h"
#include "lamina/core/trace.h"
#include "lamina/graph/number_watch.h"

namespace lamina {
namespace {

using detail::PendingOp;
using detail::PendingWork;

// Those of `tensors` that are pending, each once.
std::vector<Tensor> pending_of(std::span<const Tensor> tensors) {
  std::vector<Tensor> pending;
  detail::NodeMap<bool> seen;
  for (const Tensor& tensor : tensors) {
    tensor.type();  // throws for an undefined tensor
    if (!tensor.computed() && seen.emplace(tensor.node().get(), true).second) pending.push_back(tensor);
  }
  return pending;
}

[[noreturn]] void refuse(std::span<const Tensor> tensors) {
  detail::trace(tensors, {});  // throws where one is symbolic
  throw InvalidArgument(
      "a tensor that stands for an argument of compile or grad has no value to look at; return it instead");
}

// One op for all that ran, in place of the ops that were recorded: their memory is free again at once.
std::shared_ptr<PendingOp> fold(PendingWork& work, std::shared_ptr<const Graph> graph) {
  const std::shared_ptr<PendingOp> whole = detail::new_pending_op();
  whole->folded = std::move(graph);
  whole->inputs.assign(work.captured.begin(), work.captured.end());
  whole->outputs.reserve(work.results.size());
  for (const Tensor& result : work.results) whole->outputs.push_back(result.node());
  return whole;
}

void remember(PendingWork& work, std::shared_ptr<const Graph> graph) {
  // grad() looks at nodes on the way, and a watch for numbers at where ops were recorded: both need these.
  const bool watched = std::any_of(work.results.begin(), work.results.end(),
                                   [](const Tensor& result) { return detail::watched(*result.node()); });
  if (watched || detail::NumberWatch::wanted())
    return detail::remember(work.results, work.ops, work.captured, work.inner);
  const std::shared_ptr<PendingOp> whole = fold(work, std::move(graph));
  work.ops = {whole.get()};
  for (const Tensor& result : work.results) result.node()->producer = whole;
  detail::remember(work.results, work.ops, work.captured, work.inner);
}

}  // namespace

namespace {

// Pending tensors of one device.
void eval_pending(std::span<const Tensor> pending) {
  std::optional<PendingWork> work = detail::pending_work(pending);
  if (!work) refuse(pending);

  const Device device = pending[0].device();
  detail::EagerCache& cache = detail::EagerCache::of_this_thread();
  const detail::EagerCache::Found found = cache.find(*work, device);

  std::vector<void*> inputs, outputs;
  inputs.reserve(work->captured.size());
  outputs.reserve(work->results.size());
  for (const Tensor& tensor : work->captured) inputs.push_back(tensor.buffer()->address());
  std::vector<std::shared_ptr<Buffer>> buffers;
  buffers.reserve(work->results.size());
  for (const Tensor& result : work->results) {
    buffers.push_back(
        std::allocate_shared<Buffer>(detail::PoolAllocator<Buffer>(), device, result.type().bytes()));
    outputs.push_back(buffers.back()->address());
  }
  cache.run(*found.program, device, inputs, outputs);
  for (size_t i = 0; i < buffers.size(); ++i) work->results[i].node()->buffer = std::move(buffers[i]);
  remember(*work, found.graph);
}

}  // namespace

void eval(std::span<const Tensor> tensors) {
  std::vector<Tensor> pending = pending_of(tensors);
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
