// Writing of addresses, and the pool of address tables.
#include "lamina/graph/execution.h"

namespace lamina::detail {
namespace {

void patch(std::span<void* const> now, std::vector<void*>& bound,
           const std::vector<std::vector<size_t>>& places, std::vector<void*>& addresses) {
  for (size_t i = 0; i < bound.size(); ++i) {
    if (bound[i] == now[i]) continue;
    bound[i] = now[i];
    for (size_t place : places[i]) addresses[place] = now[i];
  }
}

}  // namespace

Execution::Execution(const AddressTable& table)
    : table_(table), addresses_(table.size), inputs_(table.inputs.size()), outputs_(table.outputs.size()) {}

void Execution::bind(std::span<void* const> inputs, std::span<void* const> outputs, void* arena) {
  patch(inputs, inputs_, table_.inputs, addresses_);
  patch(outputs, outputs_, table_.outputs, addresses_);
  if (arena == arena_) return;
  arena_ = static_cast<char*>(arena);
  for (const AddressTable::InArena& entry : table_.arena) addresses_[entry.place] = arena_ + entry.offset;
}

std::unique_ptr<Execution> ExecutionPool::take(const AddressTable& table) {
  if (auto recent = recent_.take()) return recent;
  {
    const std::lock_guard lock(mutex_);
    if (!free_.empty()) {
      std::unique_ptr<Execution> execution = std::move(free_.back());
      free_.pop_back();
      return execution;
    }
  }
  return std::make_unique<Execution>(table);
}

void ExecutionPool::give_back(std::unique_ptr<Execution> execution) {
  execution = recent_.put(std::move(execution));
  if (!execution) return;
  const std::lock_guard lock(mutex_);
  free_.push_back(std::move(execution));
}

}  // namespace lamina::detail
