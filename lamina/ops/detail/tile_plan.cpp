// Planning of the tile machine: classes of operands, registers by liveness, length of tiles.
#include "lamina/ops/detail/tile_plan.h"

#include <algorithm>
#include <array>
#include <map>

#include "lamina/ops/detail/tile_schedule.h"

namespace lamina::detail {
namespace {

using Place = TilePlan::Place;

// Tiles of all registers together should leave room in a first-level cache of 32 KiB. Found by measurement:
// between 16 and 32 KiB hardly matters, above it costs.
constexpr size_t kCacheBudget = 24 * 1024;
constexpr int64_t kMaxTile = 4096;
constexpr int64_t kMinTile = 64;
// Additions that pay for waking a second thread, some 4 microseconds of them. An operand that is streamed
// counts like one.
constexpr int64_t kGrainWork = 128 * 1024;
constexpr size_t kAlignment = 64;

/// An axis of the loop as it runs through memory: a step along it is `step` steps along `axis` of the shape.
struct LoopAxis {
  int axis;
  int64_t extent, step;
};

/// The axes of a loop over values in `layout`, outermost first.
std::vector<LoopAxis> loop_axes(const Shape& shape, const Layout& layout) {
  std::vector<LoopAxis> axes;
  std::vector<int64_t> steps(static_cast<size_t>(shape.rank()), 1);
  for (auto block = layout.blocks.rbegin(); block != layout.blocks.rend(); ++block) {
    int64_t& step = steps[static_cast<size_t>(block->axis)];
    axes.insert(axes.begin(), {block->axis, block->size, step});
    step *= block->size;
  }
  for (int i = shape.rank() - 1; i >= 0; --i) {
    const int axis = layout.order.empty() ? i : layout.order[static_cast<size_t>(i)];
    const int64_t step = steps[static_cast<size_t>(axis)];
    axes.insert(axes.begin(), {axis, shape[axis] / step, step});
  }
  return axes;
}

/// Extents and strides of a gather from row-major `shape`, which broadcasts to a loop of `rank` axes, with
/// neighbouring axes merged where one step does for both.
void collapse(const Shape& shape, int rank, const std::vector<LoopAxis>& loop, TilePlan::Gather& gather) {
  const int missing = rank - shape.rank();
  std::vector<int64_t> own(static_cast<size_t>(rank), 0);
  int64_t stride = 1;
  for (int axis = rank - 1; axis >= missing; --axis) {
    const int64_t extent = shape[axis - missing];
    if (extent != 1) own[static_cast<size_t>(axis)] = stride;
    stride *= extent;
  }
  for (auto axis = loop.rbegin(); axis != loop.rend(); ++axis) {
    if (axis->extent == 1) continue;
    const int64_t step = own[static_cast<size_t>(axis->axis)] * axis->step;
    if (!gather.extents.empty() &&
        (step == 0 ? gather.strides.front() == 0 : gather.strides.front() * gather.extents.front() == step)) {
      gather.extents.front() *= axis->extent;
    } else {
      gather.extents.insert(gather.extents.begin(), axis->extent);
      gather.strides.insert(gather.strides.begin(), step);
    }
  }
}

/// Whether a gather repeats what lies there in its order: a row.
bool is_row(const TilePlan::Gather& gather) {
  return gather.strides.size() == 2 && gather.strides[0] == 0 && gather.strides[1] == 1;
}

/// Whether a value is read and written in the order of the loop, element by element.
bool runs_along(const Operand& operand, const Shape& loop, const Layout& layout) {
  return layout.row_major() ? operand.type.shape.size() == loop.size() : operand.type.shape == loop;
}

class Planner {
 public:
  explicit Planner(const KernelDesc& desc) : desc_(desc) {
    plan_.attrs = desc.attrs.as<FusedElementwiseAttrs>();
    plan_.size = plan_.attrs.shape.size();
    const size_t registers = static_cast<size_t>(plan_.attrs.num_inputs) + plan_.attrs.code.size();
    uniform_.assign(registers, -1);
    slot_.assign(registers, -1);
    last_use_.assign(registers, -1);
  }

