// STFTSpectrogram: signals as frequencies over time, by convolutions that begin as Fourier transforms.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lamina/nn/layer.h"

namespace lamina {

/// Options of STFTSpectrogram, with Keras's defaults.
struct STFTSpectrogramOptions {
  /// What the output holds for each frequency: "log" or "magnitude" of the amplitude, "psd" (its square,
  /// doubled but for the first and last frequency), "real", "imag", "angle", or "stft" (all real parts, then
  /// all imaginary).
  std::string mode = "log";
  int64_t frame_length = 256;              ///< samples of a frame
  std::optional<int64_t> frame_step = {};  ///< samples between frames, up to frame_length; absent: half of it
  std::optional<int64_t> fft_length = {};  ///< >= frame_length; absent: the next power of two
  /// By what a frame is multiplied: one of SciPy's "hann", "hamming", "blackman", "nuttall",
  /// "blackmanharris", "flattop", "bartlett", "boxcar"; empty: what `window_values` say, or nothing.
  std::string window = "hann";
  std::vector<double> window_values = {};  ///< frame_length numbers
  bool periodic = false;  ///< whether the window would repeat itself, rather than be symmetric
  std::string scaling =
      "density";  ///< of the window: "density", by its norm, "spectrum", by its sum, or "" (not)
  std::string padding = "valid";  ///< or "same"
  bool expand_dims = false;       ///< channels on an axis of their own
  std::string name = {};
  bool trainable = true;
  std::string dtype = {};  ///< the policy; empty: float32
};

/// Short-time Fourier transform (Keras: keras.layers.STFTSpectrogram). Input (batch, time, channels) gives
/// (batch, frames, channels * frequencies), with expand_dims (batch, frames, frequencies, channels), where
/// there are fft_length / 2 + 1 frequencies, twice as many for "stft". Weights real_kernel and imag_kernel
/// (frame_length, 1, fft_length / 2 + 1), as far as the mode needs them, are trained like any other.
class STFTSpectrogram final : public KerasLayer<STFTSpectrogram> {
 public:
  /// Throws InvalidArgument for lengths that do not fit together and unknown words.
  explicit STFTSpectrogram(const STFTSpectrogramOptions& options = {});
  std::string class_name() const override { return "STFTSpectrogram"; }
  Shape compute_output_shape(const Shape& input) const override;
  Tensor call(const Tensor& x, CallContext& context) const override;
  bool has_weights() const override { return true; }

 protected:
  void create_weights(const Shape& input) override;
  Json own_config() const override;

 private:
  Tensor convolved(const Tensor& x, const WeightPtr& kernel, CallContext& context) const;

  STFTSpectrogramOptions options_;
  int64_t frame_step_ = 1, fft_length_ = 1;
  WeightPtr real_kernel_, imag_kernel_;
};

}  // namespace lamina
