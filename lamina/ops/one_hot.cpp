// Record of one_hot.
#include "lamina/ops/one_hot.h"

#include "lamina/graph/op.h"

namespace lamina {
namespace {

std::vector<TensorType> infer_one_hot(const InferArgs& args) {
  const auto& attrs = args.attrs.as<OneHotAttrs>();
  if (attrs.depth < 0) args.fail("depth must not be negative, but is " + std::to_string(attrs.depth));
  Shape shape = args.inputs[0].shape;
  shape.push_back(attrs.depth);
  return {{attrs.dtype, shape}};
}

const Op& one_hot_op = register_op({.name = "one_hot",
                                    .doc = "1 at the index, 0 elsewhere, along a new last axis",
                                    .inputs = {{"indices", DTypeClass::kInteger}},
                                    .outputs = {"y"},
                                    .infer = infer_one_hot,
                                    .no_gradient = "the input is an integer"});

}  // namespace

Tensor one_hot(const Tensor& x, int64_t depth, DType dtype) {
  return apply(one_hot_op, OneHotAttrs{depth, dtype}, {x})[0];
}

}  // namespace lamina
