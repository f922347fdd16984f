// CPU kernels of cumsum, cumprod and logcumsumexp: one pass over each row.
#include <algorithm>
#include <cmath>

#include "lamina/base/threads.h"
#include "lamina/graph/op.h"
#include "lamina/ops/cumulative.h"
#include "lamina/ops/detail/indexing.h"

namespace lamina {
namespace {

using detail::Compute;

struct Add {
  template <class C>
  static C combine(C a, C b) {
    return detail::plus(a, b);
  }
};

struct Multiply {
  template <class C>
  static C combine(C a, C b) {
    if constexpr (std::is_integral_v<C>)
      return static_cast<C>(static_cast<uint64_t>(a) * static_cast<uint64_t>(b));
    else
      return a * b;
  }
};

struct LogAddExp {
  template <class C>
  static C combine(C a, C b) {
    if constexpr (std::is_floating_point_v<C>) {
      if (a == b) return a + static_cast<C>(std::log(2.0));  // infinities, too
      if (std::isnan(a) || std::isnan(b)) return a + b;
      return std::max(a, b) + std::log1p(std::exp(-std::abs(a - b)));
    } else {
      return a;  // infer admits floats alone
    }
  }
};

template <class Rule>
std::unique_ptr<Kernel> prepare(const KernelDesc& desc) {
  const TensorType& x = desc.inputs[0].type;
  const int64_t n = x.shape[-1], rows = n > 0 ? x.shape.size() / n : 0;
  const bool reverse = desc.attrs.as<CumulativeAttrs>().reverse;
  return dispatch(x.dtype, [&](auto zero) -> std::unique_ptr<Kernel> {
    using T = decltype(zero);
    return make_kernel([=](const KernelArgs& args) {
      const T* from = args.input<T>(0);
      T* to = args.output<T>(0);
      const int64_t step = reverse ? -1 : 1, first = reverse ? n - 1 : 0;
      parallel_for(rows, std::max<int64_t>(1, 16384 / std::max<int64_t>(n, 1)),
                   [&](int64_t begin, int64_t end) {
                     for (int64_t row = begin; row < end; ++row) {
                       int64_t at = row * n + first;
                       auto total = static_cast<Compute<T>>(from[at]);
                       to[at] = from[at];
                       for (int64_t i = 1; i < n; ++i) {
                         at += step;
                         total = Rule::combine(total, static_cast<Compute<T>>(from[at]));
                         to[at] = static_cast<T>(total);
                       }
                     }
                   });
    });
  });
}

const KernelRegistration sums("cumsum", DeviceKind::kCpu, {{.name = "rows", .prepare = prepare<Add>}});
const KernelRegistration products("cumprod", DeviceKind::kCpu,
                                  {{.name = "rows", .prepare = prepare<Multiply>}});
const KernelRegistration log_sums("logcumsumexp", DeviceKind::kCpu,
                                  {{.name = "rows", .prepare = prepare<LogAddExp>}});

}  // namespace
}  // namespace lamina
