// Fast kernel of sum and mean in float32, for axes that fall into kept x reduced x kept groups: over the last
// axes, over the first (the gradient of a bias), over all, over the middle (global pooling, also of images in
// blocks of channels).
//
// Rows are summed in chunks of a length that depends on the shape alone, and the chunks' sums are added in
// order: the number of threads does not change a bit of the result. The instruction set may, as it sets the
// vector length.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "lamina/ops/reduce_sum_cpu.cpp"
#include "lamina/ops/detail/simd.h"
// After simd.h, which chooses the instruction sets.
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include <algorithm>
#include <optional>

#include "lamina/base/threads.h"
#include "lamina/graph/op.h"
#include "lamina/ops/detail/channel_blocks.h"
#include "lamina/ops/reduce.h"

HWY_BEFORE_NAMESPACE();
namespace lamina::HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;

/// Sum of n neighbours.
float sum_run(const float* x, int64_t n) {
  const hn::ScalableTag<float> d;
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  auto a = hn::Zero(d), b = a, c = a, e = a;
  int64_t i = 0;
  for (; i + 4 * lanes <= n; i += 4 * lanes) {
    a = hn::Add(a, hn::LoadU(d, x + i));
    b = hn::Add(b, hn::LoadU(d, x + i + lanes));
    c = hn::Add(c, hn::LoadU(d, x + i + 2 * lanes));
    e = hn::Add(e, hn::LoadU(d, x + i + 3 * lanes));
  }
  for (; i + lanes <= n; i += lanes) a = hn::Add(a, hn::LoadU(d, x + i));
  float total = hn::GetLane(hn::SumOfLanes(d, hn::Add(hn::Add(a, b), hn::Add(c, e))));
  for (; i < n; ++i) total += x[i];
  return total;
}

/// to[j] += sum of x[r * stride + j] over `rows` rows, for j < n.
void add_rows(const float* x, int64_t rows, int64_t stride, int64_t n, float* to) {
  const hn::ScalableTag<float> d;
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  int64_t r = 0;
  for (; r + 4 <= rows; r += 4) {
    const float* a = x + r * stride;
    int64_t j = 0;
    for (; j + lanes <= n; j += lanes) {
      const auto low = hn::Add(hn::LoadU(d, a + j), hn::LoadU(d, a + stride + j));
      const auto high = hn::Add(hn::LoadU(d, a + 2 * stride + j), hn::LoadU(d, a + 3 * stride + j));
      hn::StoreU(hn::Add(hn::LoadU(d, to + j), hn::Add(low, high)), d, to + j);
    }
    for (; j < n; ++j) to[j] += (a[j] + a[stride + j]) + (a[2 * stride + j] + a[3 * stride + j]);
  }
  for (; r < rows; ++r) {
    const float* a = x + r * stride;
    int64_t j = 0;
    for (; j + lanes <= n; j += lanes) {
      hn::StoreU(hn::Add(hn::LoadU(d, to + j), hn::LoadU(d, a + j)), d, to + j);
    }
    for (; j < n; ++j) to[j] += a[j];
  }
}

}  // namespace
}  // namespace lamina::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace lamina {
namespace {

HWY_EXPORT(sum_run);
HWY_EXPORT(add_rows);

constexpr int64_t kChunk = 32768;  // elements of a chunk, about
constexpr int64_t kBlock = 2048;   // columns summed at once: their sums stay in the first cache
constexpr int64_t kNarrow = 64;    // rows shorter than this are summed several at a time

int64_t ceil_divide(int64_t a, int64_t b) { return (a + b - 1) / b; }

struct SumPlan {
  int64_t outer = 1, reduced = 1, inner = 1;  // kept, reduced, kept
  int64_t chunk = 1, chunks = 1;              // reduced rows per chunk, chunks
  int64_t block = 1, blocks = 1;              // inner columns per block, blocks
  float divisor = 1;

