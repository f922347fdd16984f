// Placement: batches brought to the device of a model. Internal header.
#pragma once

#include <vector>

#include "lamina/core/tensors.h"

namespace lamina::detail {

/// What is on the device already is handed on. Everything else is copied there, into tensors that are used
/// again by the next batch, so that a step allocates nothing once the shapes of a batch were seen.
class Placement {
 public:
  explicit Placement(const Device& device) : device_(device) {}

  /// The next batch begins: nobody needs the copies of the one before.
  void begin() { next_ = 0; }
  /// Adds the tensors, as they are on the device, to `to`.
  void add(std::vector<Tensor>& to, const Tensors& from);

 private:
  const Tensor& copied(const Tensor& from);

  Device device_;
  std::vector<std::vector<Tensor>> copies_;  // of each tensor of a batch, by type: full batches and the last
  size_t next_ = 0;
};

}  // namespace lamina::detail
