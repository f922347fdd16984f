// CPU kernel of scatter_update: the indices are checked, then the updates applied one after the other.
#include <algorithm>
#include <string>
#include <vector>

#include "lamina/base/error.h"
#include "lamina/graph/op.h"
#include "lamina/ops/detail/indexing.h"
#include "lamina/ops/detail/place.h"
#include "lamina/ops/scatter_update.h"

namespace lamina {
namespace {

using detail::Compute;

/// Rows of `inner` elements at places along the leading axes, whose extents are these.
struct Plan {
  std::vector<int64_t> extents;
  int64_t count = 0, inner = 1, size = 0;
  Shape indices;

  /// The row that an index of several numbers means, all of which are in range.
  template <class Index>
  int64_t row(const Index* index) const {
    int64_t row = 0;
    for (size_t i = 0; i < extents.size(); ++i) row = row * extents[i] + static_cast<int64_t>(index[i]);
    return row;
  }

  /// Throws for the first index out of range, before anything is written.
  template <class Index>
  void check(const Index* indices_at) const {
    const auto depth = static_cast<int64_t>(extents.size());
    for (int64_t axis = 0; axis < depth; ++axis) {
      const auto extent = static_cast<uint64_t>(extents[static_cast<size_t>(axis)]);
      bool outside = false;  // of any, so that the loop becomes vector code
      for (int64_t n = axis; n < count * depth; n += depth)
        outside |= static_cast<uint64_t>(static_cast<int64_t>(indices_at[n])) >= extent;
      for (int64_t n = axis; outside && n < count * depth; n += depth) {
        const auto index = static_cast<int64_t>(indices_at[n]);
        if (static_cast<uint64_t>(index) >= extent) fail(index, n, axis);
      }
    }
  }

  [[noreturn]] void fail(int64_t index, int64_t n, int64_t axis) const {
    throw InvalidArgument("scatter_update: index " + std::to_string(index) + " at place " +
                          detail::place_of(n, indices) + " is out of range: axis " + std::to_string(axis) +
                          " of inputs has the places 0 to " +
                          std::to_string(extents[static_cast<size_t>(axis)] - 1));
  }
};

template <class T, class Index, class Combine>
void apply_updates(const Plan& plan, const Index* indices, const T* updates, T* y, Combine combine) {
  const auto depth = static_cast<int64_t>(plan.extents.size());
  if (depth == 1 && plan.inner == 1) {
    for (int64_t n = 0; n < plan.count; ++n) combine(y[static_cast<int64_t>(indices[n])], updates[n]);
    return;
  }
  for (int64_t n = 0; n < plan.count; ++n) {
    T* to = y + plan.row(indices + n * depth) * plan.inner;
    const T* from = updates + n * plan.inner;
    for (int64_t i = 0; i < plan.inner; ++i) combine(to[i], from[i]);
  }
}

/// Integers wrap around.
template <class T>
T multiplied(T a, T b) {
  if constexpr (std::is_integral_v<T>)
    return static_cast<T>(static_cast<uint64_t>(a) * static_cast<uint64_t>(b));
  else
    return static_cast<T>(static_cast<Compute<T>>(a) * static_cast<Compute<T>>(b));
}

template <class T, class Index>
void run(const Plan& plan, char rule, const Index* indices, const T* updates, T* y) {
  const auto value = [](T x) { return static_cast<Compute<T>>(x); };
  if (rule == 'a') {
    apply_updates(plan, indices, updates, y,
                  [&](T& to, T from) { to = static_cast<T>(detail::plus(value(to), value(from))); });
  } else if (rule == 'x') {
    // Written whether it changes or not: a branch would guess wrong too often, but for NaN.
    apply_updates(plan, indices, updates, y, [&](T& to, T from) {
      const Compute<T> update = value(from), old = value(to);
      to = static_cast<T>(update > old ? update : old);
      if (update != update) to = from;
    });
  } else if (rule == 'n') {
    apply_updates(plan, indices, updates, y, [&](T& to, T from) {
      const Compute<T> update = value(from), old = value(to);
      to = static_cast<T>(update < old ? update : old);
      if (update != update) to = from;
    });
  } else if (rule == '*') {
    apply_updates(plan, indices, updates, y, [&](T& to, T from) { to = multiplied(to, from); });
  } else {
    apply_updates(plan, indices, updates, y, [](T& to, T from) { to = from; });
  }
}

std::unique_ptr<Kernel> prepare(const KernelDesc& desc) {
  const TensorType &x = desc.inputs[0].type, &indices = desc.inputs[1].type;
  Plan plan;
  plan.size = x.shape.size();
  plan.indices = indices.shape;
  for (int i = 0; i < x.shape.rank(); ++i) {
    if (i < indices.shape[-1])
      plan.extents.push_back(x.shape[i]);
    else
      plan.inner *= x.shape[i];
  }
  plan.count = indices.shape.size() / indices.shape[-1];
  const std::string& reduction = desc.attrs.as<ScatterUpdateAttrs>().reduction;
  const char rule = reduction.empty()    ? '='
                    : reduction == "add" ? 'a'
                    : reduction == "mul" ? '*'
                    : reduction == "max" ? 'x'
                                         : 'n';
  return dispatch(x.dtype, [&, dtype = indices.dtype](auto zero) -> std::unique_ptr<Kernel> {
    using T = decltype(zero);
    return make_kernel([plan, rule, dtype](const KernelArgs& args) {
      detail::dispatch_index(dtype, [&](auto index) {
        const auto* at = args.input<decltype(index)>(1);
        plan.check(at);
        T* y = args.output<T>(0);
        if (y != args.input<T>(0)) std::copy_n(args.input<T>(0), plan.size, y);
        run(plan, rule, at, args.input<T>(2), y);
      });
    });
  });
}

const KernelRegistration kernels("scatter_update", DeviceKind::kCpu,
                                 {{.name = "in order", .prepare = prepare}});

}  // namespace
}  // namespace lamina
