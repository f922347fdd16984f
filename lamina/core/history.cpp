// Writing histories down, and dropping the oldest.
#include "lamina/core/history.h"

#include <algorithm>
#include <atomic>
#include <deque>
#include <string>
#include <utility>

#include "lamina/base/error.h"
#include "lamina/core/node_map.h"
#include "lamina/core/tensor_node.h"

namespace lamina::detail {
namespace {

// What the histories of one thread may cost: recorded ops and listed ancestors count one each, and so does a
// kibibyte of elements that nothing else keeps alive (at most 16 MiB).
constexpr size_t kBudget = size_t{1} << 14;
constexpr size_t kBytesPerUnit = 1024;
constexpr size_t kMostAncestors = 512;
// Inputs of no more bytes are always held.
constexpr size_t kSmall = 4096;

std::atomic<uint64_t> serials{1};

uint64_t this_thread() {
  thread_local const uint64_t serial = next_serial();
  return serial;
}

void drop(const History& history) {
  for (const auto& result : history.results) {
    if (const auto node = result.lock(); node && node->history.get() == &history) node->producer.reset();
  }
}

// The histories of this thread, oldest first.
class Budget {
 public:
  void add(const std::shared_ptr<History>& history) {
    if (history->cost > kBudget / 2) return drop(*history);
    spent_ += history->cost;
    queue_.push_back({history, history->cost});
    while (spent_ > kBudget) {
      const Entry oldest = std::move(queue_.front());
      queue_.pop_front();
      spent_ -= oldest.cost;
      if (const auto alive = oldest.history.lock()) drop(*alive);
    }
  }

 private:
  struct Entry {
    std::weak_ptr<History> history;
    size_t cost;
  };
  std::deque<Entry> queue_;
  size_t spent_ = 0;
};

Budget& budget() {
  thread_local Budget mine;
  return mine;
}

// How many inputs of some ops a node is.
class Readers {
 public:
  explicit Readers(std::span<PendingOp* const> ops) {
    for (const PendingOp* op : ops) {
      for (const Tensor& input : op->inputs) ++*counts_.emplace(input.node().get(), 0).first;
    }
  }
  long of(const TensorNode& node) const { return *counts_.find(&node); }

