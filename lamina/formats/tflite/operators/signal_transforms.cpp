// SignalWindow, SignalFftAutoScale, SignalRfft, SignalIrfft, SignalEnergy: from samples of sound to the energy of frequencies.
// Complex numbers are pairs along the last axis.
#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <type_traits>

#include "lamina/formats/tflite/operators/fixed_fft.h"
#include "lamina/formats/tflite/operators/signal.h"
#include "lamina/ops/concatenate.h"
#include "lamina/ops/fft.h"
#include "lamina/ops/reshape.h"
#include "lamina/ops/take.h"

namespace lamina::tflite {

int64_t signal_option(const Call& call, const char* name, int64_t least, int64_t most) {
  const int64_t value = option(call, name);
  if (value < least || value > most)
    call.fail(fmt::format("its {} is {}; expected {} to {}", name, value, least, most));
  return value;
}

namespace {

void require_type(const Call& call, size_t i, ElementType type) {
  if (call.element(i) != type)
    call.fail(fmt::format("its input {} is {}; expected {}", i, onnx::name(call.element(i)), onnx::name(type)));
}

// Rows of samples times the window, with `shift` bits less, kept within 16 bits.
std::vector<Value> signal_window(Call& call) {
  require_type(call, 0, ElementType::kInt16);
  const int64_t shift = signal_option(call, "shift", 0, 31);
  const auto samples = signal_input<int16_t>(call, 0), window = signal_input<int16_t>(call, 1);
  if (window.empty() || samples.size() % window.size() != 0)
    call.fail(fmt::format("has {} samples and a window of {}", samples.size(), window.size()));
  std::vector<int16_t> weighed;
  for (size_t i = 0; i < samples.size(); ++i) {
    const int32_t product = (int32_t{samples[i]} * window[i % window.size()]) >> shift;
    weighed.push_back(static_cast<int16_t>(std::clamp(product, INT16_MIN, INT16_MAX)));
  }
  return {signal_output(call, weighed, call[0].shape())};
}

// Shifted left as far as the largest sample allows, and by how many bits. The largest is kept in 16 bits, where -32768 has
// no opposite.
std::vector<Value> fft_auto_scale(Call& call) {
  require_type(call, 0, ElementType::kInt16);
  auto samples = signal_input<int16_t>(call, 0);
  int16_t largest = 0;
  for (const int16_t sample : samples) {
    if (sample > largest) {
      largest = sample;
    } else if (-int32_t{sample} > largest) {
      largest = static_cast<int16_t>(-int32_t{sample});
    }
  }
  const int bits = largest <= 0 ? 0 : std::countl_zero(static_cast<uint16_t>(largest)) - 1;
  for (int16_t& sample : samples) sample = static_cast<int16_t>(sample * (1 << bits));
  return {signal_output(call, samples, call[0].shape()), output(call, Tensor::from<int64_t>({bits}, Shape{}), 1)};
}

// Of rows of that extent, which are transformed one by one.
int64_t known_length(const Call& call, int64_t row) {
  const int64_t length = option(call, "fft_length");
  if (!fixed_fft_length_is_known(length))
    call.fail(fmt::format("its fft_length is {}; expected an even number up to 2^20 whose half has no prime factors but 2, 3 and 5",
                          length));
  constexpr int64_t kMost = 1 << 22;
  if (row > 0 && call[0].size() / row > kMost / length) call.fail("transforms to more than 2^22 numbers");
  return length;
}

template <class Scalar>
Value forward(const Call& call, int64_t length, int64_t row, const Shape& shape) {
  const auto samples = signal_input<Scalar>(call, 0);
  std::vector<Scalar> numbers;
  for (size_t begin = 0; begin < samples.size(); begin += static_cast<size_t>(row)) {
    std::vector<Scalar> one(samples.begin() + static_cast<std::ptrdiff_t>(begin),
                            samples.begin() + static_cast<std::ptrdiff_t>(begin) + row);
    one.resize(static_cast<size_t>(length));
    for (const FixedComplex<Scalar>& number : fixed_rfft(one)) {
      numbers.push_back(number.real);
      numbers.push_back(number.imag);
    }
  }
  return signal_output(call, numbers, shape);
}

template <class Scalar>
Value backward(const Call& call, const Shape& shape) {
  const auto numbers = signal_input<Scalar>(call, 0);
  const auto row = static_cast<size_t>(call[0].shape()[-1]);
  std::vector<Scalar> samples;
  for (size_t begin = 0; begin < numbers.size(); begin += row) {
    std::vector<FixedComplex<Scalar>> one;
    for (size_t i = begin; i < begin + row; i += 2) one.push_back({numbers[i], numbers[i + 1]});
    const std::vector<Scalar> given = fixed_irfft(one);
    samples.insert(samples.end(), given.begin(), given.end());
  }
  return signal_output(call, samples, shape);
}

Shape with_last(const Shape& shape, int64_t extent) {
  Shape result = shape;
  result.set(shape.rank() - 1, extent);
  return result;
}

// Rows are filled up with zeros to `fft_length`.
std::vector<Value> signal_rfft(Call& call) {
  call.ignore({"T"});  // the type of its input
  if (call[0].rank() < 1) call.fail("transforms rows; received a number");
  const int64_t length = known_length(call, call[0].shape()[-1]);
  if (call[0].size() == 0 || call[0].shape()[-1] > length)
    call.fail(fmt::format("transforms {} with an fft_length of {}", call[0].shape().str(), length));
  const int64_t row = call[0].shape()[-1];
  const Shape shape = with_last(call[0].shape(), length + 2);
  switch (call.element(0)) {
    case ElementType::kInt16:
      return {forward<int16_t>(call, length, row, shape)};
    case ElementType::kInt32:
      return {forward<int32_t>(call, length, row, shape)};
    case ElementType::kFloat: {
      const ComplexTensor y = rfft(call[0], length);
      return {output(call, reshape(stack({y.real, y.imag}, call[0].rank()), shape))};
    }
    default:
      call.fail(fmt::format("transforms no {}", onnx::name(call.element(0))));
  }
}

std::vector<Value> signal_irfft(Call& call) {
  call.ignore({"T"});
  if (call[0].rank() < 1) call.fail("transforms rows; received a number");
  const int64_t length = known_length(call, call[0].shape()[-1]);
  if (call[0].size() == 0 || call[0].shape()[-1] != length + 2)
    call.fail(fmt::format("transforms {} with an fft_length of {}", call[0].shape().str(), length));
  const Shape shape = with_last(call[0].shape(), length);
  switch (call.element(0)) {
    case ElementType::kInt16:
      return {backward<int16_t>(call, shape)};
    case ElementType::kInt32:
      return {backward<int32_t>(call, shape)};
    case ElementType::kFloat: {
      Shape pairs = with_last(call[0].shape(), length / 2 + 1);
      pairs.push_back(2);
      const Tensor numbers = reshape(call[0], pairs);
      const auto part = [&](int64_t i) { return take(numbers, Tensor::from<int64_t>({i}, Shape{}), -1); };
      return {output(call, irfft({part(0), part(1)}, length))};
    }
    default:
      call.fail(fmt::format("transforms no {}", onnx::name(call.element(0))));
  }
}

// real^2 + imag^2 of the frequencies from start_index to end_index. The others, which the reference leaves as its memory
// was, are 0.
std::vector<Value> signal_energy(Call& call) {
  require_type(call, 0, ElementType::kInt16);
  const auto numbers = signal_input<int16_t>(call, 0);
  const auto count = static_cast<int64_t>(numbers.size() / 2);
  if (numbers.size() % 2 != 0 || call[0].rank() != 1) call.fail("takes complex numbers along one axis");
  const int64_t end = signal_option(call, "end_index", 0, count), start = signal_option(call, "start_index", 0, end);
  std::vector<uint32_t> energy(static_cast<size_t>(count), 0);
  for (int64_t i = start; i < end; ++i) {
    const int64_t real = numbers[static_cast<size_t>(2 * i)], imag = numbers[static_cast<size_t>(2 * i + 1)];
    energy[static_cast<size_t>(i)] = static_cast<uint32_t>(real * real + imag * imag);
  }
  return {signal_output(call, energy, Shape{count})};
}

const bool kSignalTransformsRegistered[] = {
    custom<signal_window>("SignalWindow"), custom<fft_auto_scale>("SignalFftAutoScale"),
    custom<signal_rfft>("SignalRfft"), custom<signal_irfft>("SignalIrfft"), custom<signal_energy>("SignalEnergy")};

}  // namespace
}  // namespace lamina::tflite
