// The tile machine: runs a fused elementwise node as a list of vectorised instructions over tiles that stay
// in cache.
#include <algorithm>
#include <cstring>

#include "lamina/base/threads.h"
#include "lamina/ops/detail/tile_plan.h"

namespace lamina {
namespace {

using detail::TilePlan;
using Place = TilePlan::Place;

void splat(void* out, const void* value, size_t element, int64_t n) {
  const auto fill = [&](auto typed) {
    std::memcpy(&typed, value, sizeof(typed));
    std::fill_n(static_cast<decltype(typed)*>(out), n, typed);
  };
  switch (element) {
    case 1:
      return fill(uint8_t{});
    case 2:
      return fill(uint16_t{});
    case 4:
      return fill(uint32_t{});
    default:
      return fill(uint64_t{});
  }
}

/// `n` bytes of a pattern of `period` bytes, from its byte `phase` on.
void repeat(const std::byte* pattern, size_t period, size_t phase, std::byte* to, size_t n) {
  size_t done = std::min(n, period - phase);
  std::memcpy(to, pattern + phase, done);
  if (done == n) return;
  const size_t rest = std::min(phase, n - done);
  std::memcpy(to + done, pattern, rest);
  done += rest;
  for (size_t whole = period; done < n; whole *= 2) {  // what is there is as many periods
    const size_t more = std::min(whole, n - done);
    std::memcpy(to + done, to, more);
    done += more;
  }
}

/// Elements [first, first + n) of an input that is broadcast to the loop's shape.
void gather(const TilePlan::Gather& plan, const std::byte* from, std::byte* to, size_t element, int64_t first,
            int64_t n) {
  const int rank = static_cast<int>(plan.extents.size());
  int64_t place[TilePlan::kMaxAxes];
  int64_t offset = 0;
  int64_t rest = first;
  for (int axis = rank - 1; axis >= 0; --axis) {
    const auto a = static_cast<size_t>(axis);
    place[axis] = rest % plan.extents[a];
    rest /= plan.extents[a];
    offset += place[axis] * plan.strides[a];
  }
  const int64_t extent = plan.extents.back();
  const int64_t stride = plan.strides.back();
  // Neighbours that are repeated as a whole (the channels of a gate, at each pixel) are written as one run.
  const int inner = stride == 1 && rank > 1 && plan.strides[static_cast<size_t>(rank - 2)] == 0 ? 2 : 1;
  while (n > 0) {
    int64_t run = extent - place[rank - 1];
    if (inner == 2) run += (plan.extents[static_cast<size_t>(rank - 2)] - 1 - place[rank - 2]) * extent;
    run = std::min(n, run);
    const size_t bytes = static_cast<size_t>(run) * element;
    offset -= place[rank - 1] * stride;
    const std::byte* source = from + static_cast<size_t>(offset) * element;
    const size_t phase = static_cast<size_t>(place[rank - 1]) * element;
    if (stride == 0) {
      splat(to, source, element, run);
    } else if (inner == 2) {
      repeat(source, static_cast<size_t>(extent) * element, phase, to, bytes);
    } else {
      std::memcpy(to, source + phase, bytes);
    }
    to += bytes;
    n -= run;
    for (int axis = rank - 1; axis >= rank - inner; --axis) place[axis] = 0;
    for (int axis = rank - inner - 1; axis >= 0; --axis) {
      const auto a = static_cast<size_t>(axis);
      offset += plan.strides[a];
      if (++place[axis] < plan.extents[a]) break;
      offset -= plan.extents[a] * plan.strides[a];
      place[axis] = 0;
    }
  }
}

class TileMachine final : public Kernel {
 public:
  explicit TileMachine(TilePlan plan) : plan_(std::move(plan)) {}

  size_t bytes() const override {
    return sizeof(*this) + plan_.slots.size() * sizeof(plan_.slots[0]) +
           (plan_.prelude.size() + plan_.steps.size()) * sizeof(TilePlan::Step);
  }

  void run(const KernelArgs& args) const override {
    if (plan_.size == 0) return;
    uint64_t uniforms[TilePlan::kMaxUniforms];
    for (const TilePlan::UniformInput& input : plan_.uniform_inputs) {
      std::memcpy(&uniforms[input.uniform], args.inputs[input.input], input.element);
    }
    for (const TilePlan::Step& step : plan_.prelude) {
      const void* in[TilePlan::kMaxOperands];
      for (int k = 0; k < step.num_operands; ++k) in[k] = &uniforms[step.operands[k]];
      step.function({in, &uniforms[step.out], 1, 0, step.attrs});
    }
    const int64_t units = (plan_.size + plan_.unit - 1) / plan_.unit;
    parallel_for(units, plan_.grain, [&](int64_t begin, int64_t end) {
      run_range(args, uniforms, begin * plan_.unit, std::min(end * plan_.unit, plan_.size));
    });
  }

 private:
  // Not inlined, so that only a running machine takes the stack for its scratch memory.
  [[gnu::noinline]] void run_range(const KernelArgs& args, const uint64_t* uniforms, int64_t begin,
                                   int64_t end) const {
    alignas(64) std::byte scratch[TilePlan::kScratchBytes];
    std::byte* at[TilePlan::kMaxSlots];
    const int64_t longest = std::min(plan_.tile, end - begin);
    place_fixed(args, scratch, at);
    for (const TilePlan::Splat& s : plan_.splats) {
      splat(at[s.slot], &uniforms[s.uniform], plan_.slots[static_cast<size_t>(s.slot)].element, longest);
    }
    for (const TilePlan::Pattern& p : plan_.patterns) {
      const size_t element = plan_.slots[static_cast<size_t>(p.slot)].element;
      for (int64_t i = 0; i < longest; i += p.period) {
        std::memcpy(at[p.slot] + static_cast<size_t>(i) * element, args.inputs[p.input],
                    static_cast<size_t>(std::min(p.period, longest - i)) * element);
      }
    }
    for (int64_t first = begin; first < end;) {
      int64_t stop = std::min(first + plan_.tile, end);
      if (plan_.segment > 0) stop = std::min(stop, (first / plan_.segment + 1) * plan_.segment);
      run_tile(args, scratch, uniforms, at, first, stop - first);
      first = stop;
    }
  }

