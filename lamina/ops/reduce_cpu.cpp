// CPU kernels of the reductions: a plain one for every op and dtype. reduce_sum_cpu.cpp has a fast one for
// sums.
#include <algorithm>
#include <optional>
#include <type_traits>

#include "lamina/base/threads.h"
#include "lamina/graph/op.h"
#include "lamina/ops/detail/element.h"
#include "lamina/ops/detail/strided_copy.h"
#include "lamina/ops/reduce.h"

namespace lamina {
namespace {

using detail::Compute;
using detail::kIsHalf;

/// What elements are combined in: wide enough that a long sum loses nothing that the result could show.
/// Integers wrap around, which unsigned arithmetic does without undefined behaviour.
template <class T>
using Accumulator =
    std::conditional_t<std::is_integral_v<T>, uint64_t, std::conditional_t<kIsHalf<T>, float, double>>;
template <class T>
using Summed = std::conditional_t<std::is_integral_v<T> && sizeof(T) < 4, int32_t, T>;

template <class Out, class In>
Out narrowed(In value) {
  if constexpr (kIsHalf<Out>)
    return Out(static_cast<float>(value));
  else
    return static_cast<Out>(value);
}

// A rule gives: the dtype of results, the state of a reduction, its start, how an element changes it, its
// end.
template <class T>
struct Sum {
  using Out = Summed<T>;
  Accumulator<T> state = 0;
  void take(T x) { state += static_cast<Accumulator<T>>(x); }
  Out result(int64_t) const { return narrowed<Out>(state); }
};

template <class T>
struct Mean {
  using Out = T;
  Accumulator<T> state = 0;
  void take(T x) { state += static_cast<Accumulator<T>>(x); }
  Out result(int64_t n) const { return narrowed<Out>(state / static_cast<Accumulator<T>>(n)); }
};

template <class T>
struct Prod {
  using Out = Summed<T>;
  Accumulator<T> state = 1;
  void take(T x) { state *= static_cast<Accumulator<T>>(x); }
  Out result(int64_t) const { return narrowed<Out>(state); }
};

template <class T, bool largest>
struct Extreme {
  using Out = T;
  Compute<T> state{};
  bool empty = true;
  void take(T given) {
    const auto x = static_cast<Compute<T>>(given);
    const bool better = largest ? x > state : x < state;
    if (empty || better || x != x) state = x;  // after NaN no comparison holds: it stays
    empty = false;
  }
  Out result(int64_t) const { return narrowed<Out>(state); }
};
template <class T>
using Max = Extreme<T, true>;
template <class T>
using Min = Extreme<T, false>;

template <class T>
bool is_set(T x) {
  return static_cast<Compute<T>>(x) != Compute<T>{};
}

template <class T>
struct Any {
  using Out = bool;
  bool state = false;
  void take(T x) { state = state || is_set(x); }
  Out result(int64_t) const { return state; }
};

template <class T>
struct All {
  using Out = bool;
  bool state = true;
  void take(T x) { state = state && is_set(x); }
  Out result(int64_t) const { return state; }
};

/// Axes of one kind, with their extents and strides in the input; an innermost axis always exists.
struct Axes {
  int rank = 0;
  int64_t extents[Shape::kMaxRank + 1];
  int64_t strides[Shape::kMaxRank + 1];
  int64_t size = 1;

  void add(int64_t extent, int64_t stride) {
    if (rank > 0 && strides[rank - 1] == extent * stride) {
      extents[rank - 1] *= extent;
      strides[rank - 1] = stride;
    } else {
      extents[rank] = extent;
      strides[rank++] = stride;
    }
    size *= extent;
  }

  int64_t offset(int64_t index) const {
    int64_t result = 0;
    for (int i = rank - 1; i >= 0; --i) {
      result += index % extents[i] * strides[i];
      index /= extents[i];
    }
    return result;
  }
};

struct Plan {
  Axes kept, gone;

