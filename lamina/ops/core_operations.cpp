// Operations of keras.ops that graphs in files hold and that only pass on, or say a shape.
#include "lamina/core/grad.h"
#include "lamina/ops/broadcast_to.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/detail/recorded.h"
#include "lamina/ops/full.h"

namespace lamina {
namespace {

Tensor run_broadcast(const OperationCall& call) {
  return broadcast_to(call.tensor(0), Shape(detail::integers_of(call, "shape")));
}
std::vector<TensorType> infer_broadcast(const OperationCall& call, const std::vector<TensorType>& inputs) {
  return {{inputs.at(0).dtype, Shape(detail::integers_of(call, "shape"))}};
}

Tensor number_of_elements(const Tensor& x) {
  return full(Shape{}, static_cast<double>(x.size()), DType::kInt32);
}
Tensor passed_on(const Tensor& x) { return stop_gradient(x); }

/// A tensor is one already; layers of attention record this of the masks that they pass on.
Tensor convert_to_tensor(const OperationCall& call) {
  const Json* dtype = call.config.find("dtype");
  return dtype && dtype->is_string() ? cast(call.tensor(0), dtype_from_name(dtype->as_string()))
                                     : call.tensor(0);
}

using detail::kCoreOps;
using detail::kNumpyOps;
const bool core_operations_recorded =
    register_operation(
        {.class_name = "BroadcastTo", .module = kNumpyOps, .run = run_broadcast, .infer = infer_broadcast}) &&
    detail::register_operations(kNumpyOps, {{"Size", detail::run_unary<number_of_elements>}}) &&
    detail::register_operations(kCoreOps, {{"StopGradient", detail::run_unary<passed_on>, {"variable"}},
                                           {"ConvertToTensor", convert_to_tensor}});

}  // namespace
}  // namespace lamina
