// Complex numbers and Fourier transforms. A tensor of complex numbers is a sequence of two tensors here, its
// real and its imaginary part, so that operators which know nothing of it refuse it.
#include <fmt/format.h>

#include "lamina/formats/saved_model/operators/results.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/fft.h"
#include "lamina/ops/pad.h"
#include "lamina/ops/slice.h"
#include "lamina/ops/trigonometry.h"
#include "lamina/ops/unary.h"

namespace lamina::tensorflow {
namespace {

std::vector<Value> complex_value(const ComplexTensor& x) {
  return {Value::of_sequence({Value(x.real), Value(x.imag)}, ElementType::kComplex64)};
}

ComplexTensor parts(Call& call, size_t input) {
  const Value& x = call.value(input);
  if (!x.is_sequence() || x.type() != ElementType::kComplex64 || x.sequence().size() != 2)
    call.fail(fmt::format("input {} is {}, not a tensor of complex numbers", input, x.kind()));
  return {x.sequence()[0].tensor(), x.sequence()[1].tensor()};
}

// x cut, or filled up with zeros, along its last axis.
Tensor of_length(const Tensor& x, int64_t length) {
  const int64_t n = x.shape()[-1];
  std::vector<int64_t> starts(static_cast<size_t>(x.rank()), 0), stops(x.shape().begin(), x.shape().end());
  stops.back() = std::min(n, length);
  const Tensor cut = slice(x, starts, stops);
  if (length <= n) return cut;
  std::vector<std::pair<int64_t, int64_t>> pads(static_cast<size_t>(x.rank()));
  pads.back() = {0, length - n};
  return pad(cut, pads);
}

int64_t length_in(Call& call) {
  const int64_t length = call.known_integer(1);
  if (length < 1 || length > (int64_t{1} << 28)) call.fail(fmt::format("a length of {}", length));
  return length;
}

std::vector<Value> rfft_operator(Call& call) {
  const int64_t length = length_in(call);
  return complex_value(rfft(of_length(call[0], length), length));
}

std::vector<Value> irfft_operator(Call& call) {
  const int64_t length = length_in(call);
  const ComplexTensor x = parts(call, 0);
  return {Value(irfft({of_length(x.real, length / 2 + 1), of_length(x.imag, length / 2 + 1)}, length))};
}

const bool kFourierRegistered[] = {
    register_run_operator("RFFT", rfft_operator),
    register_run_operator("IRFFT", irfft_operator),
    register_run_operator("FFT", [](Call& call) { return complex_value(fft(parts(call, 0))); }),
    register_run_operator("IFFT", [](Call& call) { return complex_value(ifft(parts(call, 0))); }),
    register_run_operator("Complex",
                          [](Call& call) {
                            return complex_value({call[0], call[1]});
                          }),
    register_run_operator("Conj",
                          [](Call& call) {
                            const ComplexTensor x = parts(call, 0);
                            return complex_value({x.real, negative(x.imag)});
                          }),
    register_run_operator("Real",
                          [](Call& call) -> std::vector<Value> { return {Value(parts(call, 0).real)}; }),
    register_run_operator("Imag",
                          [](Call& call) -> std::vector<Value> { return {Value(parts(call, 0).imag)}; }),
    register_run_operator("ComplexAbs",
                          [](Call& call) -> std::vector<Value> {
                            const ComplexTensor x = parts(call, 0);
                            return {Value(lamina::sqrt(add(square(x.real), square(x.imag))))};
                          }),
    register_run_operator("Angle", [](Call& call) -> std::vector<Value> {
      const ComplexTensor x = parts(call, 0);
      return {Value(arctan2(x.imag, x.real))};
    })};

}  // namespace
}  // namespace lamina::tensorflow
