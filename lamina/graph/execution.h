// Execution: what one run of a program changes. Internal header.
#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "lamina/base/detail/thread_slots.h"

namespace lamina::detail {

/// Which entries of the kernels' address table belong to what a run brings along.
struct AddressTable {
  struct InArena {
    size_t place;
    size_t offset;
  };
  size_t size = 0;
  std::vector<InArena> arena;
  std::vector<std::vector<size_t>> inputs, outputs;  ///< per input or output its places in the table
};

/// The addresses of one run. Kept between runs, so that only what moved is written again.
class Execution {
 public:
  explicit Execution(const AddressTable& table);

  void bind(std::span<void* const> inputs, std::span<void* const> outputs, void* arena);

  void* const* addresses() const { return addresses_.data(); }
  char* arena() const { return arena_; }

 private:
  const AddressTable& table_;
  std::vector<void*> addresses_, inputs_, outputs_;
  char* arena_ = nullptr;
};

/// The executions of one program that nobody runs at the moment.
class ExecutionPool {
 public:
  std::unique_ptr<Execution> take(const AddressTable& table);
  void give_back(std::unique_ptr<Execution> execution);

 private:
  ThreadSlots<std::unique_ptr<Execution>> recent_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<Execution>> free_;
};

}  // namespace lamina::detail
