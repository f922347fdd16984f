// Complex numbers, as pairs along one more axis, and what makes them: RFFT2D; local response normalisation.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "lamina/formats/onnx/operators/axes.h"
#include "lamina/formats/tflite/operators/call.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/concatenate.h"
#include "lamina/ops/fft.h"
#include "lamina/ops/pad.h"
#include "lamina/ops/reshape.h"
#include "lamina/ops/slice.h"
#include "lamina/ops/take.h"
#include "lamina/ops/transpose.h"
#include "lamina/ops/unary.h"

namespace lamina::tflite {
namespace {

// The transform of the last two axes, cut or filled with zeros to the lengths that input 1 says; of the last
// one half.
std::vector<Value> rfft2d(Call& call) {
  const std::vector<int64_t> lengths = call.known_integers(1);
  const int rank = call[0].rank();
  if (lengths.size() != 2 || rank < 2) call.fail("takes two axes and two lengths");
  Tensor x = call[0];
  for (int i = 0; i < 2; ++i) {
    const int64_t wanted = lengths[static_cast<size_t>(i)], extent = x.shape()[rank - 2 + i];
    if (wanted < 1 || wanted > (1 << 24)) call.fail(fmt::format("a length is {}", wanted));
    std::vector<std::pair<int64_t, int64_t>> pads(static_cast<size_t>(rank), {0, 0});
    pads[static_cast<size_t>(rank - 2 + i)].second = std::max<int64_t>(0, wanted - extent);
    x = pad(x, pads);
    std::vector<int64_t> from(static_cast<size_t>(rank), 0), to(x.shape().begin(), x.shape().end());
    to[static_cast<size_t>(rank - 2 + i)] = wanted;
    x = slice(x, from, to);
  }
  ComplexTensor y = rfft(x);
  if (lengths[0] > 1) {
    std::vector<int> order = onnx::plain_order(rank);
    std::swap(order[static_cast<size_t>(rank) - 1], order[static_cast<size_t>(rank) - 2]);
    y = fft({transpose(y.real, order), transpose(y.imag, order)});
    y = {transpose(y.real, order), transpose(y.imag, order)};
  }
  return {Value(stack({y.real, y.imag}, rank))};
}

template <int part>
std::vector<Value> part_of(Call& call) {
  if (call[0].rank() < 1 || call[0].shape()[-1] != 2) call.fail("takes complex numbers");
  return {output(call, take(call[0], Tensor::from<int64_t>({part}, Shape{}), -1))};
}

std::vector<Value> complex_abs(Call& call) {
  if (call[0].rank() < 1 || call[0].shape()[-1] != 2) call.fail("takes complex numbers");
  const auto part = [&](int64_t i) { return square(take(call[0], Tensor::from<int64_t>({i}, Shape{}), -1)); };
  return {output(call, lamina::sqrt(add(part(0), part(1))))};
}

// x / (bias + alpha * sum of squares of channels up to `radius` away) ^ beta.
std::vector<Value> local_response(Call& call) {
  const int64_t radius = option(call, "radius");
  const Tensor& x = call[0];
  if (x.rank() < 1 || radius < 0 || radius > 4096) call.fail(fmt::format("its radius is {}", radius));
  std::vector<std::pair<int64_t, int64_t>> pads(static_cast<size_t>(x.rank()), {0, 0});
  pads.back() = {radius, radius};
  const Tensor squares = pad(square(x), pads);
  const int64_t channels = x.shape()[-1];
  Tensor total;
  for (int64_t i = 0; i <= 2 * radius; ++i) {
    const Tensor part = index(squares, {ellipsis, Slice{i, i + channels}});
    total = total.defined() ? add(total, part) : part;
  }
  const auto number = [&](const char* name) { return static_cast<double>(number_option(call, name)); };
  return {output(call,
                 multiply(x, power(add(multiply(total, number("alpha")), number("bias")), -number("beta"))))};
}

const bool kSpectrumRegistered[] = {builtin<rfft2d>("RFFT2D"), builtin<part_of<0>>("REAL"),
                            builtin<part_of<1>>("IMAG"), builtin<complex_abs>("COMPLEX_ABS"),
                            builtin<local_response>("LOCAL_RESPONSE_NORMALIZATION")};

}  // namespace
}  // namespace lamina::tflite
