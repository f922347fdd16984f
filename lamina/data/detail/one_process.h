// Internal header: an iterator with threads, in the one process that has them.
#pragma once

#include <optional>
#include <utility>

#include "lamina/base/detail/forks.h"
#include "lamina/base/error.h"
#include "lamina/data/detail/dataset_node.h"

namespace lamina::detail {

/// `inner`, whose threads start with the first next(). A child that fork() makes after that is told so by an
/// InvalidArgument instead of waiting for threads that it does not have, and lets go of `inner` without
/// waiting for them either.
class OneProcess : public ElementIterator {
 public:
  explicit OneProcess(ElementIteratorPtr inner) : inner_(std::move(inner)) {}
  ~OneProcess() override {
    // Its threads cannot be joined here, and may have been amid any change: it stays in the child's memory.
    if (elsewhere()) (void)inner_.release();
  }

  bool next(Element& element) override {
    require();
    if (!began_) began_ = forks();
    return inner_->next(element);
  }

  int64_t skip(int64_t count) override {
    require();
    return inner_->skip(count);
  }

 private:
  bool elsewhere() const { return began_ && *began_ != forks(); }
  void require() const {
    if (!elsewhere()) return;
    throw InvalidArgument(
        "this pass over a Dataset was begun before fork(): its threads are in the parent process; begin "
        "another pass in the child");
  }

  ElementIteratorPtr inner_;
  std::optional<uint32_t> began_;  // forks() when it did
};

}  // namespace lamina::detail
