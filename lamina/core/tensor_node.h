// Inside of a Tensor: its type, and either its buffer or the pending op that will fill one. Internal header.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "lamina/backend/backend.h"
#include "lamina/core/history.h"
#include "lamina/core/pool_allocator.h"
#include "lamina/core/tensor.h"
#include "lamina/graph/graph.h"

namespace lamina::detail {

/// A list of a pending op, which lives as long as that.
template <class T>
using Kept = std::vector<T, PoolAllocator<T>>;

/// One recorded application of an op. Owned by its outputs; owns its inputs.
struct PendingOp {
  /// An input that the history of computed outputs holds weakly: `inputs` has a gap in its place.
  struct Loose {
    size_t place;
    std::weak_ptr<TensorNode> node;
    uint64_t version;
  };

  const Op* op = nullptr;
  Attrs attrs = {};
  Kept<Tensor> inputs = {};
  Kept<std::weak_ptr<TensorNode>> outputs = {};
  std::vector<Loose> loose = {};
  /// In place of `op`: the graph that computed the outputs from the inputs. unfold() makes ops of it.
  std::shared_ptr<const Graph> folded = {};
  std::shared_ptr<const std::string> place = {};  ///< OpScope's, when it was recorded
  bool remembered = false;                        ///< part of a history
  bool pinned = false;    ///< a gradient went through: pending work may need its inputs again
  uint64_t walk = 0;      ///< number of the walk that last came by (next_serial), for that walk alone
  bool finished = false;  ///< by that walk
  ValueId first = 0;      ///< the value of the first output, in that walk
  ~PendingOp();           // iterative, so that long chains do not exhaust the stack
};

std::shared_ptr<PendingOp> new_pending_op();
std::shared_ptr<TensorNode> new_node(const TensorType& type, const Device& device);

/// One call of grad(): while it is active, what it watches keeps its history whatever is looked at.
struct Watch {
  bool active = true;
  int depth = 0;                                  ///< how many calls are around it
  std::vector<std::weak_ptr<History>> histories;  ///< of what was looked at meanwhile
  /// From here on the histories are subject to the thread's budget.
  void end();
};

struct Symbol;

/// The device of that name: builds without GPUs take the CPU for one and say so once. Throws InvalidArgument
/// for what is no device.
Device usable_device(const std::string& name);

struct TensorNode {
  TensorType type;
  Device device;
  std::shared_ptr<Buffer> buffer;       ///< set once computed
  std::shared_ptr<PendingOp> producer;  ///< empty for data, for a placeholder of a trace, and when forgotten
  int index = 0;                        ///< which output of the producer
  int depth = 0;                        ///< ops in the longest pending chain that ends here
  bool open = false;                    ///< stands for an argument of a trace, or depends on one
  std::shared_ptr<Watch> watch;         ///< of the outermost grad() that watched when this was recorded
  std::shared_ptr<History> history;     ///< set once computed by an op
  long kept = 0;                        ///< references by the histories of others
  uint64_t version = 0;                 ///< how often the buffer was handed out to be written over
  /// Whether a step went on with a copy, because this one was shared: a state of the past.
  std::atomic<bool> superseded{false};
  uint64_t serial = next_serial();
  uint64_t walk = 0;                     ///< of a pending node: the number of the walk that last came by
  long readers = 0;                      ///< how many inputs of ops are this node, in that walk
  Tensor mask;                           ///< what travels beside it (lamina/core/symbol.h)
  std::shared_ptr<const Symbol> symbol;  ///< set for a symbolic tensor
};

/// Whether a call of grad() that has not returned yet watches the node.
inline bool watched(const TensorNode& node) { return node.watch && node.watch->active; }

}  // namespace lamina::detail