  std::optional<std::string> build() {
    classify_inputs();
    for (const TilePlan::Gather& gather : plan_.gathers) {
      if (gather.strides.back() > 1) return "an operand's neighbours lie apart";
    }
    find_uniform_instructions();
    if (num_uniforms_ > TilePlan::kMaxUniforms)
      return "more than " + std::to_string(TilePlan::kMaxUniforms) + " scalars";
    place_code();
    place_copies();
    find_hazards();
    if (plan_.slots.size() > TilePlan::kMaxSlots)
      return "more than " + std::to_string(TilePlan::kMaxSlots) + " registers";
    return choose_tile();
  }

  TilePlan take() { return std::move(plan_); }

 private:
  using FreeSlots = std::map<size_t, std::vector<int>>;  // of temporaries, by the size of their elements
  /// Slots that an instruction reads and writes.
  struct Access {
    std::vector<int> reads;
    int write = -1;
  };

  int inputs() const { return plan_.attrs.num_inputs; }
  DType dtype(int reg) const {
    return reg < inputs() ? desc_.inputs[static_cast<size_t>(reg)].type.dtype
                          : plan_.attrs.code[static_cast<size_t>(reg - inputs())].dtype;
  }
  /// The order of all that runs along the loop.
  const Layout& layout() const { return desc_.outputs[0].layout; }
  int& slot(int reg) { return slot_[static_cast<size_t>(reg)]; }
  int& uniform(int reg) { return uniform_[static_cast<size_t>(reg)]; }
  int& last_use(int reg) { return last_use_[static_cast<size_t>(reg)]; }

  int add_slot(Place place, int operand, size_t element, int64_t period = 0) {
    plan_.slots.push_back({place, operand, element, 0, period});
    return static_cast<int>(plan_.slots.size()) - 1;
  }

  void classify_inputs() {
    for (int i = 0; i < inputs(); ++i) {
      const TensorType& type = desc_.inputs[static_cast<size_t>(i)].type;
      const size_t element = size_of(type.dtype);
      const int64_t own = type.shape.size();
      if (reads_whole(plan_.attrs, i)) {
        slot(i) = add_slot(Place::kWhole, i, element);
      } else if (runs_along(desc_.inputs[static_cast<size_t>(i)], plan_.attrs.shape, layout())) {
        slot(i) = add_slot(Place::kInput, i, element);
      } else if (own == 1) {
        uniform(i) = num_uniforms_++;
        plan_.uniform_inputs.push_back({i, uniform(i), element});
      } else {
        TilePlan::Gather gather{i, -1, {}, {}};
        collapse(type.shape, plan_.attrs.shape.rank(), loop_axes(plan_.attrs.shape, layout()), gather);
        gather.slot = slot(i) =
            is_row(gather) ? add_slot(Place::kRow, i, element, own) : add_slot(Place::kScratch, i, element);
        if (!is_row(gather)) plan_.gathers.push_back(std::move(gather));
      }
    }
  }

  // With one element in the loop, everything is a stream of one.
  void find_uniform_instructions() {
    if (plan_.size == 1) return;
    for (size_t i = 0; i < plan_.attrs.code.size(); ++i) {
      const TileInstruction& instruction = plan_.attrs.code[i];
      if (instruction.op->positional) continue;
      const bool all = std::all_of(instruction.operands.begin(), instruction.operands.end(),
                                   [&](int operand) { return uniform(operand) >= 0; });
      if (!all) continue;
      const int reg = inputs() + static_cast<int>(i);
      uniform(reg) = num_uniforms_++;
      TilePlan::Step step = make_step(instruction);
      for (int k = 0; k < step.num_operands; ++k)
        step.operands[k] = uniform(instruction.operands[static_cast<size_t>(k)]);
      step.out = uniform(reg);
      plan_.prelude.push_back(step);
    }
  }

