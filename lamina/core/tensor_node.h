// Inside of a Tensor: its type, and either its buffer or the pending op that will fill one. Internal header.
#pragma once

#include <memory>
#include <vector>

#include "lamina/backend/backend.h"
#include "lamina/core/tensor.h"
#include "lamina/graph/op.h"

namespace lamina::detail {

/// One recorded application of an op. Owned by its outputs; owns its inputs.
struct PendingOp {
  const Op* op;
  Attrs attrs;
  std::vector<Tensor> inputs;
  std::vector<std::weak_ptr<TensorNode>> outputs;
  ~PendingOp();  // iterative, so that long chains do not exhaust the stack
};

struct Symbol;

struct TensorNode {
  TensorType type;
  Device device;
  std::shared_ptr<Buffer> buffer;       ///< set once computed
  std::shared_ptr<PendingOp> producer;  ///< set while pending; empty for a placeholder of a trace
  int index = 0;                        ///< which output of the producer
  bool tracked = false;                 ///< grad() is watching: keep the producer even when computed
  Tensor mask;                           ///< what travels beside it (lamina/core/symbol.h)
  std::shared_ptr<const Symbol> symbol;  ///< set for a symbolic tensor
};

}  // namespace lamina::detail
