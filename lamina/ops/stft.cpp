// extract_sequences, and stft and istft: rfft of windows of a signal, and the signal of such.
#include <cmath>
#include <numbers>
#include <numeric>

#include "lamina/base/error.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/broadcast_to.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/concatenate.h"
#include "lamina/ops/detail/fft_arguments.h"
#include "lamina/ops/detail/recorded.h"
#include "lamina/ops/fft.h"
#include "lamina/ops/pad.h"
#include "lamina/ops/reduce.h"
#include "lamina/ops/reshape.h"
#include "lamina/ops/slice.h"
#include "lamina/ops/take.h"

namespace lamina {
namespace {

void check_at_least_one(const char* function, const char* argument, int64_t value) {
  if (value >= 1) return;
  throw InvalidArgument(std::string(function) + ": " + argument + " must be at least 1, not " +
                        std::to_string(value));
}

struct Frames {
  int64_t length = 1, stride = 1;
};

/// How many windows n elements hold.
int64_t count(int64_t n, const Frames& frames) {
  return n < frames.length ? 0 : 1 + (n - frames.length) / frames.stride;
}

/// The places of the elements of all windows: int64 (count, length).
Tensor places(int64_t windows, const Frames& frames) {
  std::vector<int64_t> all(static_cast<size_t>(windows * frames.length));
  for (int64_t at = 0; at < windows * frames.length; ++at)
    all[static_cast<size_t>(at)] = at / frames.length * frames.stride + at % frames.length;
  return Tensor::from(all, {windows, frames.length});
}

Tensor windows_of(const Tensor& x, const Frames& frames) {
  return take(x, places(count(x.shape()[-1], frames), frames), x.rank() - 1);
}

void check_frames(const char* function, const Frames& frames, int64_t fft_length) {
  check_at_least_one(function, "sequence_length", frames.length);
  check_at_least_one(function, "sequence_stride", frames.stride);
  if (fft_length < frames.length)
    throw InvalidArgument(std::string(function) + ": fft_length, " + std::to_string(fft_length) +
                          ", must not be less than sequence_length, " + std::to_string(frames.length));
}

Tensor with_zeros(const Tensor& x, int64_t before, int64_t after) {
  std::vector<std::pair<int64_t, int64_t>> paddings(static_cast<size_t>(x.rank()));
  paddings.back() = {before, after};
  return pad(x, paddings);
}

/// The window in the middle of `fft_length` numbers; undefined where there is none.
Tensor window_of(const char* function, const FrameWindow& window, int64_t length, int64_t fft_length,
                 DType dtype) {
  Tensor numbers = window.values;
  if (!numbers.defined()) {
    if (window.name.empty()) return {};
    if (window.name != "hann" && window.name != "hamming")
      throw InvalidArgument(std::string(function) +
                            ": window must be \"hann\", \"hamming\" or a tensor, not \"" + window.name +
                            "\"");
    const double mean = window.name == "hann" ? 0.5 : 0.54;
    std::vector<double> values(static_cast<size_t>(length), 1.0);
    for (int64_t i = 0; i < length && length > 1; ++i) {
      const double angle = 2 * std::numbers::pi * static_cast<double>(i) / static_cast<double>(length);
      values[static_cast<size_t>(i)] = mean - (1 - mean) * std::cos(angle);
    }
    numbers = Tensor::from(values);
  }
  if (numbers.rank() != 1 || numbers.shape()[0] != length)
    throw InvalidArgument(std::string(function) + ": expected a window of sequence_length numbers, (" +
                          std::to_string(length) + ",), received " + numbers.type().str());
  const int64_t before = (fft_length - length) / 2;
  return with_zeros(cast(numbers, dtype), before, fft_length - length - before);
}

/// Both ends mirrored by `margin` elements, without the outermost one.
Tensor mirrored(const Tensor& x, int64_t margin) {
  const int64_t n = x.shape()[-1];
  if (margin >= n)
    throw InvalidArgument(
        "stft: with center, x must have more than fft_length / 2 = " + std::to_string(margin) +
        " elements along its last axis, received " + x.type().str());
  if (margin == 0) return x;
  const auto reversed = [&](int64_t begin, int64_t end) {
    return flip(index(x, {ellipsis, Slice{begin, end}}), x.rank() - 1);
  };
  return concatenate({reversed(1, margin + 1), x, reversed(n - margin - 1, n - 1)}, -1);
}

/// Windows (..., count, length) added where they belong: (..., length + (count - 1) stride).
Tensor overlapped(const Tensor& windows, const Frames& frames) {
  const int64_t all = windows.shape()[-2];
  const int64_t n = all == 0 ? 0 : frames.length + (all - 1) * frames.stride;
  return scatter_add(windows, places(all, frames), windows.rank() - 2, n);
}

Json config_of(int64_t length, int64_t stride, int64_t fft_length, const FrameWindow& window, bool center) {
  if (window.values.defined())
    throw Unsupported("stft, istft: in a graph the window must be \"hann\", \"hamming\" or none");
  return Json::object({{"sequence_length", length},
                       {"sequence_stride", stride},
                       {"fft_length", fft_length},
                       {"window", window.name.empty() ? Json() : Json(window.name)},
                       {"center", center}});
}

}  // namespace

Tensor extract_sequences(const Tensor& x, int64_t sequence_length, int64_t sequence_stride) {
  if (is_symbolic(x))
    return detail::recorded(
        "ExtractSequences", {x},
        Json::object({{"sequence_length", sequence_length}, {"sequence_stride", sequence_stride}}));
  check_at_least_one("extract_sequences", "sequence_length", sequence_length);
  check_at_least_one("extract_sequences", "sequence_stride", sequence_stride);
  if (x.rank() == 0)
    throw InvalidArgument("extract_sequences: expected at least one axis, received " + x.type().str());
  return windows_of(x, {sequence_length, sequence_stride});
}

ComplexTensor stft(const Tensor& given, int64_t sequence_length, int64_t sequence_stride, int64_t fft_length,
                   const FrameWindow& window, bool center) {
  if (is_symbolic(given)) {
    auto parts = detail::record_all(
        {"STFT", config_of(sequence_length, sequence_stride, fft_length, window, center), {given}});
    return {parts[0], parts[1]};
  }
  check_frames("stft", {sequence_length, sequence_stride}, fft_length);
  if (given.rank() == 0)
    throw InvalidArgument("stft: expected at least one axis, received " + given.type().str());
  const Tensor x = detail::floating(given);
  const Tensor weights = window_of("stft", window, sequence_length, fft_length, x.dtype());
  const Tensor frames = windows_of(center ? mirrored(x, fft_length / 2) : x, {fft_length, sequence_stride});
  return rfft(weights.defined() ? frames * weights : frames);
}

Tensor istft(const ComplexTensor& x, int64_t sequence_length, int64_t sequence_stride, int64_t fft_length,
             std::optional<int64_t> length, const FrameWindow& window, bool center) {
  if (is_symbolic(x.real) || is_symbolic(x.imag)) {
    Json config = config_of(sequence_length, sequence_stride, fft_length, window, center);
    config["length"] = length ? Json(*length) : Json();
    return detail::recorded("ISTFT", {std::vector<Tensor>{x.real, x.imag}}, config);
  }
  const Frames frames{fft_length, sequence_stride};
  check_frames("istft", {sequence_length, sequence_stride}, fft_length);
  if (length && *length < 0)
    throw InvalidArgument("istft: length must not be negative, but is " + std::to_string(*length));
  if (x.real.rank() < 2 || x.real.shape() != x.imag.shape())
    throw InvalidArgument(
        "istft: expected real and imaginary parts (..., frames, fft_length / 2 + 1), received " +
        x.real.type().str() + " and " + x.imag.type().str());
  Tensor parts = irfft(x, fft_length);
  const Tensor weights = window_of("istft", window, sequence_length, fft_length, parts.dtype());
  if (weights.defined()) {
    // Every element counts as one in the middle of a long signal, which windows reach from both sides.
    const int64_t steps = (fft_length + sequence_stride - 1) / sequence_stride;
    const Tensor squares = reshape(with_zeros(weights * weights, 0, steps * sequence_stride - fft_length),
                                   {steps, sequence_stride});
    const Tensor total = index(tile(sum(squares, 0), {steps}), {Slice{0, fft_length}});
    parts = parts * (weights / total);
  }
  const Tensor whole = overlapped(parts, frames);
  const int64_t n = whole.shape()[-1], margin = center ? fft_length / 2 : 0;
  const int64_t begin = std::min(margin, n);
  const int64_t end = length ? std::min(n, margin + *length) : std::max(begin, n - margin);
  return index(whole, {ellipsis, Slice{begin, std::max(begin, end)}});
}

namespace {

FrameWindow window_of(const OperationCall& call) {
  const Json* window = call.config.find("window");
  if (!window) return "hann";
  if (window->is_null()) return std::nullopt;
  if (window->is_string()) return window->as_string();
  throw Unsupported("operation " + call.class_name + ": the window must be \"hann\", \"hamming\" or none");
}

bool center_of(const OperationCall& call) {
  const Json* center = call.config.find("center");
  return !center || !center->is_bool() || center->as_bool();
}

int64_t integer(const OperationCall& call, const char* key) { return call.config.at(key).as_int(); }

Tensor run_sequences(const OperationCall& call) {
  return extract_sequences(call.tensor(0), integer(call, "sequence_length"),
                           integer(call, "sequence_stride"));
}

std::vector<Tensor> run_stft(const OperationCall& call) {
  const auto [real, imag] =
      stft(call.tensor(0), integer(call, "sequence_length"), integer(call, "sequence_stride"),
           integer(call, "fft_length"), window_of(call), center_of(call));
  return {real, imag};
}

Tensor run_istft(const OperationCall& call) {
  return istft(detail::complex_of(call), integer(call, "sequence_length"), integer(call, "sequence_stride"),
               integer(call, "fft_length"), detail::length_of(call, "length"), window_of(call),
               center_of(call));
}

const bool stft_recorded =
    detail::register_operations(detail::kMathOps,
                                {{"ExtractSequences", run_sequences}, {"ISTFT", run_istft}}) &&
    register_operation({.class_name = "STFT", .module = detail::kMathOps, .run_all = run_stft});

}  // namespace
}  // namespace lamina