  TilePlan::Step make_step(const TileInstruction& instruction) const {
    TilePlan::Step step{};
    std::array<DType, TilePlan::kMaxOperands> dtypes{};
    step.num_operands = static_cast<int>(instruction.operands.size());
    for (size_t k = 0; k < instruction.operands.size(); ++k) dtypes[k] = dtype(instruction.operands[k]);
    step.function = instruction.op->tile({dtypes.data(), instruction.operands.size()}, instruction.dtype);
    step.attrs = &instruction.attrs;
    return step;
  }

  /// The slot of a register that an instruction reads, spreading a uniform one over a tile at its first use.
  int read_slot(int reg) {
    if (slot(reg) < 0) {
      slot(reg) = add_slot(Place::kScratch, 0, size_of(dtype(reg)));
      plan_.splats.push_back({uniform(reg), slot(reg)});
    }
    return slot(reg);
  }

  /// Whether a member of a chain finds `reg` in the vector registers: it is the result of the one before.
  bool in_registers(const TileGroup& group, size_t member, int reg) const {
    return member > 0 && reg == inputs() + group.members[member - 1].instruction;
  }

  void place_code() {
    const auto& code = plan_.attrs.code;
    RegisterFacts facts;
    for (size_t reg = 0; reg < slot_.size(); ++reg) {
      facts.dtypes.push_back(dtype(static_cast<int>(reg)));
      facts.uniform.push_back(uniform_[reg] >= 0);
    }
    const std::vector<TileGroup> groups = schedule_tiles(plan_.attrs, facts);
    int time = 0;
    for (const TileGroup& group : groups) {
      for (size_t m = 0; m < group.members.size(); ++m, ++time) {
        for (int operand : code[static_cast<size_t>(group.members[m].instruction)].operands) {
          if (!in_registers(group, m, operand)) last_use(operand) = time;
        }
      }
    }
    for (size_t o = 0; o < plan_.attrs.results.size(); ++o) {
      const int reg = plan_.attrs.results[o];
      last_use(reg) = time;
      if (reg < inputs() || uniform(reg) >= 0 || slot(reg) >= 0) continue;  // copied at the end of each tile
      slot(reg) = add_slot(Place::kOutput, static_cast<int>(o), size_of(dtype(reg)));
    }
    FreeSlots free;
    for (const TileGroup& group : groups) {
      if (group.chain) {
        place_chain(group, free);
      } else {
        place_single(group.members[0].instruction, free);
      }
    }
  }

  void place_single(int index, FreeSlots& free) {
    const TileInstruction& instruction = plan_.attrs.code[static_cast<size_t>(index)];
    const int reg = inputs() + index;
    TilePlan::Step step = make_step(instruction);
    accesses_.emplace_back();
    for (int k = 0; k < step.num_operands; ++k) {
      step.operands[k] = read_slot(instruction.operands[static_cast<size_t>(k)]);
      accesses_.back().reads.push_back(step.operands[k]);
    }
    step.out = write_slot(instruction, reg, free);
    if (last_use(reg) < 0) free[size_of(instruction.dtype)].push_back(step.out);
    plan_.steps.push_back(step);
  }

