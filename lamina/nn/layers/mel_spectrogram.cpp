// MelSpectrogram: stft, bands, decibels.
#include "lamina/nn/layers/mel_spectrogram.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "lamina/nn/config.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/fft.h"
#include "lamina/ops/matmul.h"
#include "lamina/ops/reduce.h"
#include "lamina/ops/transpose.h"
#include "lamina/ops/unary.h"

namespace lamina {
namespace {

double mel_of(double hertz) { return 1127.0 * std::log(1.0 + hertz / 700.0); }

Json number_json(double value) {
  return std::nearbyint(value) == value && std::abs(value) < 1e15 ? Json(static_cast<int64_t>(value))
                                                                  : Json(value);
}

}  // namespace

MelSpectrogram::MelSpectrogram(const MelSpectrogramOptions& options)
    : KerasLayer<MelSpectrogram>(options.name, options.trainable, options.dtype), options_(options) {
  const auto positive = [&](const char* what, double value) {
    if (!(value >= 1 && value <= 1e9)) fail(std::string(what) + " must be positive and at most 1e9");
  };
  positive("fft_length", static_cast<double>(options.fft_length));
  positive("sequence_stride", static_cast<double>(options.sequence_stride));
  positive("sequence_length", static_cast<double>(sequence_length()));
  positive("num_mel_bins", static_cast<double>(options.num_mel_bins));
  positive("sampling_rate", options.sampling_rate);
  if (sequence_length() > options.fft_length) {
    fail("fft_length must be at least sequence_length, " + std::to_string(sequence_length()) + ", received " +
         std::to_string(options.fft_length));
  }
  if (!options.window.empty() && options.window != "hann" && options.window != "hamming")
    fail("window must be hann, hamming or none, received '" + options.window + "'");
}

Shape MelSpectrogram::compute_output_shape(const Shape& input) const {
  require_rank(input, 2, "(batch, time)");
  const int64_t time = input[1];
  if (time >= 0 && time <= options_.fft_length / 2) {
    fail("needs more than fft_length / 2 = " + std::to_string(options_.fft_length / 2) +
         " samples to mirror them at the ends, received shape " + input.str());
  }
  const int64_t padded = time + 2 * (options_.fft_length / 2) - options_.fft_length;
  return {input[0], options_.num_mel_bins, time < 0 ? -1 : 1 + padded / options_.sequence_stride};
}

Tensor MelSpectrogram::bands() const {
  const int64_t frequencies = options_.fft_length / 2 + 1, count = options_.num_mel_bins;
  const double nyquist = options_.sampling_rate / 2;
  const double low = mel_of(options_.min_freq);
  const double high = mel_of(options_.max_freq.value_or(std::floor(nyquist)));
  const auto edge = [&](int64_t i) {
    return low + (high - low) * static_cast<double>(i) / static_cast<double>(count + 1);
  };
  std::vector<double> weights(static_cast<size_t>(frequencies * count), 0.0);
  for (int64_t f = 1; f < frequencies; ++f) {  // a constant has no pitch
    const double mel = mel_of(nyquist * static_cast<double>(f) / static_cast<double>(frequencies - 1));
    for (int64_t band = 0; band < count; ++band) {
      const double rising = (mel - edge(band)) / (edge(band + 1) - edge(band));
      const double falling = (edge(band + 2) - mel) / (edge(band + 2) - edge(band + 1));
      weights[static_cast<size_t>(f * count + band)] = std::max(0.0, std::min(rising, falling));
    }
  }
  return Tensor::from(weights, {frequencies, count});
}

Tensor MelSpectrogram::call(const Tensor& input, CallContext&) const {
  const DType dtype = input.dtype() == DType::kFloat64 ? DType::kFloat64 : DType::kFloat32;
  FrameWindow window = std::nullopt;
  if (!options_.window.empty()) window = options_.window;
  const ComplexTensor frames = stft(cast(input, dtype), sequence_length(), options_.sequence_stride,
                                    options_.fft_length, window, true);
  const Tensor magnitude = sqrt(square(frames.real) + square(frames.imag));
  Tensor y = matmul(power(magnitude, options_.mag_exp), cast(bands(), dtype));
  if (options_.power_to_db) {
    const double decibels = 10.0 / std::numbers::ln10;
    y = log(maximum(y, options_.min_power)) * decibels -
        10.0 * std::log10(std::max(std::abs(options_.ref_power), options_.min_power));
    y = maximum(y, max(y) - options_.top_db);
  }
  return cast(transpose(y, {0, 2, 1}), compute_dtype());
}

Json MelSpectrogram::own_config() const {
  return Json::object(
      {{"fft_length", options_.fft_length},
       {"sequence_stride", options_.sequence_stride},
       {"sequence_length", sequence_length()},
       {"window", options_.window.empty() ? Json() : Json(options_.window)},
       {"sampling_rate", number_json(options_.sampling_rate)},
       {"num_mel_bins", options_.num_mel_bins},
       {"min_freq", options_.min_freq},
       {"max_freq", number_json(options_.max_freq.value_or(std::floor(options_.sampling_rate / 2)))},
       {"power_to_db", options_.power_to_db},
       {"top_db", options_.top_db},
       {"mag_exp", options_.mag_exp},
       {"min_power", options_.min_power},
       {"ref_power", options_.ref_power}});
}

namespace {

const bool mel_spectrogram_registered = register_layer("MelSpectrogram", [](const Json& config) -> std::shared_ptr<Layer> {
  ConfigReader reader(config, "MelSpectrogram");
  MelSpectrogramOptions options;
  reader.layer_arguments(options.name, options.trainable, &options.dtype);
  options.fft_length = reader.integer("fft_length", 2048);
  options.sequence_stride = reader.integer("sequence_stride", 512);
  options.sequence_length = reader.optional_integer("sequence_length");
  const Json* window = config.find("window");
  options.window = window && window->is_null() ? std::string() : reader.string("window", "hann");
  reader.allow("window");
  options.sampling_rate = reader.number("sampling_rate", 16000);
  options.num_mel_bins = reader.integer("num_mel_bins", 128);
  options.min_freq = reader.number("min_freq", 20);
  options.max_freq = reader.optional_number("max_freq");
  options.power_to_db = reader.boolean("power_to_db", true);
  options.top_db = reader.number("top_db", 80);
  options.mag_exp = reader.number("mag_exp", 2);
  options.min_power = reader.number("min_power", 1e-10);
  options.ref_power = reader.number("ref_power", 1);
  reader.done();
  return std::make_shared<MelSpectrogram>(options);
});

}  // namespace

}  // namespace lamina
