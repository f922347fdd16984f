// MelSpectrogram: sounds as loudness by pitch over time.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "lamina/nn/layer.h"

namespace lamina {

/// Options of MelSpectrogram, with Keras's defaults.
struct MelSpectrogramOptions {
  int64_t fft_length = 2048;      ///< samples of a Fourier transform
  int64_t sequence_stride = 512;  ///< samples between frames
  std::optional<int64_t> sequence_length =
      {};                               ///< samples under the window, up to fft_length, which it is if absent
  std::string window = "hann";          ///< or "hamming"; empty: none
  double sampling_rate = 16000;         ///< samples a second
  int64_t num_mel_bins = 128;           ///< bands
  double min_freq = 20;                 ///< lower end of the lowest band, in Hz
  std::optional<double> max_freq = {};  ///< upper end of the highest; absent: half the sampling rate
  bool power_to_db = true;              ///< in decibels
  double top_db = 80;                   ///< what is further below the loudest of the batch is raised to there
  double mag_exp = 2;                   ///< power of the magnitudes: 1 for energy, 2 for power
  double min_power = 1e-10;             ///< what is below counts as much, in decibels
  double ref_power = 1;                 ///< 0 dB
  std::string name = {};
  bool trainable = true;
  std::string dtype = {};  ///< the policy; empty: float32
};

/// Spectrograms on the mel scale (Keras: keras.layers.MelSpectrogram). Input (batch, time) gives (batch,
/// num_mel_bins, frames): Fourier transforms of windows that are centred every sequence_stride samples, the
/// signal mirrored at its ends, summed up in triangular bands that are evenly spaced in mel = 1127 log(1 + Hz
/// / 700).
class MelSpectrogram final : public KerasLayer<MelSpectrogram> {
 public:
  /// Throws InvalidArgument for lengths that do not fit together.
  explicit MelSpectrogram(const MelSpectrogramOptions& options = {});
  std::string class_name() const override { return "MelSpectrogram"; }
  Shape compute_output_shape(const Shape& input) const override;
  Tensor call(const Tensor& x, CallContext& context) const override;

 protected:
  Json own_config() const override;

 private:
  int64_t sequence_length() const { return options_.sequence_length.value_or(options_.fft_length); }
  /// (fft_length / 2 + 1, num_mel_bins)
  Tensor bands() const;

  MelSpectrogramOptions options_;
};

}  // namespace lamina
