// Putting tensors into other orders, and keeping them for as long as their contents stay.
#include "lamina/core/packed_inputs.h"

#include <mutex>

#include "lamina/graph/contraction.h"
#include "lamina/graph/program.h"

namespace lamina::detail {
namespace {

std::shared_ptr<Buffer> packed(const Tensor& tensor, const Layout& layout) {
  Graph graph;
  const ValueId from = graph.add_input(tensor.type());
  const ValueId to = graph.add_node(find_op("reorder"), ReorderAttrs{layout}, {from})[0];
  graph.values[static_cast<size_t>(to)].layout = layout;
  graph.outputs = {to};
  auto result = std::make_shared<Buffer>(tensor.device(), tensor.type().bytes());
  void* const inputs[] = {tensor.buffer()->address()};
  void* const outputs[] = {result->address()};
  Program(graph, tensor.device()).run(inputs, outputs);
  return result;
}

}  // namespace

std::shared_ptr<Buffer> PackedInputs::get(const Tensor& tensor, const NamedLayout& layout) {
  const TensorNode& node = *tensor.node();
  const std::pair key(node.serial, layout.name);
  const bool keeps = !tensor.buffer()->borrowed();
  if (keeps) {
    const std::shared_lock lock(mutex_);
    const auto found = entries_.find(key);
    if (found != entries_.end() && found->second.is_of(node)) return found->second.buffer;
  }
  const std::unique_lock lock(mutex_);  // threads that ask for the same wait for it
  if (keeps) {
    const auto found = entries_.find(key);
    if (found != entries_.end() && found->second.is_of(node)) return found->second.buffer;
    std::erase_if(entries_, [](const auto& entry) { return !entry.second.current(); });
  }
  std::shared_ptr<Buffer> made = packed(tensor, layout.layout);
  ++made_;
  if (keeps) entries_.insert_or_assign(key, Entry{tensor.node(), node.version, made});
  return made;
}

size_t PackedInputs::bytes() const {
  const std::shared_lock lock(mutex_);
  size_t total = 0;
  for (const auto& [key, entry] : entries_) total += entry.buffer->bytes();
  return total;
}

int PackedInputs::made() const {
  const std::shared_lock lock(mutex_);
  return made_;
}

}  // namespace lamina::detail