  size_t workspace() const {
    return chunks > 1 ? static_cast<size_t>(outer * chunks * inner) * sizeof(float) : 0;
  }
};

/// Nothing when the axes do not group as kept x reduced x kept in memory, the kept ones in their order.
std::optional<SumPlan> group(const KernelDesc& desc) {
  const auto& axes = desc.attrs.as<ReduceAttrs>().axes;
  const Shape& shape = desc.inputs[0].type.shape;
  const auto block = detail::channel_block(desc.inputs[0].layout);
  if (!block || !desc.outputs[0].layout.row_major()) return std::nullopt;
  SumPlan plan;
  int stage = 0;  // 0: outer, 1: reduced, 2: inner
  int last_kept = 0;
  const auto add = [&](int axis, int64_t extent) {
    if (extent == 1) return true;
    const bool reduced = std::find(axes.begin(), axes.end(), axis) != axes.end();
    if (reduced ? stage == 2 : axis < last_kept) return false;
    if (!reduced) last_kept = axis;
    if (reduced) {
      stage = 1;
    } else if (stage == 1) {
      stage = 2;
    }
    (stage == 0 ? plan.outer : stage == 1 ? plan.reduced : plan.inner) *= extent;
    return true;
  };
  bool groups = true;
  if (*block) {
    groups = add(0, shape[0]) && add(3, shape[3] / *block) && add(1, shape[1]) && add(2, shape[2]) &&
             add(3, *block);
  } else {
    for (int axis = 0; axis < shape.rank(); ++axis) groups = groups && add(axis, shape[axis]);
  }
  if (!groups) return std::nullopt;
  plan.chunk = std::max<int64_t>(1, kChunk / std::max<int64_t>(1, std::min(plan.inner, kBlock)));
  plan.chunks = std::max<int64_t>(1, ceil_divide(plan.reduced, plan.chunk));
  plan.block = std::min(plan.inner, kBlock);
  plan.blocks = plan.block > 0 ? ceil_divide(plan.inner, plan.block) : 0;
  return plan;
}

/// Column sums of `rows` rows of `inner` columns, of which `n` from x on.
void sum_columns(const float* x, int64_t rows, int64_t inner, int64_t n, float* to) {
  const auto add = [](auto... args) { HWY_DYNAMIC_DISPATCH(add_rows)(args...); };
  std::fill_n(to, n, 0.0f);
  if (inner >= kNarrow || n != inner) return add(x, rows, inner, n, to);
  // Several narrow rows make one wide one, whose parts are folded at the end.
  const int64_t fold = ceil_divide(kNarrow, inner);
  float wide[2 * kNarrow] = {};
  const int64_t wide_rows = rows / fold;
  add(x, wide_rows, fold * inner, fold * inner, wide);
  add(x + wide_rows * fold * inner, rows - wide_rows * fold, inner, inner, to);
  for (int64_t part = 0; part < fold; ++part) {
    for (int64_t j = 0; j < n; ++j) to[j] += wide[part * inner + j];
  }
}

void run(const SumPlan& plan, const float* x, float* out, float* workspace) {
  if (plan.outer * plan.inner == 0) return;
  float* partial = plan.chunks > 1 ? workspace : out;
  const int64_t unit = std::max<int64_t>(1, std::min(plan.chunk, plan.reduced) * plan.block);
  parallel_for(plan.outer * plan.chunks * plan.blocks, std::max<int64_t>(1, kChunk / unit),
               [&](int64_t begin, int64_t end) {
                 for (int64_t i = begin; i < end; ++i) {
                   const int64_t column = i % plan.blocks * plan.block;
                   const int64_t part = i / plan.blocks;  // outer * chunks + chunk
                   const int64_t first = part % plan.chunks * plan.chunk;
                   const int64_t rows = std::min(plan.chunk, plan.reduced - first);
                   const float* from = x + (part / plan.chunks * plan.reduced + first) * plan.inner + column;
                   float* to = partial + part * plan.inner + column;
                   if (plan.inner == 1) {
                     *to = HWY_DYNAMIC_DISPATCH(sum_run)(from, rows);
                   } else {
                     sum_columns(from, rows, plan.inner, std::min(plan.block, plan.inner - column), to);
                   }
                 }
               });
  if (plan.chunks > 1) {
    for (int64_t i = 0; i < plan.outer; ++i) {
      sum_columns(partial + i * plan.chunks * plan.inner, plan.chunks, plan.inner, plan.inner,
                  out + i * plan.inner);
    }
  }
  if (plan.divisor != 1) {
    for (int64_t i = 0; i < plan.outer * plan.inner; ++i) out[i] /= plan.divisor;
  }
}

std::optional<std::string> refuses(const KernelDesc& desc) {
  if (desc.inputs[0].type.dtype != DType::kFloat32) return "for float32 only";
  if (!group(desc)) return "the axes do not group as kept, reduced, kept";
  return std::nullopt;
}

/// Images as they come, if their pixels are what is reduced.
std::optional<LayoutWish> wishes(const KernelDesc& desc) {
  if (desc.inputs[0].layout.row_major() || !group(desc)) return std::nullopt;
  return LayoutWish{{desc.inputs[0].layout}, std::vector<Layout>(1)};
}

std::unique_ptr<Kernel> prepare_plan(const SumPlan& plan) {
  return make_kernel(
      [plan](const KernelArgs& args) {
        run(plan, args.input<float>(0), args.output<float>(0), static_cast<float*>(args.workspace));
      },
      plan.workspace());
}

std::unique_ptr<Kernel> prepare_sum(const KernelDesc& desc) { return prepare_plan(*group(desc)); }

std::unique_ptr<Kernel> prepare_mean(const KernelDesc& desc) {
  SumPlan plan = *group(desc);
  plan.divisor = static_cast<float>(plan.reduced);
  return prepare_plan(plan);
}

const KernelRegistration sum_kernels(
    "sum", DeviceKind::kCpu, {{.name = "simd", .refuses = refuses, .prepare = prepare_sum, .wishes = wishes}},
    /*priority=*/1);
const KernelRegistration mean_kernels(
    "mean", DeviceKind::kCpu,
    {{.name = "simd", .refuses = refuses, .prepare = prepare_mean, .wishes = wishes}},
    /*priority=*/1);

}  // namespace
}  // namespace lamina
#endif  // HWY_ONCE
