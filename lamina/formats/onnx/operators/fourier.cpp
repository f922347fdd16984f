// DFT and STFT.
#include <fmt/format.h>

#include "lamina/formats/onnx/operator.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/concatenate.h"
#include "lamina/ops/fft.h"
#include "lamina/ops/full.h"
#include "lamina/ops/pad.h"
#include "lamina/ops/reshape.h"
#include "lamina/ops/slice.h"
#include "lamina/ops/transpose.h"

namespace lamina::onnx {
namespace {

// x (..., n) cut, or filled with zeros, to `length`.
Tensor of_length(const Tensor& x, int64_t length) {
  const int64_t n = x.shape()[-1];
  std::vector<int64_t> starts(static_cast<size_t>(x.rank()), 0), stops = x.shape().dims();
  stops.back() = std::min(n, length);
  const Tensor cut = slice(x, starts, stops);
  if (length <= n) return cut;
  std::vector<std::pair<int64_t, int64_t>> paddings(static_cast<size_t>(x.rank()));
  paddings.back() = {0, length - n};
  return pad(cut, paddings);
}

// The real or imaginary part of (..., 1 or 2); zeros for what is not there.
Tensor component(const Tensor& x, int64_t i) {
  if (i >= x.shape()[-1]) return multiply(component(x, 0), 0.0);
  std::vector<int64_t> starts(static_cast<size_t>(x.rank()), 0), stops = x.shape().dims();
  starts.back() = i;
  stops.back() = i + 1;
  return squeeze(slice(x, starts, stops), x.rank() - 1);
}

std::vector<Value> dft(Call& call) {
  const Tensor& x = call[0];
  const bool inverse = call.integer("inverse", 0) != 0, onesided = call.integer("onesided", 0) != 0;
  int64_t axis = 0;
  if (call.opset() < 20) {
    axis = call.integer("axis", 1);
  } else {
    axis = call.has(2) ? call.known_integer(2) : -2;
  }
  const int rank = x.rank();
  if (rank < 2 || (x.shape()[-1] != 1 && x.shape()[-1] != 2))
    call.fail(fmt::format("an input of shape {} holds no complex numbers", x.shape().str()));
  if (axis < -rank || axis >= rank || x.shape().normalize(static_cast<int>(axis)) == rank - 1)
    call.fail(fmt::format("axis {} is out of range for an input of shape {}", axis, x.shape().str()));
  const int at = x.shape().normalize(static_cast<int>(axis));
  const int64_t extent = x.shape()[at];
  const bool to_real = inverse && onesided;
  if (onesided && !inverse && x.shape()[-1] == 2)
    throw Unsupported("halves the transform of real inputs alone: onesided");
  const int64_t length = call.has(1) ? call.known_integer(1) : to_real ? 2 * (extent - 1) : extent;
  if (length < 1 || length > 1 << 28) call.fail(fmt::format("a length of {}", length));
  // The axis last.
  std::vector<int> order;
  for (int i = 0; i < rank - 1; ++i) {
    if (i != at) order.push_back(i);
  }
  order.push_back(at);
  // Sums in float64: what cancels leaves less behind. The inverse divides that by the length.
  const Tensor wide = inverse ? x : cast(x, DType::kFloat64);
  ComplexTensor signal{transpose(component(wide, 0), order), transpose(component(wide, 1), order)};
  std::vector<int> back(order.size());
  for (size_t i = 0; i < order.size(); ++i) back[static_cast<size_t>(order[i])] = static_cast<int>(i);
  const ElementType type = call.element();
  if (to_real) {
    const Tensor y =
        irfft({of_length(signal.real, length / 2 + 1), of_length(signal.imag, length / 2 + 1)}, length);
    return {Value(cast(expand_dims(transpose(y, back), rank - 1), x.dtype()), type)};
  }
  signal = {of_length(signal.real, length), of_length(signal.imag, length)};
  ComplexTensor y = inverse ? ifft(signal) : fft(signal);
  if (onesided) y = {of_length(y.real, length / 2 + 1), of_length(y.imag, length / 2 + 1)};
  return {Value(cast(stack({transpose(y.real, back), transpose(y.imag, back)}, rank - 1), x.dtype()), type)};
}

std::vector<Value> stft(Call& call) {
  const Tensor& x = call[0];
  const bool onesided = call.integer("onesided", 1) != 0;
  const bool plain = x.rank() == 2;  // (batch, length), which some writers give
  if (!plain && (x.rank() != 3 || (x.shape()[2] != 1 && x.shape()[2] != 2)))
    call.fail(fmt::format("a signal of shape {}; expected (batch, length, 1 or 2)", x.shape().str()));
  const int64_t samples = x.shape()[1], step = call.known_integer(1);
  const bool complex = !plain && x.shape()[2] == 2;
  int64_t length = samples;
  if (call.has(2)) length = call[2].size();
  if (call.has(3)) length = call.known_integer(3);
  if (step < 1 || length < 1 || length > samples)
    call.fail(fmt::format("frames of {} samples every {} of {}", length, step, samples));
  if (call.has(2) && (call[2].rank() != 1 || call[2].size() != length))
    call.fail(fmt::format("a window of shape {} for frames of {} samples", call[2].shape().str(), length));
  if (complex && onesided)
    throw Unsupported("halves the transform of real signals alone: onesided must be 0");
  const auto frames = [&](const Tensor& signal) {
    const Tensor cut = extract_sequences(signal, length, step);
    return call.has(2) ? multiply(cut, cast(call[2], x.dtype())) : cut;
  };
  const Tensor real = frames(plain ? x : component(x, 0));
  ComplexTensor y;
  if (onesided) {
    y = rfft(real);
  } else {
    y = fft({real, complex ? frames(component(x, 1)) : multiply(real, 0.0)});
  }
  return {Value(cast(stack({y.real, y.imag}, 3), x.dtype()), call.element())};
}

const bool kFourierRegistered[] = {register_operator("DFT", 17, dft), register_operator("STFT", 17, stft)};

}  // namespace
}  // namespace lamina::onnx
