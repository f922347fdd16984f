// Record of cast.
#include "lamina/ops/cast.h"

#include "lamina/ops/detail/elementwise.h"
#include "lamina/ops/detail/recorded.h"
#include "lamina/ops/detail/tiles.h"

namespace lamina {
namespace {

std::vector<TensorType> infer_cast(const InferArgs& args) {
  return {{args.attrs.as<CastAttrs>().dtype, args.inputs[0].shape}};
}

std::vector<Tensor> cast_vjp(const VjpArgs& args) {
  const DType from = args.inputs[0].dtype();
  if (!is_floating(from) || !is_floating(args.outputs[0].dtype())) return {Tensor()};
  return {cast(args.grads[0], from)};
}

const Op& op = register_op<CastAttrs>(
    {.name = "cast",
     .doc = "x in another dtype",
     .inputs = {{"x"}},
     .outputs = {"y"},
     .infer = infer_cast,
     .flops = no_flops,
     .vjp = cast_vjp,
     .tile = [](std::span<const DType> inputs, DType output) { return detail::cast_tile(inputs[0], output); },
     .elementwise = true,
     .same_if_type_stays = true});

}  // namespace

Tensor cast(const Tensor& x, DType dtype) {
  if (is_symbolic(x) && x.dtype() != dtype)
    return detail::recorded("Cast", {x}, Json::object({{"dtype", name(dtype)}}));
  return x.dtype() == dtype ? x : apply(op, CastAttrs{dtype}, {x})[0];
}

namespace {

const bool cast_recorded = detail::register_operations(
    detail::kCoreOps, {{"Cast", [](const OperationCall& call) {
                          return cast(call.tensor(0), dtype_from_name(call.config.at("dtype").as_string()));
                        }}});

}  // namespace

}  // namespace lamina
