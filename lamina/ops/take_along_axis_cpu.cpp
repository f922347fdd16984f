// CPU kernels of take_along_axis and scatter_add_along_axis.
#include <algorithm>

#include "lamina/base/threads.h"
#include "lamina/graph/op.h"
#include "lamina/ops/detail/indexing.h"
#include "lamina/ops/take_along_axis.h"

namespace lamina {
namespace {

using detail::dispatch_index;
using detail::kIsHalf;

/// The whole tensor is outer x extent x inner, indices and elements at them outer x count x inner.
struct Extents {
  int64_t outer = 1, extent = 1, inner = 1, count = 1;
};

template <class T, class Index>
void gather(const Extents& e, const T* x, const Index* indices, T* out) {
  const int64_t rows = e.outer * e.count;
  parallel_for(rows, std::max<int64_t>(1, 16384 / std::max<int64_t>(e.inner, 1)),
               [&](int64_t begin, int64_t end) {
                 for (int64_t row = begin; row < end; ++row) {
                   const T* from = x + row / e.count * e.extent * e.inner;
                   for (int64_t j = 0; j < e.inner; ++j) {
                     const int64_t index = detail::resolve(indices[row * e.inner + j], e.extent);
                     out[row * e.inner + j] = index < 0 ? detail::missing<T>() : from[index * e.inner + j];
                   }
                 }
               });
}

/// Each thread owns some outer blocks and adds in the order of the indices: no races, and the same bits for
/// any number of threads. `sums` has the result's extents.
template <class T, class Sum, class Index>
void scatter(const Extents& e, const T* updates, const Index* indices, Sum* sums) {
  const int64_t block = std::max<int64_t>(1, (e.count + e.extent) * e.inner);
  parallel_for(e.outer, std::max<int64_t>(1, 16384 / block), [&](int64_t begin, int64_t end) {
    std::fill(sums + begin * e.extent * e.inner, sums + end * e.extent * e.inner, Sum{});
    for (int64_t row = begin * e.count; row < end * e.count; ++row) {
      Sum* to = sums + row / e.count * e.extent * e.inner;
      for (int64_t j = 0; j < e.inner; ++j) {
        const int64_t index = detail::resolve(indices[row * e.inner + j], e.extent);
        if (index < 0) continue;
        Sum& sum = to[index * e.inner + j];
        sum = detail::plus(sum, static_cast<Sum>(updates[row * e.inner + j]));
      }
    }
  });
}

Extents extents(const Shape& whole, const Shape& indices, int axis) {
  Extents e;
  for (int i = 0; i < axis; ++i) e.outer *= whole[i];
  for (int i = axis + 1; i < whole.rank(); ++i) e.inner *= whole[i];
  e.extent = whole[axis];
  e.count = indices[axis];
  return e;
}

std::unique_ptr<Kernel> prepare_take(const KernelDesc& desc) {
  const TensorType &x = desc.inputs[0].type, &indices = desc.inputs[1].type;
  const Extents e = extents(x.shape, indices.shape, desc.attrs.as<TakeAlongAxisAttrs>().axis);
  return dispatch(x.dtype, [&, dtype = indices.dtype](auto zero) -> std::unique_ptr<Kernel> {
    using T = decltype(zero);
    return make_kernel([e, dtype](const KernelArgs& args) {
      dispatch_index(dtype, [&](auto index) {
        gather(e, args.input<T>(0), args.input<decltype(index)>(1), args.output<T>(0));
      });
    });
  });
}

std::unique_ptr<Kernel> prepare_scatter(const KernelDesc& desc) {
  const Shape& whole = desc.outputs[0].type.shape;
  const TensorType& indices = desc.inputs[1].type;
  const Extents e = extents(whole, indices.shape, desc.attrs.as<ScatterAddAlongAxisAttrs>().axis);
  return dispatch(desc.outputs[0].type.dtype, [&](auto zero) -> std::unique_ptr<Kernel> {
    using T = decltype(zero);
    const auto run = [e, dtype = indices.dtype, size = whole.size()](const KernelArgs& args) {
      dispatch_index(dtype, [&](auto index) {
        const auto* at = args.input<decltype(index)>(1);
        if constexpr (kIsHalf<T>) {
          auto* sums = static_cast<float*>(args.workspace);
          scatter(e, args.input<T>(0), at, sums);
          std::transform(sums, sums + size, args.output<T>(0), [](float sum) { return T(sum); });
        } else {
          scatter(e, args.input<T>(0), at, args.output<T>(0));
        }
      });
    };
    return make_kernel(run, kIsHalf<T> ? static_cast<size_t>(whole.size()) * sizeof(float) : 0);
  });
}

const KernelRegistration take_kernels("take_along_axis", DeviceKind::kCpu,
                                      {{.name = "reference", .prepare = prepare_take}});
const KernelRegistration scatter_kernels("scatter_add_along_axis", DeviceKind::kCpu,
                                         {{.name = "reference", .prepare = prepare_scatter}});

}  // namespace
}  // namespace lamina