  explicit Plan(const KernelDesc& desc) {
    const auto& axes = desc.attrs.as<ReduceAttrs>().axes;
    const Shape& shape = desc.inputs[0].type.shape;
    const Layout& layout = desc.inputs[0].layout;
    const std::vector<int64_t> strides = layout.strides(shape);
    for (int axis = 0; axis < shape.rank(); ++axis) {
      if (shape[axis] == 1) continue;
      const bool reduced = std::find(axes.begin(), axes.end(), axis) != axes.end();
      const int64_t block = block_along(layout, axis);
      (reduced ? gone : kept).add(shape[axis] / block, strides[static_cast<size_t>(axis)]);
      if (block > 1) (reduced ? gone : kept).add(block, 1);
    }
    if (gone.rank == 0) gone.add(1, 1);
  }

  static int64_t block_along(const Layout& layout, int axis) {
    const bool along = !layout.blocks.empty() && layout.blocks[0].axis == axis;
    return along ? layout.blocks[0].size : 1;
  }
};

std::optional<std::string> refuses(const KernelDesc& desc) {
  if (desc.inputs[0].layout.blocks.size() > 1) return "only for one block";
  if (!desc.outputs[0].layout.row_major()) return "gives results in row-major order only";
  return std::nullopt;
}

/// What is reduced is read in the order that it has: it is larger than the result.
std::optional<LayoutWish> wishes(const KernelDesc& desc) {
  const Layout& layout = desc.inputs[0].layout;
  if (layout.row_major() || layout.blocks.size() > 1) return std::nullopt;
  return LayoutWish{{layout}, std::vector<Layout>(1)};
}

template <template <class> class Rule, class T>
void reduce(const Plan& plan, const T* x, typename Rule<T>::Out* out) {
  const int64_t inner = plan.gone.extents[plan.gone.rank - 1];
  const int64_t stride = plan.gone.strides[plan.gone.rank - 1];
  const int64_t runs = inner > 0 ? plan.gone.size / inner : 0;
  const int64_t grain = std::max<int64_t>(1, 16384 / std::max<int64_t>(plan.gone.size, 1));
  parallel_for(plan.kept.size, grain, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const T* base = x + plan.kept.offset(i);
      Rule<T> rule;
      for (int64_t run = 0; run < runs; ++run) {
        const T* row = base + plan.gone.offset(run * inner);
        for (int64_t k = 0; k < inner; ++k) rule.take(row[k * stride]);
      }
      out[i] = rule.result(plan.gone.size);
    }
  });
}

template <template <class> class Rule>
std::unique_ptr<Kernel> prepare(const KernelDesc& desc) {
  return dispatch(desc.inputs[0].type.dtype, [&](auto zero) -> std::unique_ptr<Kernel> {
    using T = decltype(zero);
    return make_kernel([plan = Plan(desc)](const KernelArgs& args) {
      reduce<Rule>(plan, args.input<T>(0), args.output<typename Rule<T>::Out>(0));
    });
  });
}

std::vector<KernelCandidate> candidates(std::unique_ptr<Kernel> (*prepare)(const KernelDesc&)) {
  return {{.name = "reference", .refuses = refuses, .prepare = prepare, .wishes = wishes}};
}

const KernelRegistration sum_kernels("sum", DeviceKind::kCpu, candidates(prepare<Sum>));
const KernelRegistration mean_kernels("mean", DeviceKind::kCpu, candidates(prepare<Mean>));
const KernelRegistration max_kernels("max", DeviceKind::kCpu, candidates(prepare<Max>));
const KernelRegistration min_kernels("min", DeviceKind::kCpu, candidates(prepare<Min>));
const KernelRegistration prod_kernels("prod", DeviceKind::kCpu, candidates(prepare<Prod>));
const KernelRegistration any_kernels("any", DeviceKind::kCpu, candidates(prepare<Any>));
const KernelRegistration all_kernels("all", DeviceKind::kCpu, candidates(prepare<All>));

}  // namespace
}  // namespace lamina
