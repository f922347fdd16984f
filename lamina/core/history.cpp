// Writing histories down, and dropping the oldest.
#include "lamina/core/history.h"

#include <algorithm>
#include <atomic>
#include <deque>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "lamina/base/error.h"
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

using Readers = std::unordered_map<const TensorNode*, long>;

Readers count_readers(std::span<PendingOp* const> ops) {
  Readers readers;
  for (const PendingOp* op : ops) {
    for (const Tensor& input : op->inputs) ++readers[input.node().get()];
  }
  return readers;
}

// Ancestors that are alive: of what was captured and of those results that others are made of.
void list_ancestors(History& history, std::span<const Tensor> results, std::span<const Tensor> captured,
                    const Readers& readers) {
  std::unordered_set<const void*> seen;
  size_t most = captured.size() + results.size();
  for (const Tensor& tensor : captured) {
    if (tensor.node()->history) most += tensor.node()->history->ancestors.size();
  }
  seen.reserve(std::min(most, 2 * kMostAncestors));
  const auto add = [&](const std::shared_ptr<TensorNode>& node) {
    if (seen.insert(node.get()).second) history.ancestors.push_back(node);
  };
  for (const Tensor& tensor : captured) {
    add(tensor.node());
    const History* before = tensor.node()->history.get();
    if (!before || !seen.insert(before).second) continue;
    history.any_older = history.any_older || before->any_older;
    for (const auto& ancestor : before->ancestors) {
      if (const auto node = ancestor.lock()) add(node);
    }
  }
  for (const Tensor& result : results) {
    if (readers.count(result.node().get())) add(result.node());
  }
  if (history.ancestors.size() > kMostAncestors) history.any_older = true;
  if (history.any_older) history.ancestors = {};
}

// Lets go of large inputs that somebody else holds; the bytes of those that are left.
size_t loosen(std::span<PendingOp* const> ops, const Readers& readers, int others) {
  size_t bytes = 0;
  std::unordered_set<const TensorNode*> counted;
  for (PendingOp* op : ops) {
    for (size_t i = 0; i < op->inputs.size(); ++i) {
      const std::shared_ptr<TensorNode>& node = op->inputs[i].node();
      if (!node->buffer) {
        if (!op->remembered) ++node->kept;
        continue;
      }
      const size_t own = node->type.bytes();
      // + 1: the list of what was captured or computed.
      if (own > kSmall && !op->pinned && node.use_count() > readers.at(node.get()) + 1 + others) {
        op->loose.push_back({i, node, node->version});
      } else if (counted.insert(node.get()).second) {
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
              std::span<const Tensor> captured, int others) {
  const Readers readers = count_readers(ops);
  auto history = std::make_shared<History>();
  list_ancestors(*history, results, captured, readers);
  Watch* watch = nullptr;
  for (const Tensor& result : results) {
    history->results.push_back(result.node());
    if (watched(*result.node())) watch = result.node()->watch.get();
  }
  // Under the eyes of grad() everything is kept until that ends.
  const size_t bytes = watch ? 0 : loosen(ops, readers, others);
  history->cost = ops.size() + history->ancestors.size() + bytes / kBytesPerUnit;
  history->made = next_serial();
  history->thread = this_thread();
  for (const Tensor& result : results) result.node()->history = history;
  if (watch) {
    watch->histories.push_back(history);
  } else {
    budget().add(history);
  }
}

const std::vector<Tensor>& inputs_of(PendingOp& op) {
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

void check_walkable(const TensorNode& node) {
  if (node.history->thread != this_thread())
    gone("a tensor " + node.type.str() + " was computed by another thread");
  if (!node.producer) gone("a tensor " + node.type.str() + " was computed long ago");
}

}  // namespace lamina::detail
