// ConvLSTM1D, ConvLSTM2D and ConvLSTM3D: sequences of signals, images and volumes.
#pragma once

#include <cstdint>
#include <string>

#include "lamina/nn/layers/conv_lstm_cell.h"
#include "lamina/nn/layers/recurrent_layer.h"
#include "lamina/nn/layers/volume_size.h"

namespace lamina {

/// What they share (Shi et al., 2015): an LSTM whose products by kernel and recurrent kernel are
/// convolutions, so that states and outputs are as large as what the input's convolution gives. See
/// RecurrentLayer for keywords and masks; the output is (batch, extents..., filters), with return_sequences
/// (batch, time, extents..., filters).
class ConvLSTM : public RecurrentLayer {
 protected:
  ConvLSTM(int64_t filters, const std::vector<int64_t>& kernel_size, const ConvLSTMOptions& options);
  Json own_config() const override;
  int input_rank() const override { return axes_ + 3; }
  const char* input_layout() const override;

 private:
  int axes_;
};

/// Over (batch, time, steps, channels) (Keras: keras.layers.ConvLSTM1D).
class ConvLSTM1D final : public KerasLayer<ConvLSTM1D, ConvLSTM> {
 public:
  /// Throws InvalidArgument for arguments that make no convolution.
  ConvLSTM1D(int64_t filters, int64_t kernel_size, const ConvLSTMOptions& options = {});
  std::string class_name() const override { return "ConvLSTM1D"; }
};

/// Over (batch, time, height, width, channels) (Keras: keras.layers.ConvLSTM2D).
class ConvLSTM2D final : public KerasLayer<ConvLSTM2D, ConvLSTM> {
 public:
  /// Throws InvalidArgument for arguments that make no convolution.
  ConvLSTM2D(int64_t filters, Size2 kernel_size, const ConvLSTMOptions& options = {});
  std::string class_name() const override { return "ConvLSTM2D"; }
};

/// Over (batch, time, depth, height, width, channels) (Keras: keras.layers.ConvLSTM3D).
class ConvLSTM3D final : public KerasLayer<ConvLSTM3D, ConvLSTM> {
 public:
  /// Throws InvalidArgument for arguments that make no convolution.
  ConvLSTM3D(int64_t filters, Size3 kernel_size, const ConvLSTMOptions& options = {});
  std::string class_name() const override { return "ConvLSTM3D"; }
};

}  // namespace lamina
