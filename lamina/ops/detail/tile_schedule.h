// The order in which the tile machine runs instructions: chains as long as they get. Internal header.
#pragma once

#include <vector>

#include "lamina/graph/elementwise.h"

namespace lamina::detail {

/// Instructions that run as one step. In a chain, each takes the result of the one before as operand `place`;
/// the first one's operand of that number is loaded.
struct TileGroup {
  struct Member {
    int instruction;
    int place;
  };
  bool chain = false;
  std::vector<Member> members;
};

/// What the scheduler must know of registers: dtypes, and which are uniform.
struct RegisterFacts {
  std::vector<DType> dtypes;
  std::vector<bool> uniform;
};

/// Groups in an order that can be run, of all instructions whose results are not uniform.
std::vector<TileGroup> schedule_tiles(const FusedElementwiseAttrs& attrs, const RegisterFacts& registers);

}  // namespace lamina::detail
