// STFTSpectrogram: frames by a strided convolution of each channel.
#include "lamina/nn/layers/stft_spectrogram.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include "lamina/base/error.h"
#include "lamina/nn/config.h"
#include "lamina/nn/initializers/stft.h"
#include "lamina/nn/layers/spatial.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/concatenate.h"
#include "lamina/ops/conv.h"
#include "lamina/ops/pad.h"
#include "lamina/ops/reshape.h"
#include "lamina/ops/slice.h"
#include "lamina/ops/transpose.h"
#include "lamina/ops/trigonometry.h"
#include "lamina/ops/unary.h"

namespace lamina {
namespace {

constexpr double kEpsilon = 1e-7;

// What makes the kernels of the layer; throws for windows that are not known.
STFT kernel_of(const char* side, const STFTSpectrogramOptions& options) {
  return STFT({.side = side,
               .window = options.window,
               .window_values = options.window_values,
               .scaling = options.scaling,
               .periodic = options.periodic});
}

}  // namespace

STFTSpectrogram::STFTSpectrogram(const STFTSpectrogramOptions& options)
    : KerasLayer<STFTSpectrogram>(options.name, options.trainable, options.dtype), options_(options) {
  const std::vector<std::string> modes = {"log", "magnitude", "psd", "real", "imag", "angle", "stft"};
  if (std::find(modes.begin(), modes.end(), options.mode) == modes.end()) {
    fail("mode '" + options.mode +
         "' is not known; log, magnitude, psd, real, imag, angle or stft was expected" +
         suggest(options.mode, modes));
  }
  const int64_t most = int64_t{1} << 24;
  if (options.frame_length < 1 || options.frame_length > most)
    fail("frame_length must be positive and at most 2^24, received " + std::to_string(options.frame_length));
  frame_step_ = options.frame_step.value_or(options.frame_length / 2);
  if (frame_step_ < 1 || frame_step_ > options.frame_length) {
    fail("frame_step must be between 1 and frame_length, " + std::to_string(options.frame_length) +
         ", received " + std::to_string(frame_step_));
  }
  fft_length_ = options.fft_length.value_or(
      static_cast<int64_t>(std::bit_ceil(static_cast<uint64_t>(options.frame_length))));
  if (fft_length_ < options.frame_length || fft_length_ > most) {
    fail("fft_length must be at least frame_length, " + std::to_string(options.frame_length) +
         ", and at most 2^24, received " + std::to_string(fft_length_));
  }
  try {
    kernel_of("real", options);
  } catch (const InvalidArgument& error) {
    fail(std::string(error.what()).substr(std::string("STFT: ").size()));
  }
  if (options.window.empty() && !options.window_values.empty() &&
      static_cast<int64_t>(options.window_values.size()) != options.frame_length) {
    fail("the window must have frame_length, " + std::to_string(options.frame_length) +
         ", numbers, received " + std::to_string(options.window_values.size()));
  }
  if (const std::string error = detail::padding_error(options.padding); !error.empty()) fail(error);
}

Shape STFTSpectrogram::compute_output_shape(const Shape& input) const {
  require_rank(input, 3, "(batch, time, channels)");
  if (input[2] < 0) fail("the number of channels must be known, received shape " + input.str());
  const int64_t frames =
      detail::num_windows(input[1], options_.frame_length, frame_step_, 1, options_.padding);
  if (frames == 0) {
    fail("a frame of " + std::to_string(options_.frame_length) +
         " samples does not fit into input of shape " + input.str() +
         "; make it shorter or use padding 'same'");
  }
  const int64_t frequencies = (fft_length_ / 2 + 1) * (options_.mode == "stft" ? 2 : 1);
  if (options_.expand_dims) return {input[0], frames, frequencies, input[2]};
  return {input[0], frames, frequencies * input[2]};
}

void STFTSpectrogram::create_weights(const Shape&) {
  const Shape shape{options_.frame_length, 1, fft_length_ / 2 + 1};
  real_kernel_ = imag_kernel_ = nullptr;
  if (options_.mode != "imag") real_kernel_ = add_weight("real_kernel", shape, kernel_of("real", options_));
  if (options_.mode != "real") imag_kernel_ = add_weight("imag_kernel", shape, kernel_of("imag", options_));
}

// (batch, channels, frames, frequencies)
Tensor STFTSpectrogram::convolved(const Tensor& x, const WeightPtr& kernel, CallContext& context) const {
  const int64_t batch = x.shape()[0], time = x.shape()[1], channels = x.shape()[2];
  const Tensor signals = reshape(transpose(x, {0, 2, 1}), {batch * channels, time, 1});
  const Tensor frames =
      conv1d(signals, context.value(kernel, x.dtype()), {.stride = frame_step_, .padding = options_.padding});
  return reshape(frames, {batch, channels, frames.shape()[1], frames.shape()[2]});
}

Tensor STFTSpectrogram::call(const Tensor& x, CallContext& context) const {
  const std::string& mode = options_.mode;
  Tensor real, imag, y;
  if (real_kernel_) real = convolved(x, real_kernel_, context);
  if (imag_kernel_) imag = convolved(x, imag_kernel_, context);
  if (mode == "real") {
    y = real;
  } else if (mode == "imag") {
    y = imag;
  } else if (mode == "angle") {
    y = arctan2(imag, real);
  } else if (mode == "stft") {
    y = concatenate({real, imag}, -1);
  } else {
    const Tensor power = square(real) + square(imag);
    if (mode == "psd") {
      y = power;
      if (power.shape()[3] > 2)
        y = power + pad(index(power, {ellipsis, Slice{1, -1}}), {{0, 0}, {0, 0}, {0, 0}, {1, 1}});
    } else {
      y = sqrt(maximum(power, kEpsilon));
      if (mode == "log") y = log(maximum(y, kEpsilon));
    }
  }
  if (options_.expand_dims) return transpose(y, {0, 2, 3, 1});
  const Tensor by_frame = transpose(y, {0, 2, 1, 3});
  const Shape& shape = by_frame.shape();
  return reshape(by_frame, {shape[0], shape[1], shape[2] * shape[3]});
}

Json STFTSpectrogram::own_config() const {
  const auto optional = [](const std::optional<int64_t>& value) { return value ? Json(*value) : Json(); };
  Json window = options_.window.empty() ? Json() : Json(options_.window);
  if (options_.window.empty() && !options_.window_values.empty()) {
    window = Json::list();
    for (const double value : options_.window_values) window.push_back(value);
  }
  return Json::object({{"mode", options_.mode},
                       {"frame_length", options_.frame_length},
                       {"frame_step", optional(options_.frame_step)},
                       {"fft_length", optional(options_.fft_length)},
                       {"window", window},
                       {"periodic", options_.periodic},
                       {"scaling", options_.scaling.empty() ? Json() : Json(options_.scaling)},
                       {"padding", options_.padding},
                       {"data_format", "channels_last"},
                       {"expand_dims", options_.expand_dims}});
}

namespace {

const bool stft_spectrogram_registered = register_layer("STFTSpectrogram", [](const Json& config) -> std::shared_ptr<Layer> {
  ConfigReader reader(config, "STFTSpectrogram");
  STFTSpectrogramOptions options;
  reader.layer_arguments(options.name, options.trainable, &options.dtype);
  options.mode = reader.string("mode", "log");
  options.frame_length = reader.integer("frame_length", 256);
  options.frame_step = reader.optional_integer("frame_step");
  options.fft_length = reader.optional_integer("fft_length");
  // null is no window, and no word about it the default.
  const Json* window = config.find("window");
  if (window && window->is_list()) options.window_values = reader.numbers("window");
  options.window = !window || window->is_string() ? reader.string("window", "hann") : std::string();
  reader.allow("window");
  options.periodic = reader.boolean("periodic", false);
  const Json* scaling = config.find("scaling");
  options.scaling = scaling && scaling->is_null() ? std::string() : reader.string("scaling", "density");
  reader.allow("scaling");
  options.padding = reader.string("padding", "valid");
  options.expand_dims = reader.boolean("expand_dims", false);
  reader.only("data_format", "channels_last");
  reader.done();
  return std::make_shared<STFTSpectrogram>(options);
});

}  // namespace

}  // namespace lamina
