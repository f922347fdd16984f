// What the kernels of recurrent sequences share: sizes, addresses, and the steps of each kind of cell for
// some rows of the batch, all time steps of them. Internal header.
#pragma once

#include <cstdint>
#include <cstring>

#include "lamina/ops/detail/gate_function.h"

namespace lamina::detail {

/// Rows of the batch that go through a step together: their buffers stay in cache.
constexpr int64_t kRowsTogether = 24;

struct SequenceRun {
  int64_t batch, time, units;
  int64_t gates;
  int64_t padded;  ///< units rounded up to whole vectors: the width of a gate in the buffers below
  GateFunction activation, recurrent_activation;
  bool go_backwards, sequences, zero_output, reset_after;

  /// Which input the step reads.
  int64_t place(int64_t step) const { return go_backwards ? time - 1 - step : step; }
  /// Floats of a packed recurrent kernel, and of one gate of it.
  int64_t packed_gate() const { return units * padded; }
  int64_t packed() const { return gates * packed_gate(); }
  /// Floats of buffers that a row of the batch needs.
  int64_t row_buffers() const { return (2 * gates + 6) * padded; }
};

/// Addresses; null for what is absent. Named as in lamina/ops/detail/recurrent.h.
struct SequenceForward {
  const float *x, *bias, *h0, *c0;
  const bool* mask;
  const float* dropout;
  float *output, *h, *c, *gates, *inner, *states;
  const float* packed;  ///< the recurrent kernel, gate by gate
  float* buffers;       ///< row_buffers() for each row of the batch
};

struct SequenceBackward {
  const float* c0;
  const bool* mask;
  const float *dropout, *gates, *inner, *states, *doutput, *dh, *dc;
  float *dx, *drecurrent, *dh0, *dc0;
  const float* packed;  ///< the recurrent kernel transposed, gate by gate
  float* buffers;
};

/// All steps of the rows [begin, end).
void simple_rnn_forward(const SequenceRun& run, const SequenceForward& at, int64_t begin, int64_t end);
void simple_rnn_backward(const SequenceRun& run, const SequenceBackward& at, int64_t begin, int64_t end);
void gru_forward(const SequenceRun& run, const SequenceForward& at, int64_t begin, int64_t end);
void gru_backward(const SequenceRun& run, const SequenceBackward& at, int64_t begin, int64_t end);
void lstm_forward(const SequenceRun& run, const SequenceForward& at, int64_t begin, int64_t end);
void lstm_backward(const SequenceRun& run, const SequenceBackward& at, int64_t begin, int64_t end);

// ---- rows

inline void zero_row(float* to, int64_t n) { std::memset(to, 0, static_cast<size_t>(n) * sizeof(float)); }
inline void copy_row(const float* from, int64_t n, float* to) {
  std::memcpy(to, from, static_cast<size_t>(n) * sizeof(float));
}

/// `gates` times units floats side by side, to gates of padded width, zeros behind each.
inline void widen(const SequenceRun& run, const float* from, int64_t gates, float* to) {
  for (int64_t g = 0; g < gates; ++g, from += run.units, to += run.padded) {
    copy_row(from, run.units, to);
    zero_row(to + run.units, run.padded - run.units);
  }
}

/// The same, but in place where the widths are one.
inline const float* padded_row(const SequenceRun& run, const float* from, int64_t gates, float* to) {
  if (run.padded == run.units) return from;
  widen(run, from, gates, to);
  return to;
}

/// Back again.
inline void narrow(const SequenceRun& run, const float* from, int64_t gates, float* to) {
  for (int64_t g = 0; g < gates; ++g, from += run.padded, to += run.units) copy_row(from, run.units, to);
}

/// What a step puts out for a row: h, or if masked the output before it, or zeros.
inline void put_out(const SequenceRun& run, const SequenceForward& at, int64_t row, int64_t step, bool masked,
                    const float* h) {
  float* const out = at.output + (run.sequences ? row * run.time + step : row) * run.units;
  if (!masked) {
    copy_row(h, run.units, out);
  } else if (run.zero_output || step == 0) {
    zero_row(out, run.units);
  } else if (run.sequences) {
    copy_row(out - run.units, run.units, out);
  }
}

/// The gradient of a row's output at a step; null where it is zero.
inline const float* output_gradient(const SequenceRun& run, const SequenceBackward& at, int64_t row,
                                    int64_t step) {
  if (!at.doutput) return nullptr;
  if (run.sequences) return at.doutput + (row * run.time + step) * run.units;
  return step == run.time - 1 ? at.doutput + row * run.units : nullptr;
}

}  // namespace lamina::detail
