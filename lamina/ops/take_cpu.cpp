// CPU kernels of take, embedding_lookup and scatter_add.
#include <algorithm>
#include <memory>
#include <string>

#include "lamina/base/error.h"
#include "lamina/base/threads.h"
#include "lamina/graph/op.h"
#include "lamina/ops/detail/indexing.h"
#include "lamina/ops/detail/place.h"
#include "lamina/ops/take.h"

namespace lamina {
namespace {

using detail::dispatch_index;
using detail::kIsHalf;
using detail::missing;
using detail::place_of;
using detail::plus;
using detail::resolve;

/// From how many indices on one row of them is worth all threads.
constexpr int64_t kLongRow = 32768;

/// The whole tensor is outer x extent x inner, the gathered one outer x count x inner.
struct Extents {
  int64_t outer = 1, extent = 1, inner = 1, count = 1;
};

/// Single elements: without branches, since what a branch would depend on comes from memory.
template <class T, class Index>
void gather_row(const T* x, int64_t extent, const Index* indices, int64_t count, T* out) {
  for (int64_t k = 0; k < count; ++k) {
    const auto given = static_cast<int64_t>(indices[k]);
    const int64_t index = given + (given < 0 ? extent : 0);
    const bool outside = static_cast<uint64_t>(index) >= static_cast<uint64_t>(extent);
    const T found = x[outside ? 0 : index];
    out[k] = outside ? missing<T>() : found;
  }
}

template <class T, class Index>
void gather(const Extents& e, const T* x, const Index* indices, T* out) {
  if (e.inner == 1 && e.extent > 0) {
    for (int64_t outer = 0; outer < e.outer && e.count >= kLongRow; ++outer) {
      parallel_for(e.count, 16384, [&](int64_t begin, int64_t end) {
        gather_row(x + outer * e.extent, e.extent, indices + begin, end - begin,
                   out + outer * e.count + begin);
      });
    }
    if (e.count >= kLongRow) return;
    parallel_for(e.outer, std::max<int64_t>(1, 16384 / std::max<int64_t>(e.count, 1)),
                 [&](int64_t begin, int64_t end) {
                   for (int64_t outer = begin; outer < end; ++outer)
                     gather_row(x + outer * e.extent, e.extent, indices, e.count, out + outer * e.count);
                 });
    return;
  }
  parallel_for(e.outer * e.count, std::max<int64_t>(1, 16384 / std::max<int64_t>(e.inner, 1)),
               [&](int64_t begin, int64_t end) {
                 int64_t outer = begin / e.count, k = begin % e.count;
                 for (int64_t i = begin; i < end; ++i) {
                   T* to = out + i * e.inner;
                   const int64_t index = resolve(indices[k], e.extent);
                   const T* from = x + (outer * e.extent + index) * e.inner;
                   if (index < 0) {
                     std::fill_n(to, e.inner, missing<T>());
                   } else {
                     std::copy_n(from, e.inner, to);
                   }
                   if (++k < e.count) continue;
                   k = 0;
                   ++outer;
                 }
               });
}

/// Each thread owns some rows of the result and adds to them in the order of the indices: no races, and the
/// same bits for any number of threads. `sums` has the result's extents.
template <class T, class Sum, class Index>
void scatter(const Extents& e, const T* updates, const Index* indices, Sum* sums) {
  const int64_t work = std::max<int64_t>(1, e.count * e.inner / std::max<int64_t>(e.extent, 1));
  parallel_for(e.outer * e.extent, std::max<int64_t>(1, 16384 / work), [&](int64_t begin, int64_t end) {
    std::fill(sums + begin * e.inner, sums + end * e.inner, Sum{});
    for (int64_t o = begin / e.extent; o * e.extent < end; ++o) {
      for (int64_t k = 0; k < e.count; ++k) {
        const int64_t index = resolve(indices[k], e.extent);
        const int64_t row = o * e.extent + index;
        if (index < 0 || row < begin || row >= end) continue;
        const T* update = updates + (o * e.count + k) * e.inner;
        Sum* sum = sums + row * e.inner;
        for (int64_t j = 0; j < e.inner; ++j) sum[j] = plus(sum[j], static_cast<Sum>(update[j]));
      }
    }
  });
}

Extents extents(const Shape& whole, int axis, const Shape& indices) {
  Extents e;
  for (int i = 0; i < axis; ++i) e.outer *= whole[i];
  e.extent = whole[axis];
  for (int i = axis + 1; i < whole.rank(); ++i) e.inner *= whole[i];
  e.count = indices.size();
  return e;
}

std::unique_ptr<Kernel> make_take(const KernelDesc& desc, int axis) {
  const Extents e = extents(desc.inputs[0].type.shape, axis, desc.inputs[1].type.shape);
  const DType index_dtype = desc.inputs[1].type.dtype;
  return dispatch(desc.inputs[0].type.dtype, [&](auto zero) -> std::unique_ptr<Kernel> {
    using T = decltype(zero);
    return make_kernel([e, index_dtype](const KernelArgs& args) {
      dispatch_index(index_dtype, [&](auto index) {
        gather(e, args.input<T>(0), args.input<decltype(index)>(1), args.output<T>(0));
      });
    });
  });
}

std::unique_ptr<Kernel> prepare_take(const KernelDesc& desc) {
  return make_take(desc, desc.attrs.as<TakeAttrs>().axis);
}

/// Throws for the first id that is not a row of the table: on the calling thread and before anything is
/// written, so that a run that fails leaves nothing half done.
template <class Index>
void check_ids(const Index* ids, const Shape& shape, int64_t rows) {
  const int64_t count = shape.size();
  for (int64_t i = 0; i < count; ++i) {
    const auto outside = [&](auto id) {
      return id < 0 || static_cast<uint64_t>(id) >= static_cast<uint64_t>(rows);
    };
    if (!outside(ids[i])) continue;
    throw InvalidArgument("embedding_lookup: id " + std::to_string(ids[i]) + " at place " +
                          place_of(i, shape) + " is not a row of the table: its " + std::to_string(rows) +
                          " rows have the ids 0 to " + std::to_string(rows - 1));
  }
}

std::unique_ptr<Kernel> prepare_lookup(const KernelDesc& desc) {
  const std::shared_ptr<const Kernel> take = make_take(desc, 0);
  return make_kernel(
      [take, rows = desc.inputs[0].type.shape[0], ids = desc.inputs[1].type](const KernelArgs& args) {
        dispatch_index(ids.dtype,
                       [&](auto index) { check_ids(args.input<decltype(index)>(1), ids.shape, rows); });
        take->run(args);
      });
}

std::unique_ptr<Kernel> prepare_scatter_add(const KernelDesc& desc) {
  const Shape& whole = desc.outputs[0].type.shape;
  const Extents e = extents(whole, desc.attrs.as<ScatterAddAttrs>().axis, desc.inputs[1].type.shape);
  const DType index_dtype = desc.inputs[1].type.dtype;
  return dispatch(desc.outputs[0].type.dtype, [&](auto zero) -> std::unique_ptr<Kernel> {
    using T = decltype(zero);
    const auto run = [e, index_dtype, size = whole.size()](const KernelArgs& args) {
      dispatch_index(index_dtype, [&](auto index) {
        const auto* indices = args.input<decltype(index)>(1);
        if constexpr (kIsHalf<T>) {
          auto* sums = static_cast<float*>(args.workspace);
          scatter(e, args.input<T>(0), indices, sums);
          std::transform(sums, sums + size, args.output<T>(0), [](float sum) { return T(sum); });
        } else {
          scatter(e, args.input<T>(0), indices, args.output<T>(0));
        }
      });
    };
    return make_kernel(run, kIsHalf<T> ? static_cast<size_t>(whole.size()) * sizeof(float) : 0);
  });
}

const KernelRegistration take_kernels("take", DeviceKind::kCpu,
                                      {{.name = "reference", .prepare = prepare_take}});
const KernelRegistration lookup_kernels("embedding_lookup", DeviceKind::kCpu,
                                        {{.name = "checked", .prepare = prepare_lookup}});
const KernelRegistration scatter_add_kernels("scatter_add", DeviceKind::kCpu,
                                             {{.name = "reference", .prepare = prepare_scatter_add}});

}  // namespace
}  // namespace lamina
