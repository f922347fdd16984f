// MemoryPool: the working memory of programs, lent to one run at a time.
// For authors of backends: lamina.h leaves it out.
#pragma once

#include <cstddef>
#include <memory>

#include "lamina/backend/backend.h"

namespace lamina {

/// Programs that are given one pool share its memory: those of one model (training, test, prediction, the
/// last partial batch) need only the largest of their arenas, as long as one runs after the other. Runs that
/// overlap get a piece each. Thread-safe; once every size was seen, lending allocates nothing.
class MemoryPool {
 public:
  MemoryPool();
  ~MemoryPool();
  MemoryPool(const MemoryPool&) = delete;
  MemoryPool& operator=(const MemoryPool&) = delete;

  /// A piece of at least `bytes` on `device`, its contents undefined: the one that the calling thread gave
  /// back last where it is large enough, else the smallest free one that is, else a new one in the place of
  /// one that is too small. Throws Unsupported when there is no memory.
  std::unique_ptr<Buffer> take(const Device& device, size_t bytes);
  void give_back(std::unique_ptr<Buffer> piece);

  /// Bytes of all pieces, lent and free.
  size_t bytes() const;

 private:
  struct State;
  const std::unique_ptr<State> state_;
};

}  // namespace lamina