  void place_chain(const TileGroup& group, FreeSlots& free) {
    // Chains that follow each other are one step: what one of them stores, the next finds in the nearest
    // cache.
    const int most = 3 * static_cast<int>(group.members.size()) + 1;
    const bool append = !plan_.steps.empty() && !plan_.steps.back().function &&
                        plan_.steps.back().num_links + most <= TilePlan::kMaxLinks;
    if (!append) {
      plan_.steps.emplace_back();
      plan_.steps.back().first_link = static_cast<int>(plan_.links.size());
    }
    for (size_t m = 0; m < group.members.size(); ++m) {
      const auto [index, place] = group.members[m];
      const TileInstruction& instruction = plan_.attrs.code[static_cast<size_t>(index)];
      const int reg = inputs() + index;
      accesses_.emplace_back();
      if (m == 0) {
        TilePlan::Link load{.op = LinkOp::kLoad};
        load.y_source = source(group, m, instruction.operands[static_cast<size_t>(place)], load.y);
        plan_.links.push_back(load);
      }
      TilePlan::Link link{.op = LinkOp::kSelect};
      if (instruction.op->name == "where") {
        link.y_source = source(group, m, instruction.operands[1], link.y);
        link.z_source = source(group, m, instruction.operands[2], link.z);
      } else {
        link.op = *link_for(instruction.op->name, place);
        if (instruction.operands.size() == 2) {
          link.y_source = source(group, m, instruction.operands[static_cast<size_t>(1 - place)], link.y);
        }
      }
      plan_.links.push_back(link);
      if (last_use(reg) >= 0) {
        const int out = write_slot(instruction, reg, free);
        plan_.links.push_back({.op = LinkOp::kStore, .y_source = LinkSource::kMemory, .y = out});
      } else {
        release(instruction, free);
      }
    }
    plan_.steps.back().num_links = static_cast<int>(plan_.links.size()) - plan_.steps.back().first_link;
  }

  /// Where a link finds an operand, and in `number` which slot or uniform that is.
  LinkSource source(const TileGroup& group, size_t member, int reg, int& number) {
    if (in_registers(group, member, reg)) return LinkSource::kSelf;
    if (uniform(reg) >= 0) {
      number = uniform(reg);
      return LinkSource::kScalar;
    }
    number = slot(reg);
    accesses_.back().reads.push_back(number);
    return LinkSource::kMemory;
  }

  /// Where an instruction puts its result, which may be the place of what it reads for the last time.
  int write_slot(const TileInstruction& instruction, int reg, FreeSlots& free) {
    release(instruction, free);
    if (slot(reg) < 0) slot(reg) = take_temporary(size_of(instruction.dtype), free);
    accesses_.back().write = slot(reg);
    return slot(reg);
  }

  /// Frees the temporaries that the instruction of the newest access reads for the last time.
  void release(const TileInstruction& instruction, FreeSlots& free) {
    std::vector<int> operands = instruction.operands;
    std::sort(operands.begin(), operands.end());
    operands.erase(std::unique(operands.begin(), operands.end()), operands.end());
    for (int operand : operands) {
      const bool temporary = operand >= inputs() && uniform(operand) < 0 && slot(operand) >= 0 &&
                             plan_.slots[static_cast<size_t>(slot(operand))].place == Place::kScratch;
      const int now = static_cast<int>(accesses_.size()) - 1;
      if (temporary && last_use(operand) == now) free[size_of(dtype(operand))].push_back(slot(operand));
    }
  }

  int take_temporary(size_t element, FreeSlots& free) {
    std::vector<int>& list = free[element];
    if (list.empty()) return add_slot(Place::kScratch, 0, element);
    const int result = list.back();
    list.pop_back();
    return result;
  }

  void place_copies() {
    for (size_t o = 0; o < plan_.attrs.results.size(); ++o) {
      const int reg = plan_.attrs.results[o];
      const int from = read_slot(reg);
      const TilePlan::Slot& place = plan_.slots[static_cast<size_t>(from)];
      if (place.place == Place::kOutput && place.operand == static_cast<int>(o)) continue;
      plan_.copies.push_back({from, static_cast<int>(o), -1});
    }
    // Two inputs that change places, each written over the other, must both be read before either is written.
    if (plan_.copies.size() < 2) return;
    for (TilePlan::Copy& copy : plan_.copies) {
      const TilePlan::Slot from = plan_.slots[static_cast<size_t>(copy.slot)];
      if (from.place == Place::kInput) copy.staging = add_slot(Place::kScratch, 0, from.element);
    }
  }

