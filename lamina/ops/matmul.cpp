// Records of the matrix products.
#include "lamina/ops/matmul.h"

#include <numeric>

#include "lamina/graph/op.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/detail/arguments.h"
#include "lamina/ops/detail/body.h"
#include "lamina/ops/detail/elementwise.h"
#include "lamina/ops/detail/epilogue.h"
#include "lamina/ops/detail/recorded.h"
#include "lamina/ops/reshape.h"
#include "lamina/ops/transpose.h"
#include "lamina/ops/unary.h"

namespace lamina {
namespace {

Shape leading(const Shape& shape) {
  Shape axes;
  for (int axis = 0; axis + 2 < shape.rank(); ++axis) axes.push_back(shape[axis]);
  return axes;
}

Shape product_shape(const InferArgs& args, const MatmulAttrs& attrs) {
  const Shape& a = args.inputs[0].shape;
  const Shape& b = args.inputs[1].shape;
  detail::check_one_dtype(args);
  if (a.rank() < 2 || b.rank() < 2) args.fail("the operands must have at least 2 axes");
  const int64_t inner_a = a[attrs.transpose_a ? -2 : -1];
  const int64_t inner_b = b[attrs.transpose_b ? -1 : -2];
  if (inner_a != inner_b) {
    const bool fits_b = inner_a == b[attrs.transpose_b ? -2 : -1];
    const bool fits_a = inner_b == a[attrs.transpose_a ? -1 : -2];
    const auto offer = [](const char* what, bool now) {
      return std::string("; with ") + what + " = " + (now ? "false" : "true") + " they would be the same";
    };
    args.fail("the inner extents differ: " + std::to_string(inner_a) + " of a" +
              (attrs.transpose_a ? " (transposed)" : "") + " against " + std::to_string(inner_b) + " of b" +
              (attrs.transpose_b ? " (transposed)" : "") +
              (fits_b   ? offer("transpose_b", attrs.transpose_b)
               : fits_a ? offer("transpose_a", attrs.transpose_a)
                        : std::string()));
  }
  const Shape batch_a = leading(a);
  const Shape batch_b = leading(b);
  Shape result;
  try {
    result = broadcast(batch_a, batch_b);
  } catch (const InvalidArgument&) {
    args.fail("the leading axes " + batch_a.str() + " and " + batch_b.str() + " do not broadcast");
  }
  result.push_back(a[attrs.transpose_a ? -1 : -2]);
  result.push_back(b[attrs.transpose_b ? -2 : -1]);
  return result;
}

std::vector<TensorType> infer_matmul(const InferArgs& args) {
  return {{args.inputs[0].dtype, product_shape(args, args.attrs.as<MatmulAttrs>())}};
}

std::vector<TensorType> infer_fused(const InferArgs& args) {
  const auto& attrs = args.attrs.as<MatmulBiasActAttrs>();
  detail::check_activation(args, attrs.activation);
  const Shape result = product_shape(args, attrs.matmul);
  if (args.inputs[2].shape != Shape{result[-1]}) args.fail("bias must have shape " + Shape{result[-1]}.str());
  return {{args.inputs[0].dtype, result}};
}

double product_flops(const CostArgs& args) {
  const int64_t inner = args.inputs[0].shape[args.attrs.as<MatmulAttrs>().transpose_a ? -2 : -1];
  return 2.0 * static_cast<double>(inner) * static_cast<double>(args.outputs[0].shape.size());
}

Tensor as_rows(const Tensor& x) {
  int64_t rows = 1;
  for (int axis = 0; axis + 1 < x.rank(); ++axis) rows *= x.shape()[axis];
  return reshape(x, {rows, x.shape()[-1]});
}

std::vector<Tensor> vjp_matmul(const VjpArgs& args) {
  const auto& attrs = args.attrs.as<MatmulAttrs>();
  const Tensor& a = args.inputs[0];
  const Tensor& b = args.inputs[1];
  const Tensor& g = args.grads[0];
  if (!is_floating(a.dtype())) return {Tensor(), Tensor()};
  Tensor da =
      attrs.transpose_a ? matmul(b, g, attrs.transpose_b, true) : matmul(g, b, false, !attrs.transpose_b);
  Tensor db;
  if (b.rank() == 2 && a.rank() > 2 && !attrs.transpose_a) {
    // One product over all rows instead of one per leading index and a sum.
    db = attrs.transpose_b ? matmul(as_rows(g), as_rows(a), true, false)
                           : matmul(as_rows(a), as_rows(g), true, false);
  } else {
    db = attrs.transpose_b ? matmul(g, a, true, attrs.transpose_a) : matmul(a, g, !attrs.transpose_a, false);
  }
  // Leading axes may have been broadcast.
  return {detail::sum_to(da, a.shape()), detail::sum_to(db, b.shape())};
}

std::vector<Tensor> fused_body(const Attrs& any_attrs, std::span<const Tensor> inputs) {
  const auto& attrs = any_attrs.as<MatmulBiasActAttrs>();
  const Tensor y =
      add(matmul(inputs[0], inputs[1], attrs.matmul.transpose_a, attrs.matmul.transpose_b), inputs[2]);
  return {attrs.activation == "relu" ? relu(y) : y};
}

const Op& matmul_op = register_op<MatmulAttrs>({
    .name = "matmul",
    .doc = "out[..., i, j] = sum over k of a[..., i, k] * b[..., k, j], leading axes broadcast",
    .inputs = {{"a", DTypeClass::kNumeric}, {"b", DTypeClass::kNumeric}},
    .outputs = {"out"},
    .infer = infer_matmul,
    .flops = product_flops,
    .vjp = vjp_matmul,
});

const Op& matmul_bias_act_op = register_op<MatmulBiasActAttrs>({
    .name = "matmul_bias_act",
    .doc = "activation(matmul(a, b) + bias), activation linear or relu",
    .inputs = {{"a", DTypeClass::kFloating}, {"b", DTypeClass::kFloating}, {"bias", DTypeClass::kFloating}},
    .outputs = {"out"},
    .infer = infer_fused,
    .vjp = detail::vjp_of_body<fused_body>,
    .body = fused_body,
});

Tensor with_dtype(const Tensor& x, DType dtype) { return x.dtype() == dtype ? x : cast(x, dtype); }

/// "matmul: ...; got float32(3), float32(4)"
[[noreturn]] void fail(const std::string& what, const Tensor& a, const Tensor& b) {
  throw InvalidArgument("matmul: " + what + "; got " + a.type().str() + ", " + b.type().str());
}

template <bool kRelu>
Attrs with_bias(const FusionMatch& match) {
  return MatmulBiasActAttrs{match.attrs<MatmulAttrs>("p"), kRelu ? "relu" : "linear"};
}

const FusionRegistration epilogues(detail::epilogues("matmul", "matmul_bias_act", with_bias<true>,
                                                     with_bias<false>));

}  // namespace

Tensor matmul(const Tensor& a, const Tensor& b, bool transpose_a, bool transpose_b) {
  if (is_symbolic(a) || is_symbolic(b)) {
    const auto swapped = [](const Tensor& x, bool swap) {
      if (!swap) return x;
      std::vector<int> perm(static_cast<size_t>(x.rank()));
      std::iota(perm.begin(), perm.end(), 0);
      std::swap(perm[perm.size() - 1], perm[perm.size() - 2]);
      return transpose(x, perm);
    };
    return detail::recorded("Matmul", {swapped(a, transpose_a), swapped(b, transpose_b)});
  }
  if (a.rank() == 0 || b.rank() == 0) fail("an operand is a scalar: multiply instead", a, b);
  if ((a.rank() == 1 && transpose_a) || (b.rank() == 1 && transpose_b))
    fail("a vector cannot be transposed", a, b);
  const DType dtype = promote(a.dtype(), b.dtype());
  const Tensor left = with_dtype(a.rank() == 1 ? reshape(a, {1, a.shape()[0]}) : a, dtype);
  const Tensor right = with_dtype(b.rank() == 1 ? reshape(b, {b.shape()[0], 1}) : b, dtype);
  const Tensor product = std::move(apply(matmul_op, MatmulAttrs{transpose_a, transpose_b}, {left, right})[0]);
  if (a.rank() > 1 && b.rank() > 1) return product;
  Shape shape = leading(product.shape());
  if (a.rank() > 1) shape.push_back(product.shape()[-2]);
  if (b.rank() > 1) shape.push_back(product.shape()[-1]);
  return reshape(product, shape);
}

Tensor matmul_bias_act(const Tensor& a, const Tensor& b, const Tensor& bias, const std::string& activation,
                       bool transpose_a, bool transpose_b) {
  return apply(matmul_bias_act_op, MatmulBiasActAttrs{{transpose_a, transpose_b}, activation},
               {a, b, bias})[0];
}

namespace {

Tensor product(const Tensor& a, const Tensor& b) { return matmul(a, b); }

const bool matmul_recorded =
    detail::register_operations(detail::kNumpyOps, {{"Matmul", detail::run_binary<product>, {"x1", "x2"}}});

}  // namespace

}  // namespace lamina
