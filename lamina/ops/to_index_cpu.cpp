// CPU kernel of to_index.
#include <limits>
#include <memory>
#include <string>

#include "lamina/base/error.h"
#include "lamina/base/json.h"
#include "lamina/graph/op.h"
#include "lamina/ops/detail/element.h"
#include "lamina/ops/detail/place.h"
#include "lamina/ops/to_index.h"

namespace lamina {
namespace {

using detail::Compute;
using detail::kIsFloating;

/// Throws for the first element that is no index: on the calling thread.
template <class From, class To>
void convert(const From* x, const TensorType& type, To* out) {
  using Number = Compute<From>;
  // Powers of two, or rounded up to the power: what is below the upper one fits.
  constexpr auto least = static_cast<Number>(std::numeric_limits<To>::min());
  constexpr Number beyond =
      static_cast<Number>(To{1} << (std::numeric_limits<To>::digits - 1)) * static_cast<Number>(2);
  const int64_t count = type.shape.size();
  for (int64_t i = 0; i < count; ++i) {
    const auto value = static_cast<Number>(x[i]);
    if (value >= least && value < beyond) {  // false for NaN
      out[i] = static_cast<To>(value);
      if (static_cast<Number>(out[i]) == value) continue;
    }
    throw InvalidArgument("to_index: " + Json(static_cast<double>(value)).dump() + " at place " +
                          detail::place_of(i, type.shape) + " is no index: expected whole numbers that fit " +
                          name(dtype_of<To>()) + ", since they name rows, classes or the like");
  }
}

std::unique_ptr<Kernel> prepare(const KernelDesc& desc) {
  return dispatch(desc.inputs[0].type.dtype, [&](auto from) -> std::unique_ptr<Kernel> {
    using From = decltype(from);
    return dispatch(desc.outputs[0].type.dtype, [&](auto to) -> std::unique_ptr<Kernel> {
      using To = decltype(to);
      if constexpr (kIsFloating<From> && std::is_integral_v<To> && !std::is_same_v<To, bool>) {
        return make_kernel([type = desc.inputs[0].type](const KernelArgs& args) {
          convert(args.input<From>(0), type, args.output<To>(0));
        });
      } else {
        return nullptr;  // infer has refused it
      }
    });
  });
}

const KernelRegistration kernels("to_index", DeviceKind::kCpu, {{.name = "checked", .prepare = prepare}});

}  // namespace
}  // namespace lamina