  // An output that lies over an input may be written early only if nothing reads that input later on.
  void find_hazards() {
    std::vector<int> last_read(plan_.slots.size(), -1);
    const int end = static_cast<int>(accesses_.size());
    for (int time = 0; time < end; ++time) {
      for (int read : accesses_[static_cast<size_t>(time)].reads) last_read[static_cast<size_t>(read)] = time;
    }
    for (const TilePlan::Copy& copy : plan_.copies) last_read[static_cast<size_t>(copy.slot)] = end;
    const size_t slots = plan_.slots.size();
    for (int time = 0; time < end; ++time) {
      const int out = accesses_[static_cast<size_t>(time)].write;
      if (out < 0 || plan_.slots[static_cast<size_t>(out)].place != Place::kOutput) continue;
      add_hazards(out, time, last_read, slots);
    }
  }

  void add_hazards(int out, int written, const std::vector<int>& last_read, size_t slots) {
    int staging = -1;
    const int output = plan_.slots[static_cast<size_t>(out)].operand;
    for (size_t i = 0; i < slots; ++i) {
      const TilePlan::Slot slot = plan_.slots[i];
      const bool may_share =
          slot.place == Place::kInput && desc_.inputs[static_cast<size_t>(slot.operand)].type.dtype ==
                                             desc_.outputs[static_cast<size_t>(output)].type.dtype;
      if (!may_share || last_read[i] <= written) continue;
      if (staging < 0) staging = add_slot(Place::kScratch, 0, slot.element);
      plan_.hazards.push_back({slot.operand, output, out, staging});
    }
  }

  std::optional<std::string> choose_tile() {
    size_t per_element = 0;
    size_t scratch_slots = 0;
    size_t scratch_per_element = 0;
    int64_t cost = 0;
    for (const TilePlan::Slot& slot : plan_.slots) {
      cost += slot.place != Place::kScratch;
      // What a single step streams through need not stay in the cache.
      if (slot.place != Place::kScratch && plan_.steps.size() > 1) per_element += slot.element;
      if (slot.place != Place::kScratch) continue;
      per_element += slot.element;
      scratch_per_element += slot.element;
      ++scratch_slots;
    }
    for (const TileInstruction& instruction : plan_.attrs.code) cost += instruction.op->tile_cost;
    int64_t tile =
        static_cast<int64_t>(kCacheBudget / std::max<size_t>(per_element, 1)) / kMinTile * kMinTile;
    tile = std::clamp(tile, kMinTile, kMaxTile);
    place_rows(tile, scratch_per_element, scratch_slots);
    plan_.tile = fit_tile(tile);
    plan_.unit = row_period_ * ((kMinTile + row_period_ - 1) / row_period_);
    plan_.grain = std::max<int64_t>(1, kGrainWork / std::max<int64_t>(cost, 1) / plan_.unit);

    size_t offset = 0;
    for (TilePlan::Slot& slot : plan_.slots) {
      if (slot.place != Place::kScratch) continue;
      slot.offset = offset;
      const size_t bytes =
          static_cast<size_t>(std::min(plan_.tile, std::max<int64_t>(plan_.size, 1))) * slot.element;
      offset += (bytes + kAlignment - 1) / kAlignment * kAlignment;
    }
    if (offset > TilePlan::kScratchBytes) return "its registers do not fit into the cache";
    return std::nullopt;
  }

  // Periods of rows divide each other, as they are products of trailing extents. The short ones become
  // patterns in scratch while there is room; from the first that does not fit on, all are read in place by
  // tiles that do not cross the shortest of these. So a tile always begins where every pattern does.
  void place_rows(int64_t tile, size_t scratch_per_element, size_t scratch_slots) {
    std::vector<int> rows;
    for (size_t s = 0; s < plan_.slots.size(); ++s) {
      if (plan_.slots[s].place == Place::kRow) rows.push_back(static_cast<int>(s));
    }
    const auto row = [&](int s) -> TilePlan::Slot& { return plan_.slots[static_cast<size_t>(s)]; };
    std::stable_sort(rows.begin(), rows.end(), [&](int a, int b) { return row(a).period < row(b).period; });
    for (int s : rows) {
      TilePlan::Slot& slot = row(s);
      scratch_per_element += slot.element;
      const size_t scratch = scratch_per_element * static_cast<size_t>(tile) + ++scratch_slots * kAlignment;
      if (slot.period > tile || scratch > TilePlan::kScratchBytes) {
        plan_.segment = slot.period;
        return;
      }
      slot.place = Place::kScratch;
      plan_.patterns.push_back({slot.operand, s, slot.period});
      row_period_ = slot.period;
    }
  }

