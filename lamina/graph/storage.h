// Which memory each value of a graph uses: an input's, an output's, or a block of the arena. Internal header.
#pragma once

#include <vector>

#include "lamina/graph/graph.h"

namespace lamina::detail {

/// A piece of memory that one or more values share.
struct Storage {
  enum class Kind { kInput, kOutput, kArena };
  Kind kind = Kind::kArena;
  int index = 0;  ///< of the input, of the output, or of the arena block
};

/// Bytes to move after the last node: results that could not be written where they belong.
struct Copy {
  Storage from;
  Storage to;
  size_t bytes = 0;
};

struct StoragePlan {
  std::vector<Storage> values;      ///< per value
  std::vector<size_t> block_bytes;  ///< per arena block
  std::vector<int> block_first;     ///< first node that uses the block
  std::vector<int> block_last;      ///< last node that uses the block; nodes.size() when a copy reads it
  std::vector<Copy> copies;         ///< in this order
  int state_copies = 0;             ///< how many of them write state
};

/// Views share their input's storage; an op may write over an input that dies with it; an update is written
/// straight into its input wherever every read of the old contents comes before.
StoragePlan plan_storage(const Graph& graph);

}  // namespace lamina::detail
