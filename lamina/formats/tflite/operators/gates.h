// The gates of integer LSTMs: functions of 16 bits in fixed point, as TFLite's kernels compute them.
// Internal header.
#pragma once

#include <cstdint>

namespace lamina::tflite {

/// 2^15 times the logistic function of x / 2^12.
int16_t gate_logistic(int16_t x);
/// 2^15 times the hyperbolic tangent of x / 2^(15 - bits), for bits from 0 to 6.
int16_t gate_tanh(int16_t x, int bits);

}  // namespace lamina::tflite
