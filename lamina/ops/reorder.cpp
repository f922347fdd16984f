// Record of op `reorder`, which the layout pass puts where two memory orders meet.
#include "lamina/core/tensor.h"
#include "lamina/graph/contraction.h"
#include "lamina/graph/op.h"

namespace lamina {
namespace {

std::vector<TensorType> infer_reorder(const InferArgs& args) {
  const Layout& target = args.attrs.as<ReorderAttrs>().target;
  const Shape& shape = args.inputs[0].shape;
  if (!target.row_major() && static_cast<int>(target.order.size()) != shape.rank()) {
    args.fail("the order " + target.str() + " is of another rank");
  }
  return {args.inputs[0]};
}

[[maybe_unused]] const Op& reorder_op = register_op<ReorderAttrs>({
    .name = "reorder",
    .doc = "the same tensor in another memory order",
    .inputs = {{"x", DTypeClass::kAny}},
    .outputs = {"out"},
    .infer = infer_reorder,
    .flops = no_flops,
    .vjp = [](const VjpArgs& args) { return std::vector<Tensor>{args.grads[0]}; },
});

}  // namespace
}  // namespace lamina