 private:
  NodeMap<long> counts_;
};

// Ancestors that are alive, of what was captured and of those results that others are made of; how many.
size_t list_ancestors(History& history, std::span<const Tensor> captured, std::span<const Tensor> inner) {
  history.any_older = std::any_of(captured.begin(), captured.end(), [](const Tensor& tensor) {
    return tensor.node()->history && tensor.node()->history->any_older;
  });
  if (history.any_older) return 0;
  NodeMap<bool> seen;          // lists and histories
  NodeMap<const Tensor*> own;  // null: another list has it
  for (const std::span<const Tensor> tensors : {captured, inner}) {
    for (const Tensor& tensor : tensors) own.emplace(tensor.node().get(), &tensor);
  }
  size_t count = 0;
  for (const Tensor& tensor : captured) {
    const History* before = tensor.node()->history.get();
    if (!before || !seen.emplace(before, true).second) continue;
    for (const auto& list : before->ancestors) {
      if (std::all_of(list->begin(), list->end(), [](const Ancestor& a) { return a.node.expired(); }) ||
          !seen.emplace(list.get(), true).second)
        continue;
      history.ancestors.push_back(list);
      count += list->size();
      for (const Ancestor& ancestor : *list) {
        const Tensor** known = own.find(ancestor.address);
        if (known && !ancestor.node.expired()) *known = nullptr;
      }
    }
  }
  std::vector<Ancestor> rest;
  for (const std::span<const Tensor> tensors : {captured, inner}) {
    for (const Tensor& tensor : tensors) {
      if (*own.find(tensor.node().get()) == &tensor) rest.push_back({tensor.node().get(), tensor.node()});
    }
  }
  count += rest.size();
  if (!rest.empty())
    history.ancestors.push_back(std::make_shared<const std::vector<Ancestor>>(std::move(rest)));
  if (count <= kMostAncestors) return count;
  history.any_older = true;
  history.ancestors = {};
  return 0;
}

// Lets go of large inputs that somebody else holds; the bytes of those that are left.
size_t loosen(std::span<PendingOp* const> ops, const Readers& readers, int others) {
  size_t bytes = 0;
  NodeMap<bool> counted;
  for (PendingOp* op : ops) {
    for (size_t i = 0; i < op->inputs.size(); ++i) {
      const std::shared_ptr<TensorNode>& node = op->inputs[i].node();
      if (!node->buffer) {
        if (!op->remembered) ++node->kept;
        continue;
      }
      const size_t own = node->type.bytes();
      // + 1: the list of what was captured or computed.
      if (own > kSmall && !op->pinned && node.use_count() > readers.of(*node) + 1 + others) {
        op->loose.push_back({i, node, node->version});
      } else if (counted.emplace(node.get(), true).second) {
        bytes += own;
      }
    }
  }
  for (PendingOp* op : ops) {
    op->remembered = true;
    for (const PendingOp::Loose& input : op->loose) op->inputs[input.place] = Tensor();
  }
  return bytes;
}

[[noreturn]] void gone(const std::string& what) {
  throw InvalidArgument(
      "gradients: " + what +
      ", so that the derivative through it is not known any more; take gradients before looking at values, "
      "use "
      "grad() or value_and_grad(), which keep what they need, or stop_gradient() to take it for a constant");
}

}  // namespace

uint64_t next_serial() { return serials.fetch_add(1, std::memory_order_relaxed); }

void Watch::end() {
  active = false;
  for (const auto& history : std::exchange(histories, {})) {
    if (const auto alive = history.lock()) budget().add(alive);
  }
}

void remember(std::span<const Tensor> results, std::span<PendingOp* const> ops,
              std::span<const Tensor> captured, std::span<const Tensor> inner, int others) {
  auto history = std::allocate_shared<History>(PoolAllocator<History>());
  history->cost = list_ancestors(*history, captured, inner);
  Watch* watch = nullptr;
  for (const Tensor& result : results) {
    history->results.push_back(result.node());
    if (watched(*result.node())) watch = result.node()->watch.get();
  }
  // Under the eyes of grad() everything is kept until that ends.
  const size_t bytes = watch ? 0 : loosen(ops, Readers(ops), others);
  history->cost += bytes / kBytesPerUnit;
  for (const PendingOp* op : ops) history->cost += op->folded ? op->folded->nodes.size() : 1;
  history->made = next_serial();
  history->thread = this_thread();
  for (const Tensor& result : results) result.node()->history = history;
  if (watch) {
    watch->histories.push_back(history);
  } else {
    budget().add(history);
  }
}

std::span<const Tensor> inputs_of(PendingOp& op) {
  for (const PendingOp::Loose& input : op.loose) {
    auto node = input.node.lock();
    if (!node) gone("op '" + op.op->name + "' was computed, and one of its arguments is no longer there");
    if (node->version != input.version) {
      gone("op '" + op.op->name + "' was computed, and one of its arguments " + node->type.str() +
           " was overwritten since");
    }
    op.inputs[input.place] = Tensor(std::move(node));
  }
  op.loose.clear();
  op.pinned = true;
  return op.inputs;
}

void unfold(const TensorNode& node) {
  const std::shared_ptr<PendingOp> whole = node.producer;
  if (!whole || !whole->folded) return;
  const Graph& graph = *whole->folded;
  std::vector<Tensor> values(graph.values.size());
  std::vector<const PendingOp::Loose*> loose(graph.values.size());
  const auto at = [](auto& list, ValueId value) -> auto& { return list[static_cast<size_t>(value)]; };
  for (size_t i = 0; i < graph.inputs.size(); ++i) at(values, graph.inputs[i]) = whole->inputs[i];
  for (const PendingOp::Loose& input : whole->loose) at(loose, graph.inputs[input.place]) = &input;
  // What is made again was made before the results were: whoever traces looks at that.
  uint64_t serial = node.serial;
  for (size_t i = 0; i < graph.outputs.size(); ++i) {
    const std::shared_ptr<TensorNode> result = whole->outputs[i].lock();
    if (!result || result->producer != whole) continue;
    at(values, graph.outputs[i]) = Tensor(result);
    serial = std::min(serial, result->serial);
  }
  for (const Node& recorded : graph.nodes) {
    const std::shared_ptr<PendingOp> op = new_pending_op();
    op->op = recorded.op;
    op->attrs = recorded.attrs;
    op->remembered = true;
    for (size_t i = 0; i < recorded.inputs.size(); ++i) {
      const Tensor& input = at(values, recorded.inputs[i]);
      if (const PendingOp::Loose* held = at(loose, recorded.inputs[i])) {
        op->loose.push_back({i, held->node, held->version});
      } else if (!input.computed()) {
        ++input.node()->kept;
      }
      op->inputs.push_back(input);
    }
    for (size_t i = 0; i < recorded.outputs.size(); ++i) {
      Tensor& output = at(values, recorded.outputs[i]);
      if (!output.defined()) {
        output = Tensor(new_node(graph.type(recorded.outputs[i]), node.device));
        output.node()->serial = serial;
      }
      output.node()->producer = op;
      output.node()->index = static_cast<int>(i);
      op->outputs.push_back(output.node());
    }
  }
}

void make_walkable(const TensorNode& node) {
  if (node.history->thread != this_thread())
    gone("a tensor " + node.type.str() + " was computed by another thread");
  if (!node.producer) gone("a tensor " + node.type.str() + " was computed long ago");
  unfold(node);
}

}  // namespace lamina::detail
