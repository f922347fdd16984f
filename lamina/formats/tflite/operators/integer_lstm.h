// LSTM layers whose activations are int8, whose gates and cells are int16. Internal header.
#pragma once

#include "lamina/formats/tflite/operators/call.h"

namespace lamina::tflite {

/// UNIDIRECTIONAL_SEQUENCE_LSTM of integers; x is (time, batch, features), and so is the result. Throws
/// Unsupported for peepholes, projections and normalised layers.
Tensor run_integer_lstm(const Call& call, const Tensor& x);

}  // namespace lamina::tflite
