// PackedInputs: tensors in the memory orders that kernels want, made once for their contents.
// Internal header.
#pragma once

#include <map>
#include <memory>
#include <shared_mutex>
#include <string>
#include <utility>

#include "lamina/core/tensor.h"
#include "lamina/core/tensor_node.h"
#include "lamina/graph/layout.h"

namespace lamina::detail {

/// A layout with its text, which is not made at each run.
struct NamedLayout {
  explicit NamedLayout(Layout given) : layout(std::move(given)), name(layout.str()) {}
  Layout layout;
  std::string name;
};

/// Any number of threads may ask at once.
class PackedInputs {
 public:
  /// The elements of `tensor`, which is computed, in that order. Made now unless they were made from the same
  /// contents before; always for memory of somebody else's, who may write there unseen.
  std::shared_ptr<Buffer> get(const Tensor& tensor, const NamedLayout& layout);

  /// Bytes of all that is kept.
  size_t bytes() const;
  /// How often a tensor was put into another order.
  int made() const;

 private:
  struct Entry {
    std::weak_ptr<TensorNode> node;
    uint64_t version;
    std::shared_ptr<Buffer> buffer;
    /// Serial numbers alone do not tell: what is made again for a gradient takes that of its result.
    bool is_of(const TensorNode& other) const {
      return node.lock().get() == &other && version == other.version;
    }
    bool current() const {
      const std::shared_ptr<TensorNode> living = node.lock();
      return living && living->version == version;
    }
  };

  mutable std::shared_mutex mutex_;
  std::map<std::pair<uint64_t, std::string>, Entry> entries_;  // by the serial number of the node, and order
  int made_ = 0;
};

}  // namespace lamina::detail
