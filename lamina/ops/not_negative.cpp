// Record of not_negative.
#include "lamina/ops/detail/not_negative.h"

#include "lamina/graph/op.h"

namespace lamina {
namespace {

const Op& not_negative_op =
    register_op({.name = "not_negative",
                 .doc = "Integers of which none may be below 0, as they are: exponents of integers",
                 .inputs = {{"x", DTypeClass::kInteger}},
                 .outputs = {"y"},
                 .infer = [](const InferArgs& args) -> std::vector<TensorType> { return {args.inputs[0]}; },
                 .flops = no_flops,
                 .no_gradient = "the result is an integer"});

}  // namespace

Tensor detail::not_negative(const Tensor& x) {
  return x.dtype() == DType::kUInt8 || x.dtype() == DType::kBool ? x : apply(not_negative_op, {}, {x})[0];
}

}  // namespace lamina
