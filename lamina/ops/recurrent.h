// Recurrent layers as one op per sequence: SimpleRNN, GRU and LSTM, with Keras's masks and recurrent dropout.
//
// Common to all: x is the input of every step after its projection by the layer's kernel, bias included:
// (batch, time, gates * units), the gates side by side in Keras's order. It is one matrix product for all
// steps, and its gradient is two. The functions below run what is left, step after step, on float32,
// float64, or on float16 and bfloat16 by way of float32.
#pragma once

#include <string>
#include <vector>

#include "lamina/core/tensor.h"

namespace lamina {

/// What the three ops share.
struct RecurrentAttrs {
  std::string activation = "tanh";
  std::string recurrent_activation = "sigmoid";  ///< of the gates; SimpleRNN has none
  bool go_backwards = false;
  bool return_sequences = true;
  bool zero_output_for_mask = false;
  bool reset_after = true;  ///< GRU only
  bool residuals = false;   ///< keep what the gradient needs beside the results
  bool operator==(const RecurrentAttrs&) const = default;
  static void fields(auto& self, auto&& visit) {
    visit("activation", self.activation);
    visit("recurrent_activation", self.recurrent_activation);
    visit("go_backwards", self.go_backwards);
    visit("return_sequences", self.return_sequences);
    visit("zero_output_for_mask", self.zero_output_for_mask);
    visit("reset_after", self.reset_after);
    visit("residuals", self.residuals);
  }
};

/// How a sequence is run; the defaults are those of Keras's layers, but for return_sequences.
struct RecurrentOptions {
  /// Of the candidate state, and of the new state of LSTM and SimpleRNN. One of sequence_activations().
  std::string activation = "tanh";
  /// Of the gates of GRU and LSTM.
  std::string recurrent_activation = "sigmoid";
  /// Last step first; output 0 is then that of the last input.
  bool go_backwards = false;
  /// Outputs of all steps (batch, time, units), or of the last one that ran (batch, units).
  bool return_sequences = true;
  /// What a masked step puts out: zeros, or else the output before it (zeros for leading masked steps).
  bool zero_output_for_mask = false;
  /// GRU: the reset gate acts after the product with the recurrent kernel, or before.
  bool reset_after = true;
  /// Keep what the gradient needs: faster where one will be asked for, slower where none is. Results and
  /// gradients are the same either way.
  bool training = false;
  /// bool (batch, time): where false, states pass through the step unchanged.
  Tensor mask = {};
  /// (gates, batch, units): the state is multiplied by it on its way to each gate, in every step. Zeros and
  /// 1 / (1 - rate) make Keras's recurrent dropout.
  Tensor recurrent_dropout = {};
};

/// `output` is (batch, time, units) or (batch, units); `h` and `c` are the states after the last step,
/// (batch, units). `c` is undefined but for LSTM.
struct RecurrentResult {
  Tensor output, h, c;
};

/// h = activation(x + h R). x is (batch, time, units), the recurrent kernel R (units, units), h (batch,
/// units).
///
/// Throws InvalidArgument, naming what was expected, for shapes or dtypes that do not fit and for an unknown
/// activation. As keras.layers.SimpleRNN.
RecurrentResult simple_rnn_sequence(const Tensor& x, const Tensor& recurrent_kernel, const Tensor& h,
                                    const RecurrentOptions& options = {});

/// With z, r = recurrent_activation of their parts of x + h R + b, and the candidate
///   g = activation(x + r (h R + b))  when reset_after, or else  activation(x + (r h) R):
/// h = z h + (1 - z) g. x is (batch, time, 3 units), the recurrent kernel (units, 3 units), the recurrent
/// bias (3 units) or undefined; gates in the order z, r, g. Otherwise as simple_rnn_sequence. Without
/// reset_after a recurrent bias is refused: it belongs to x. As keras.layers.GRU.
RecurrentResult gru_sequence(const Tensor& x, const Tensor& recurrent_kernel, const Tensor& recurrent_bias,
                             const Tensor& h, const RecurrentOptions& options = {});

/// With i, f, o = recurrent_activation and g = activation of their parts of x + h R:
/// c = f c + i g, h = o activation(c). x is (batch, time, 4 units), the recurrent kernel (units, 4 units),
/// h and c are (batch, units); gates in the order i, f, g, o. Otherwise as simple_rnn_sequence. As
/// keras.layers.LSTM.
RecurrentResult lstm_sequence(const Tensor& x, const Tensor& recurrent_kernel, const Tensor& h,
                              const Tensor& c, const RecurrentOptions& options = {});

/// Names of the activations that the sequences know; layers with others run their cell step by step.
const std::vector<std::string>& sequence_activations();

}  // namespace lamina
