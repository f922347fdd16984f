// Records of constants and ranges.
#include "lamina/ops/full.h"

#include "lamina/graph/op.h"
#include "lamina/ops/detail/arguments.h"
#include "lamina/ops/detail/tiles.h"

namespace lamina {
namespace {

std::vector<TensorType> infer_full(const InferArgs& args) {
  const auto& attrs = args.attrs.as<FullAttrs>();
  detail::check_extents(args, attrs.shape);
  return {{attrs.dtype, attrs.shape}};
}

std::vector<TensorType> infer_arange(const InferArgs& args) {
  const auto& attrs = args.attrs.as<ArangeAttrs>();
  if (attrs.n < 0) args.fail("n must not be negative, got " + std::to_string(attrs.n));
  return {{attrs.dtype, Shape{attrs.n}}};
}

const Op& full_op = register_op<FullAttrs>(
    {.name = "full",
     .doc = "a tensor filled with one value",
     .outputs = {"y"},
     .infer = infer_full,
     .flops = no_flops,
     .no_gradient = "it has no inputs",
     .tile = [](std::span<const DType>, DType output) { return detail::full_tile(output); },
     .elementwise = true});

const Op& arange_op = register_op<ArangeAttrs>(
    {.name = "arange",
     .doc = "0, 1, ... n - 1",
     .outputs = {"y"},
     .infer = infer_arange,
     .flops = no_flops,
     .no_gradient = "it has no inputs",
     .tile = [](std::span<const DType>, DType output) { return detail::arange_tile(output); },
     .elementwise = true,
     .positional = true});

}  // namespace

Tensor full(const Shape& shape, double value, DType dtype) {
  return std::move(apply(full_op, FullAttrs{shape, value, dtype}, {})[0]);
}
Tensor zeros(const Shape& shape, DType dtype) { return full(shape, 0, dtype); }
Tensor ones(const Shape& shape, DType dtype) { return full(shape, 1, dtype); }
Tensor zeros_like(const Tensor& x) { return zeros(x.shape(), x.dtype()); }
Tensor ones_like(const Tensor& x) { return ones(x.shape(), x.dtype()); }
Tensor arange(int64_t n, DType dtype) { return apply(arange_op, ArangeAttrs{n, dtype}, {})[0]; }

}  // namespace lamina
