// SignalFramer, SignalStacker, SignalDelay, SignalOverlapAdd: pieces of a signal that streams. What an interpreter keeps from
// one call to the next is as it is at the beginning of a stream.
#include <fmt/format.h>

#include <algorithm>

#include "lamina/formats/tflite/operators/signal.h"

namespace lamina::tflite {
namespace {

constexpr int64_t kMostSamples = 1 << 20;

void require_rows(const Call& call, int rank) {
  if (call.element(0) != ElementType::kInt16 || call[0].rank() < rank || call[0].size() == 0)
    call.fail(fmt::format("takes int16 with {} axes or more; received {} {}", rank, onnx::name(call.element(0)),
                          call[0].shape().str()));
}

// Frames of frame_size samples, frame_step apart, over what has come so far; `prefill`: zeros came before, so that the
// first step completes a frame. Frames that are not complete are zeros, and the second output says that there are some.
std::vector<Value> framer(Call& call) {
  require_rows(call, 1);
  const int64_t step = signal_option(call, "frame_step", 1, kMostSamples),
                size = signal_option(call, "frame_size", step, kMostSamples), extent = call[0].shape()[-1];
  const bool prefill = option(call, "prefill") != 0;
  if (extent % step != 0) call.fail(fmt::format("has {} samples, which are no steps of {}", extent, step));
  const int64_t frames = extent / step, rows = call[0].size() / extent;
  if (size > kMostSamples / frames / rows) call.fail("gives more than 2^20 samples");
  const auto samples = signal_input<int16_t>(call, 0);
  std::vector<int16_t> result(static_cast<size_t>(rows * frames * size), 0);
  bool complete = true;
  const int64_t before = prefill ? size - step : 0;
  for (int64_t row = 0; row < rows; ++row) {
    std::vector<int16_t> stream(static_cast<size_t>(before), 0);
    int64_t begin = 0;  // of the next frame
    for (int64_t frame = 0; frame < frames; ++frame) {
      const auto from = samples.begin() + static_cast<std::ptrdiff_t>(row * extent + frame * step);
      stream.insert(stream.end(), from, from + static_cast<std::ptrdiff_t>(step));
      if (static_cast<int64_t>(stream.size()) - begin < size) {
        complete = false;
        continue;
      }
      std::copy_n(stream.begin() + static_cast<std::ptrdiff_t>(begin), size,
                  result.begin() + static_cast<std::ptrdiff_t>((row * frames + frame) * size));
      begin += step;
    }
  }
  Shape shape(call[0].shape());
  shape.set(shape.rank() - 1, frames);
  shape.push_back(size);
  return {signal_output(call, result, shape), output(call, Tensor::from<int64_t>({complete ? 1 : 0}, Shape{}), 1)};
}

// The first frame with its context: as often again as there is context on the left. It is there at once where no frame is
// awaited on the right.
std::vector<Value> stacker(Call& call) {
  require_rows(call, 1);
  const int64_t channels = signal_option(call, "num_channels", 1, 1 << 12),
                left = signal_option(call, "stacker_left_context", 0, 1 << 6),
                right = signal_option(call, "stacker_right_context", 0, 1 << 6);
  call.ignore({"stacker_step"});  // how far the frames of the next calls are apart
  if (call[0].size() < channels)
    call.fail(fmt::format("has {} channels, and a signal of {}", channels, call[0].size()));
  const auto samples = signal_input<int16_t>(call, 0);
  std::vector<int16_t> result(static_cast<size_t>(channels * (left + right + 1)), 0);
  if (right == 0) {
    for (int64_t i = 0; i <= left; ++i) std::copy_n(samples.begin(), channels, result.begin() + static_cast<std::ptrdiff_t>(i * channels));
  }
  return {signal_output(call, result, Shape{channels * (left + right + 1)}),
          output(call, Tensor::from<int64_t>({right == 0 ? 1 : 0}, Shape{}), 1)};
}

// Zeros, then the signal.
std::vector<Value> delay(Call& call) {
  require_rows(call, 1);
  const int64_t extent = call[0].shape()[-1], length = std::min(signal_option(call, "delay_length", 0, kMostSamples), extent);
  const auto samples = signal_input<int16_t>(call, 0);
  std::vector<int16_t> result(samples.size(), 0);
  for (size_t row = 0; row < samples.size(); row += static_cast<size_t>(extent)) {
    const auto from = samples.begin() + static_cast<std::ptrdiff_t>(row);
    std::copy(from, from + static_cast<std::ptrdiff_t>(extent - length), result.begin() + static_cast<std::ptrdiff_t>(row + static_cast<size_t>(length)));
  }
  return {signal_output(call, result, call[0].shape())};
}

// Frames (..., frames, size) as one signal: each is added to what is left of those before, and gives its first frame_step
// samples.
template <class Sample>
std::vector<Sample> overlapped(const std::vector<Sample>& x, int64_t frames, int64_t size, int64_t step) {
  const auto width = static_cast<size_t>(size), hop = static_cast<size_t>(step);
  std::vector<Sample> result;
  std::vector<Sample> held(width);
  for (size_t at = 0, frame = 0; at < x.size(); at += width, ++frame) {
    if (frame % static_cast<size_t>(frames) == 0) std::fill(held.begin(), held.end(), Sample{0});
    for (size_t i = 0; i < width; ++i) {
      if constexpr (std::is_same_v<Sample, int16_t>) {
        held[i] = static_cast<int16_t>(std::clamp(int32_t{held[i]} + x[at + i], INT16_MIN, INT16_MAX));
      } else {
        held[i] += x[at + i];
      }
    }
    result.insert(result.end(), held.begin(), held.begin() + static_cast<std::ptrdiff_t>(hop));
    held.erase(held.begin(), held.begin() + static_cast<std::ptrdiff_t>(hop));
    held.resize(width, Sample{0});
  }
  return result;
}

std::vector<Value> overlap_add(Call& call) {
  call.ignore({"T"});  // the type of its input
  const Tensor& x = call[0];
  const bool floats = call.element(0) == ElementType::kFloat;
  if (!floats) require_rows(call, 2);
  if (x.rank() < 2 || x.size() == 0) call.fail("takes frames along its last two axes; received " + x.shape().str());
  const int64_t size = x.shape()[-1], frames = x.shape()[-2], step = signal_option(call, "frame_step", 1, size);
  Shape shape;
  for (int axis = 0; axis + 2 < x.rank(); ++axis) shape.push_back(x.shape()[axis]);
  shape.push_back(frames * step);
  if (floats) return {output(call, Tensor::from(overlapped(onnx::numbers(x), frames, size, step), shape))};
  return {signal_output(call, overlapped(signal_input<int16_t>(call, 0), frames, size, step), shape)};
}

const bool kSignalFramesRegistered[] = {custom<framer>("SignalFramer"), custom<stacker>("SignalStacker"),
                                        custom<delay>("SignalDelay"), custom<overlap_add>("SignalOverlapAdd")};

}  // namespace
}  // namespace lamina::tflite
