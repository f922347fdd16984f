// What the tile machine prepares for one fused node: where every register lives and how long a tile is.
// Internal header.
//
// A register whose value is the same for all elements is *uniform*: it is computed once a run and spread over
// a tile once a thread. The others live in the operands' own memory where these are contiguous, else in
// scratch tiles that stay in the first-level cache.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lamina/graph/elementwise.h"
#include "lamina/graph/kernel.h"
#include "lamina/ops/detail/chain.h"

namespace lamina::detail {

struct TilePlan {
  static constexpr size_t kScratchBytes = 48 * 1024;  ///< tiles of one thread, on its stack
  static constexpr int kMaxSlots = 160;
  static constexpr int kMaxUniforms = 160;
  static constexpr int kMaxOperands = 8;
  static constexpr int kMaxBlocks = 4;                           ///< of the layout
  static constexpr int kMaxAxes = Shape::kMaxRank + kMaxBlocks;  ///< of a gather

  /// Where a register's tile is found.
  enum class Place : uint8_t {
    kScratch,  ///< at a fixed offset of the thread's scratch memory
    kInput,    ///< in the input, at the tile's own position
    kOutput,   ///< in the output, at the tile's own position
    kRow,      ///< in the input, at the tile's position modulo `period`
    kWhole,    ///< the whole input
  };
  struct Slot {
    Place place;
    int operand = 0;     ///< number of the input or output
    size_t element = 1;  ///< bytes of an element
    size_t offset = 0;   ///< kScratch: bytes from the start
    int64_t period = 0;  ///< kRow
  };
  /// One instruction of its own, or a chain of them when `function` is null.
  struct Step {
    TileFunction function;
    const Attrs* attrs;
    int num_operands;
    int operands[kMaxOperands];  ///< slots; in the prelude: uniforms
    int out;
    int first_link, num_links;
  };
  static constexpr int kMaxLinks = 128;
  /// A link before the addresses are known: y and z are slots, or uniforms where the source is kScalar.
  struct Link {
    LinkOp op;
    LinkSource y_source = LinkSource::kNone, z_source = LinkSource::kNone;
    int y = -1, z = -1;
  };
  struct UniformInput {
    int input, uniform;
    size_t element;
  };
  struct Splat {
    int uniform, slot;
  };
  /// A row whose period divides the tile: laid out in scratch once a thread.
  struct Pattern {
    int input, slot;
    int64_t period;
  };
  /// An input that is broadcast along some axes: gathered for every tile. Extents outermost first; a stride
  /// of 0 repeats the element.
  struct Gather {
    int input, slot;
    std::vector<int64_t> extents, strides;
  };
  /// A result that no step writes in place: copied after the last step, through `staging` unless that is -1.
  struct Copy {
    int slot, output, staging;
  };
  /// When the output is written over the input, its tile must wait in the staging slot until the tile is
  /// done.
  struct Hazard {
    int input, output, output_slot, staging_slot;
  };

  FusedElementwiseAttrs attrs;  ///< keeps alive what the steps point to
  int64_t size = 0;             ///< elements of the loop
  int64_t tile = 0;             ///< elements of a full tile
  int64_t unit = 1;             ///< threads and tiles start at multiples of this
  int64_t segment = 0;          ///< tiles do not cross multiples of this; 0: no such limit
  int64_t grain = 1;            ///< units that are worth a thread
  std::vector<Slot> slots;
  std::vector<UniformInput> uniform_inputs;
  std::vector<Step> prelude;
  std::vector<Splat> splats;
  std::vector<Pattern> patterns;
  std::vector<Gather> gathers;
  std::vector<Step> steps;
  std::vector<Link> links;
  std::vector<Copy> copies;
  std::vector<Hazard> hazards;
};

/// Why the tile machine cannot run such a node, or nothing.
std::optional<std::string> refuse_tiles(const KernelDesc& desc);
/// What is as large as the loop in the first special order among its inputs, the rest row-major.
std::optional<LayoutWish> wish_of_tiles(const KernelDesc& desc);
/// The plan for a node that is not refused.
TilePlan plan_tiles(const KernelDesc& desc);

}  // namespace lamina::detail
