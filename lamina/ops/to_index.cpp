// Record of to_index.
#include "lamina/ops/to_index.h"

#include <string>

#include "lamina/graph/op.h"
#include "lamina/ops/cast.h"

namespace lamina {
namespace {

std::vector<TensorType> infer_to_index(const InferArgs& args) {
  const DType dtype = args.attrs.as<ToIndexAttrs>().dtype;
  if (!is_integer(dtype)) args.fail(std::string("an index is an integer, not ") + name(dtype));
  return {{dtype, args.inputs[0].shape}};
}

std::vector<Tensor> to_index_body(const Attrs& attrs, std::span<const Tensor> inputs) {
  return {cast(inputs[0], attrs.as<ToIndexAttrs>().dtype)};
}

const Op& to_index_op = register_op<ToIndexAttrs>({.name = "to_index",
                                                   .doc = "Floats that must be whole numbers, as integers",
                                                   .inputs = {{"x", DTypeClass::kFloating}},
                                                   .outputs = {"y"},
                                                   .infer = infer_to_index,
                                                   .no_gradient = "the result is an integer",
                                                   .body = to_index_body});

}  // namespace

Tensor to_index(const Tensor& x, DType dtype) {
  if (!is_floating(x.dtype()) && is_integer(dtype)) return cast(x, dtype);
  return apply(to_index_op, ToIndexAttrs{dtype}, {x})[0];
}

}  // namespace lamina