  void place_fixed(const KernelArgs& args, std::byte* scratch, std::byte** at) const {
    for (size_t s = 0; s < plan_.slots.size(); ++s) {
      const TilePlan::Slot& slot = plan_.slots[s];
      if (slot.place == Place::kScratch) at[s] = scratch + slot.offset;
      if (slot.place == Place::kWhole) at[s] = input(args, slot.operand);
    }
  }

  static std::byte* input(const KernelArgs& args, int i) {
    return static_cast<std::byte*>(const_cast<void*>(args.inputs[i]));
  }

  void run_tile(const KernelArgs& args, std::byte* scratch, const uint64_t* uniforms, std::byte** at,
                int64_t first, int64_t n) const {
    for (size_t s = 0; s < plan_.slots.size(); ++s) {
      const TilePlan::Slot& slot = plan_.slots[s];
      const size_t here = static_cast<size_t>(first) * slot.element;
      if (slot.place == Place::kInput) at[s] = input(args, slot.operand) + here;
      if (slot.place == Place::kOutput) at[s] = static_cast<std::byte*>(args.outputs[slot.operand]) + here;
      if (slot.place == Place::kRow) {
        at[s] = input(args, slot.operand) + static_cast<size_t>(first % slot.period) * slot.element;
      }
    }
    for (const TilePlan::Hazard& h : plan_.hazards) {
      if (args.inputs[h.input] == args.outputs[h.output]) at[h.output_slot] = staging(scratch, h);
    }
    for (const TilePlan::Gather& g : plan_.gathers) {
      gather(g, input(args, g.input), at[g.slot], plan_.slots[static_cast<size_t>(g.slot)].element, first, n);
    }
    for (const TilePlan::Step& step : plan_.steps) {
      if (!step.function) {
        run_chain(step, uniforms, at, n);
        continue;
      }
      const void* in[TilePlan::kMaxOperands];
      for (int k = 0; k < step.num_operands; ++k) in[k] = at[step.operands[k]];
      step.function({in, at[step.out], n, first, step.attrs});
    }
    finish_tile(args, scratch, at, first, n);
  }

  void run_chain(const TilePlan::Step& step, const uint64_t* uniforms, std::byte* const* at,
                 int64_t n) const {
    detail::ChainLink links[TilePlan::kMaxLinks];
    const auto operand = [&](detail::LinkSource source, int number) -> float* {
      if (source == detail::LinkSource::kScalar) {
        return reinterpret_cast<float*>(const_cast<uint64_t*>(&uniforms[number]));
      }
      return source == detail::LinkSource::kMemory ? reinterpret_cast<float*>(at[number]) : nullptr;
    };
    for (int l = 0; l < step.num_links; ++l) {
      const TilePlan::Link& link = plan_.links[static_cast<size_t>(step.first_link + l)];
      links[l] = {detail::chain_code(link.op, link.y_source, link.z_source), operand(link.y_source, link.y),
                  operand(link.z_source, link.z)};
    }
    chain_(links, step.num_links, n);
  }

  void finish_tile(const KernelArgs& args, std::byte* scratch, std::byte* const* at, int64_t first,
                   int64_t n) const {
    const auto copy = [&](const std::byte* from, int output, size_t element) {
      std::byte* to = static_cast<std::byte*>(args.outputs[output]) + static_cast<size_t>(first) * element;
      if (to != from) std::memcpy(to, from, static_cast<size_t>(n) * element);
    };
    for (const TilePlan::Copy& c : plan_.copies) {
      const size_t element = plan_.slots[static_cast<size_t>(c.slot)].element;
      if (c.staging >= 0) std::memcpy(at[c.staging], at[c.slot], static_cast<size_t>(n) * element);
    }
    for (const TilePlan::Copy& c : plan_.copies) {
      copy(at[c.staging >= 0 ? c.staging : c.slot], c.output,
           plan_.slots[static_cast<size_t>(c.slot)].element);
    }
    for (const TilePlan::Hazard& h : plan_.hazards) {
      std::byte* staged = staging(scratch, h);
      if (at[h.output_slot] == staged)
        copy(staged, h.output, plan_.slots[static_cast<size_t>(h.output_slot)].element);
    }
  }

  std::byte* staging(std::byte* scratch, const TilePlan::Hazard& hazard) const {
    return scratch + plan_.slots[static_cast<size_t>(hazard.staging_slot)].offset;
  }

  TilePlan plan_;
  detail::ChainFunction chain_ = detail::chain_function();
};

const KernelRegistration kernel("fused_elementwise", DeviceKind::kCpu,
                                {{.name = "tile_machine",
                                  .refuses = detail::refuse_tiles,
                                  .prepare = [](const KernelDesc& desc) -> std::unique_ptr<Kernel> {
                                    return std::make_unique<TileMachine>(detail::plan_tiles(desc));
                                  },
                                  .wishes = detail::wish_of_tiles}});

}  // namespace
}  // namespace lamina
