// Record of one_hot.
#include "lamina/ops/one_hot.h"

#include "lamina/graph/op.h"
#include "lamina/ops/detail/recorded.h"

namespace lamina {
namespace {

std::vector<TensorType> infer_one_hot(const InferArgs& args) {
  const auto& attrs = args.attrs.as<OneHotAttrs>();
  if (attrs.depth < 0) args.fail("depth must not be negative, but is " + std::to_string(attrs.depth));
  Shape shape = args.inputs[0].shape;
  shape.push_back(attrs.depth);
  return {{attrs.dtype, shape}};
}

const Op& one_hot_op = register_op<OneHotAttrs>({.name = "one_hot",
                                                 .doc = "1 at the index, 0 elsewhere, along a new last axis",
                                                 .inputs = {{"indices", DTypeClass::kInteger}},
                                                 .outputs = {"y"},
                                                 .infer = infer_one_hot,
                                                 .flops = no_flops,
                                                 .no_gradient = "the input is an integer"});

}  // namespace

Tensor one_hot(const Tensor& x, int64_t depth, DType dtype) {
  if (is_symbolic(x)) {
    return detail::recorded(
        "OneHot", {x},
        Json::object({{"num_classes", depth}, {"axis", -1}, {"dtype", name(dtype)}, {"sparse", false}}));
  }
  return apply(one_hot_op, OneHotAttrs{depth, dtype}, {x})[0];
}

namespace {

const bool one_hot_recorded = detail::register_operations(
    detail::kNnOps, {{"OneHot", [](const OperationCall& call) {
                        if (detail::axis_of(call, -1) != -1 || detail::flag_of(call, "sparse"))
                          throw Unsupported("operation OneHot: only axis -1 and dense results are supported");
                        return one_hot(call.tensor(0), call.config.at("num_classes").as_int(),
                                       dtype_from_name(call.config.at("dtype").as_string()));
                      }}});

}  // namespace

}  // namespace lamina
