// Records of fft, rfft and irfft, each the adjoint of another but for weights.
#include "lamina/ops/fft.h"

#include <array>
#include <cmath>

#include "lamina/base/error.h"
#include "lamina/graph/op.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/detail/arguments.h"
#include "lamina/ops/detail/fft_arguments.h"
#include "lamina/ops/detail/last_axis.h"
#include "lamina/ops/detail/promote.h"
#include "lamina/ops/detail/recorded.h"
#include "lamina/ops/full.h"
#include "lamina/ops/pad.h"
#include "lamina/ops/slice.h"

namespace lamina {
namespace {

void check_rows(const InferArgs& args) {
  const TensorType& x = args.inputs[0];
  if (x.dtype != DType::kFloat32 && x.dtype != DType::kFloat64) args.fail("expected float32 or float64");
  if (x.shape.rank() == 0) args.fail("expected at least one axis");
  if (x.shape[-1] < 1) args.fail("expected elements along the last axis");
  if (args.inputs.size() > 1 && args.inputs[1] != x)
    args.fail("real and imaginary parts must have one shape and dtype");
}

TensorType with_last_extent(TensorType x, int64_t extent) {
  x.shape.set(x.shape.rank() - 1, extent);
  return x;
}

std::vector<TensorType> infer_fft(const InferArgs& args) {
  check_rows(args);
  return {args.inputs[0], args.inputs[0]};
}

std::vector<TensorType> infer_rfft(const InferArgs& args) {
  check_rows(args);
  const TensorType y = with_last_extent(args.inputs[0], args.inputs[0].shape[-1] / 2 + 1);
  return {y, y};
}

std::vector<TensorType> infer_irfft(const InferArgs& args) {
  check_rows(args);
  const int64_t length = args.attrs.as<IrfftAttrs>().length;
  if (length < 1) args.fail("the length must be at least 1, not " + std::to_string(length));
  if (args.inputs[0].shape[-1] != length / 2 + 1)
    args.fail("a length of " + std::to_string(length) + " takes " + std::to_string(length / 2 + 1) +
              " numbers along the last axis");
  return {with_last_extent(args.inputs[0], length)};
}

/// `each` n log2 n for every row of n.
template <int each>
double flops(const CostArgs& args) {
  const Shape& x = args.inputs[0].shape;
  return each * static_cast<double>(x.size()) * std::log2(static_cast<double>(x[-1]) + 1);
}

ComplexTensor run(bool inverse, const ComplexTensor& x);
ComplexTensor run_real(const Tensor& x);
Tensor run_real_inverse(const ComplexTensor& x, int64_t length);

ComplexTensor grads_of(const VjpArgs& args) {
  const auto given = [&](size_t at) {
    return args.grads[at].defined() ? args.grads[at] : zeros_like(args.outputs[at]);
  };
  return {given(0), given(1)};
}

/// The matrix is symmetric; its conjugate belongs to the other direction.
std::vector<Tensor> vjp_fft(const VjpArgs& args) {
  const bool inverse = args.attrs.as<FftAttrs>().inverse;
  const double n = static_cast<double>(args.inputs[0].shape()[-1]), scale = inverse ? 1 / n : n;
  const auto [real, imag] = run(!inverse, grads_of(args));
  return {real * scale, imag * scale};
}

/// For each of the n/2 + 1 numbers whether it stands for its conjugate, too: `twice` then, else 1.
Tensor weights(int64_t n, double twice, DType dtype) {
  std::vector<double> each(static_cast<size_t>(n / 2 + 1), twice);
  each[0] = 1;
  if (n % 2 == 0) each.back() = 1;
  return cast(Tensor::from(each), dtype);
}

std::vector<Tensor> vjp_rfft(const VjpArgs& args) {
  const int64_t n = args.inputs[0].shape()[-1];
  const auto [real, imag] = grads_of(args);
  const Tensor share = weights(n, 0.5, real.dtype());
  return {run_real_inverse({real * share, imag * share}, n) * static_cast<double>(n)};
}

std::vector<Tensor> vjp_irfft(const VjpArgs& args) {
  const int64_t n = args.attrs.as<IrfftAttrs>().length;
  const auto [real, imag] = run_real(args.grads[0]);
  const Tensor share = weights(n, 2, real.dtype()) / static_cast<double>(n);
  return {real * share, imag * share};
}

const Op& fft_op = register_op<FftAttrs>(
    {.name = "fft",
     .doc = "sum of x[j] exp(-2 pi i j k / n) along the last axis; inverse: +2 pi i, over n",
     .inputs = {{"real", DTypeClass::kFloating}, {"imag", DTypeClass::kFloating}},
     .outputs = {"real", "imag"},
     .infer = infer_fft,
     .flops = flops<5>,
     .vjp = vjp_fft});

const Op& rfft_op = register_op({.name = "rfft",
                                 .doc = "fft of real numbers along the last axis: its first n/2 + 1",
                                 .inputs = {{"x", DTypeClass::kFloating}},
                                 .outputs = {"real", "imag"},
                                 .infer = infer_rfft,
                                 .flops = flops<2>,
                                 .vjp = vjp_rfft});

const Op& irfft_op =
    register_op<IrfftAttrs>({.name = "irfft",
                             .doc = "the real numbers along the last axis whose rfft this is",
                             .inputs = {{"real", DTypeClass::kFloating}, {"imag", DTypeClass::kFloating}},
                             .outputs = {"y"},
                             .infer = infer_irfft,
                             .flops = flops<5>,
                             .vjp = vjp_irfft});

ComplexTensor run(bool inverse, const ComplexTensor& x) {
  auto parts = apply(fft_op, FftAttrs{inverse}, {x.real, x.imag});
  return {parts[0], parts[1]};
}

ComplexTensor run_real(const Tensor& x) {
  auto parts = apply(rfft_op, {}, {x});
  return {parts[0], parts[1]};
}

Tensor run_real_inverse(const ComplexTensor& x, int64_t length) {
  return apply(irfft_op, IrfftAttrs{length}, {x.real, x.imag})[0];
}

/// The dtype that it is computed in.
DType wide(DType dtype) { return dtype == DType::kFloat64 ? dtype : DType::kFloat32; }

/// Both parts in one floating dtype.
ComplexTensor floats_of(const ComplexTensor& x) {
  const std::vector<Tensor> parts =
      detail::in_one_dtype({detail::floating(x.real), detail::floating(x.imag)});
  return {parts[0], parts[1]};
}

template <class F>
ComplexTensor in_wide(const ComplexTensor& given, F&& f) {
  const ComplexTensor x = floats_of(given);
  const DType dtype = x.real.dtype();
  const ComplexTensor y = f(ComplexTensor{cast(x.real, wide(dtype)), cast(x.imag, wide(dtype))});
  return {cast(y.real, dtype), cast(y.imag, dtype)};
}

/// The first `extent` places of the last axis, behind which zeros stand for those that are not there.
Tensor resized(const Tensor& x, int64_t extent) {
  const int64_t n = x.shape()[-1];
  if (n > extent) return index(x, {ellipsis, Slice{0, extent}});
  if (n == extent) return x;
  std::vector<std::pair<int64_t, int64_t>> paddings(static_cast<size_t>(x.rank()));
  paddings.back().second = extent - n;
  return pad(x, paddings);
}

void check_length(const char* function, const Tensor& x, std::optional<int64_t> length) {
  if (length && *length < 1)
    throw InvalidArgument(std::string(function) + ": fft_length must be at least 1, not " +
                          std::to_string(*length));
  if (x.rank() == 0)
    throw InvalidArgument(std::string(function) + ": expected at least one axis, received " + x.type().str());
}

bool symbolic(const ComplexTensor& x) { return is_symbolic(x.real) || is_symbolic(x.imag); }

ComplexTensor drawn(const char* class_name, const ComplexTensor& x) {
  auto parts = detail::record_all({class_name, Json::object(), {std::vector<Tensor>{x.real, x.imag}}});
  return {parts[0], parts[1]};
}

Json length_json(std::optional<int64_t> length) {
  return Json::object({{"fft_length", length ? Json(*length) : Json()}});
}

ComplexTensor both_axes(const char* function, bool inverse, const ComplexTensor& given) {
  if (given.real.rank() < 2)
    throw InvalidArgument(std::string(function) + ": expected at least two axes, received " +
                          given.real.type().str());
  return in_wide(given, [&](const ComplexTensor& x) {
    const ComplexTensor rows = run(inverse, x);
    const int axis = x.real.rank() - 2;
    const ComplexTensor columns =
        run(inverse, {detail::with_last(rows.real, axis), detail::with_last(rows.imag, axis)});
    return ComplexTensor{detail::with_last(columns.real, axis), detail::with_last(columns.imag, axis)};
  });
}

}  // namespace

ComplexTensor fft(const ComplexTensor& x) {
  if (symbolic(x)) return drawn("FFT", x);
  return in_wide(x, [](const ComplexTensor& floats) { return run(false, floats); });
}

ComplexTensor ifft(const ComplexTensor& x) {
  if (symbolic(x))
    throw Unsupported("ifft: keras.ops has no operation for it that a graph could hold; use ifft2");
  return in_wide(x, [](const ComplexTensor& floats) { return run(true, floats); });
}

ComplexTensor fft2(const ComplexTensor& x) {
  if (symbolic(x)) return drawn("FFT2", x);
  return both_axes("fft2", false, x);
}

ComplexTensor ifft2(const ComplexTensor& x) {
  if (symbolic(x)) return drawn("IFFT2", x);
  return both_axes("ifft2", true, x);
}

ComplexTensor rfft(const Tensor& given, std::optional<int64_t> fft_length) {
  if (is_symbolic(given)) {
    auto parts = detail::record_all({"RFFT", length_json(fft_length), {given}});
    return {parts[0], parts[1]};
  }
  check_length("rfft", given, fft_length);
  const Tensor x = detail::floating(given);
  const ComplexTensor y = run_real(resized(cast(x, wide(x.dtype())), fft_length.value_or(x.shape()[-1])));
  return {cast(y.real, x.dtype()), cast(y.imag, x.dtype())};
}

Tensor irfft(const ComplexTensor& given, std::optional<int64_t> fft_length) {
  if (symbolic(given)) {
    const std::vector<Tensor> parts{given.real, given.imag};
    return detail::recorded("IRFFT", {parts}, length_json(fft_length));
  }
  check_length("irfft", given.real, fft_length);
  check_length("irfft", given.imag, fft_length);
  const ComplexTensor x = floats_of(given);
  const DType dtype = x.real.dtype();
  const int64_t length = fft_length.value_or(2 * (x.real.shape()[-1] - 1));
  if (length < 1)
    throw InvalidArgument("irfft: of " + x.real.type().str() + " fft_length must be given: 2 (m - 1) is " +
                          std::to_string(length));
  const auto numbers = [&](const Tensor& part) { return resized(cast(part, wide(dtype)), length / 2 + 1); };
  return cast(run_real_inverse({numbers(x.real), numbers(x.imag)}, length), dtype);
}

namespace {

std::vector<Tensor> both(const ComplexTensor& x) { return {x.real, x.imag}; }

template <ComplexTensor (*op)(const ComplexTensor&)>
std::vector<Tensor> run_complex(const OperationCall& call) {
  return both(op(detail::complex_of(call)));
}

std::vector<Tensor> run_rfft(const OperationCall& call) {
  return both(rfft(call.tensor(0), detail::length_of(call, "fft_length")));
}

Tensor run_irfft(const OperationCall& call) {
  return irfft(detail::complex_of(call), detail::length_of(call, "fft_length"));
}

const bool fft_recorded =
    register_operation({.class_name = "FFT", .module = detail::kMathOps, .run_all = run_complex<fft>}) &&
    register_operation({.class_name = "FFT2", .module = detail::kMathOps, .run_all = run_complex<fft2>}) &&
    register_operation({.class_name = "IFFT2", .module = detail::kMathOps, .run_all = run_complex<ifft2>}) &&
    register_operation({.class_name = "RFFT", .module = detail::kMathOps, .run_all = run_rfft}) &&
    detail::register_operations(detail::kMathOps, {{"IRFFT", run_irfft}});

}  // namespace
}  // namespace lamina