  /// A multiple of the patterns' period that is at most `tile` and cuts a segment into equal pieces, more or
  /// less.
  int64_t fit_tile(int64_t tile) const {
    if (plan_.segment > 0) {
      const int64_t pieces = (plan_.segment + tile - 1) / tile;
      const int64_t step = std::max<int64_t>(row_period_, 16);
      const int64_t even = ((plan_.segment + pieces - 1) / pieces + step - 1) / step * step;
      tile = std::min(tile, even);
    }
    return std::max(row_period_, tile / row_period_ * row_period_);
  }

  const KernelDesc& desc_;
  TilePlan plan_;
  std::vector<Access> accesses_;  // by time: one entry per instruction, in the order in which they run
  std::vector<int> uniform_, slot_, last_use_;
  int num_uniforms_ = 0;
  int64_t row_period_ = 1;
};

}  // namespace

std::optional<std::string> refuse_tiles(const KernelDesc& desc) {
  const auto& attrs = desc.attrs.as<FusedElementwiseAttrs>();
  const auto dtype = [&](int reg) {
    return reg < attrs.num_inputs ? desc.inputs[static_cast<size_t>(reg)].type.dtype
                                  : attrs.code[static_cast<size_t>(reg - attrs.num_inputs)].dtype;
  };
  for (const TileInstruction& instruction : attrs.code) {
    if (instruction.operands.size() > TilePlan::kMaxOperands)
      return instruction.op->name + " has too many operands";
    std::vector<DType> dtypes;
    for (int operand : instruction.operands) dtypes.push_back(dtype(operand));
    if (!instruction.op->tile || !instruction.op->tile(dtypes, instruction.dtype)) {
      return instruction.op->name + " has no tile instruction for its dtypes";
    }
  }
  const Layout& layout = desc.outputs[0].layout;
  if (!layout.row_major() && is_positional(attrs))
    return "its values depend on places and its operands are not row-major";
  if (layout.blocks.size() > TilePlan::kMaxBlocks) return "too many blocks";
  for (const Operand& output : desc.outputs) {
    if (output.layout != layout) return "its results have several layouts";
  }
  for (int i = 0; i < attrs.num_inputs; ++i) {
    const Operand& input = desc.inputs[static_cast<size_t>(i)];
    const bool along = !reads_whole(attrs, i) && runs_along(input, attrs.shape, layout);
    if (input.layout != (along ? layout : Layout{})) return "its operands have several layouts";
  }
  return Planner(desc).build();
}

std::optional<LayoutWish> wish_of_tiles(const KernelDesc& desc) {
  const auto& attrs = desc.attrs.as<FusedElementwiseAttrs>();
  if (is_positional(attrs)) return std::nullopt;
  const auto along = [&](int i) {
    return !reads_whole(attrs, i) && desc.inputs[static_cast<size_t>(i)].type.shape == attrs.shape;
  };
  Layout common;
  for (int i = 0; i < attrs.num_inputs && common.row_major(); ++i) {
    if (along(i)) common = desc.inputs[static_cast<size_t>(i)].layout;
  }
  if (common.row_major()) return std::nullopt;
  LayoutWish wish{{}, std::vector<Layout>(desc.outputs.size(), common)};
  for (int i = 0; i < attrs.num_inputs; ++i) wish.inputs.push_back(along(i) ? common : Layout{});
  return wish;
}

TilePlan plan_tiles(const KernelDesc& desc) {
  Planner planner(desc);
  planner.build();
  return planner.take();
}

}  // namespace lamina::detail
