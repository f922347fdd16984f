// HannWindow, HammingWindow, BlackmanWindow, MelWeightMatrix: tables of known sizes.
#include <fmt/format.h>

#include <cmath>

#include "lamina/formats/onnx/operator.h"
#include "lamina/ops/cast.h"

namespace lamina::onnx {
namespace {

Value of_type(const Call& call, const std::vector<double>& values, const Shape& shape) {
  const ElementType type = element_type(static_cast<int>(call.integer("output_datatype", 1)));
  const Tensor table = Tensor::from(values, shape);
  return {is_small_float(type) ? rounded(table, type, true) : cast(table, storage(type)), type};
}

// a - b cos(2 pi i / n) + c cos(4 pi i / n).
template <class Coefficients>
std::vector<Value> window(Call& call, Coefficients coefficients) {
  const int64_t size = call.known_integer(0);
  if (size < 0 || size > 1 << 28) call.fail(fmt::format("a window of {} numbers", size));
  const bool periodic = call.integer("periodic", 1) != 0;
  const auto [a, b, c] = coefficients;
  const auto n = static_cast<double>(periodic ? size : size - 1);
  std::vector<double> values;
  for (int64_t i = 0; i < size; ++i) {
    const double angle = n > 0 ? 2 * M_PI * static_cast<double>(i) / n : M_PI;  // one number alone is its top
    values.push_back(a - b * std::cos(angle) + c * std::cos(2 * angle));
  }
  return {of_type(call, values, {size})};
}

struct Coefficients {
  double a, b, c;
};

std::vector<Value> hann(Call& call) { return window(call, Coefficients{0.5, 0.5, 0}); }
std::vector<Value> hamming(Call& call) { return window(call, Coefficients{25.0 / 46, 21.0 / 46, 0}); }
std::vector<Value> blackman(Call& call) { return window(call, Coefficients{0.42, 0.5, 0.08}); }

std::vector<Value> mel_weights(Call& call) {
  const int64_t bins = call.known_integer(0), length = call.known_integer(1), rate = call.known_integer(2);
  const double low = call.known_number(3), high = call.known_number(4);
  if (bins < 0 || bins > 1 << 16 || length < 1 || length > 1 << 24 || rate < 1 || !(low >= 0) ||
      !(high > low))
    call.fail(fmt::format("{} bins from {} to {} Hz for transforms of {} samples at {} Hz", bins, low, high,
                          length, rate));
  const auto mel = [](double hertz) { return 2595 * std::log10(1 + hertz / 700); };
  // Edges and centres, as places in the spectrum.
  const double from = mel(low), step = (mel(high) - from) / static_cast<double>(bins + 2);
  const int64_t spectrum = length / 2 + 1;
  std::vector<int64_t> places;
  for (int64_t i = 0; i < bins + 2; ++i) {
    const double hertz = 700 * (std::pow(10.0, (from + static_cast<double>(i) * step) / 2595) - 1);
    const double place = std::floor(static_cast<double>(length + 1) * hertz / static_cast<double>(rate));
    if (!(place >= 0 && place < static_cast<double>(spectrum)))
      call.fail(fmt::format("{} Hz lie beyond half of the rate of {} Hz", hertz, rate));
    places.push_back(static_cast<int64_t>(place));
  }
  std::vector<double> weights(static_cast<size_t>(spectrum * bins), 0);
  for (int64_t i = 0; i < bins; ++i) {
    const auto at = static_cast<size_t>(i);
    const int64_t left = places[at], centre = places[at + 1], right = places[at + 2];
    const auto weight = [&](int64_t place) -> double& {
      return weights[static_cast<size_t>(place * bins + i)];
    };
    if (left == centre) weight(centre) = 1;
    for (int64_t j = left; left < centre && j <= centre; ++j)
      weight(j) = static_cast<double>(j - left) / static_cast<double>(centre - left);
    for (int64_t j = centre; j < right; ++j)
      weight(j) = static_cast<double>(right - j) / static_cast<double>(right - centre);
  }
  return {of_type(call, weights, {spectrum, bins})};
}

const bool kWindowFunctionsRegistered[] = {
    register_operator("HannWindow", 17, hann), register_operator("HammingWindow", 17, hamming),
    register_operator("BlackmanWindow", 17, blackman), register_operator("MelWeightMatrix", 17, mel_weights)};

}  // namespace
}  // namespace lamina::onnx
