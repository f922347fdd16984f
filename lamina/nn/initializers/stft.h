// STFT: kernels of convolutions that are Fourier transforms of short frames.
#pragma once

#include <string>
#include <vector>

#include "lamina/nn/initializers/initializer.h"

namespace lamina {

/// Arguments of STFT, with Keras's defaults.
struct STFTOptions {
  std::string side = "real";  ///< "real" or "imag": cosines or sines
  /// "hann", "hamming", "blackman", "nuttall", "blackmanharris", "flattop", "bartlett", "boxcar"; empty: what
  /// `window_values` say, or none.
  std::string window = "hann";
  std::vector<double> window_values = {};  ///< a number for each sample of a frame
  std::string scaling = "density";  ///< "density": by the window's norm; "spectrum": by its sum; empty: none
  bool periodic = false;            ///< whether the window goes on after its end, or is symmetric
};

/// The kernel (frame_length, 1, frequencies) of a convolution that gives one side of the Fourier transform of each
/// frame, times a window: the frequencies are 0 ... frequencies - 1 of 2 (frequencies - 1) (Keras:
/// keras.initializers.STFT).
class STFT final : public Initializer {
 public:
  /// Throws InvalidArgument for another side, window or scaling.
  explicit STFT(STFTOptions options = {});
  std::string class_name() const override { return "STFT"; }
  Json config() const override;
  /// Throws InvalidArgument for other shapes, and for a number of window_values that is not frame_length.
  Tensor operator()(const TensorType& type, uint64_t seed = 0, int stream = 0) const override;

 private:
  STFTOptions options_;
};

}  // namespace lamina
