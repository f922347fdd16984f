// The steps of a simple recurrent network. One gate: the new state itself.
#include "lamina/ops/detail/recurrent_run.h"

#include "lamina/ops/detail/simd.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "lamina/ops/detail/simple_rnn_steps.cpp"
#include <hwy/foreach_target.h>  // IWYU pragma: keep
// After foreach_target.
#include <hwy/highway.h>
#include "lamina/ops/detail/recurrent_rows-inl.h"

HWY_BEFORE_NAMESPACE();
namespace lamina::detail::HWY_NAMESPACE {
namespace {

void forward_group(const SequenceRun& run, const SequenceForward& at, int64_t first, int64_t rows,
                   float* buffers) {
  const int64_t p = run.padded, u = run.units;
  float* const z = buffers;
  float* const h = z + rows * p;
  float* const scratch = h + rows * p;
  for (int64_t r = 0; r < rows; ++r) widen(run, at.h0 + (first + r) * u, 1, h + r * p);
  for (int64_t step = 0; step < run.time; ++step) {
    const int64_t t = run.place(step);
    for (int64_t r = 0; r < rows; ++r) {
      const int64_t place = (first + r) * run.time + t;
      widen(run, at.x + place * u, 1, z + r * p);
      if (at.states) copy_row(h + r * p, u, at.states + place * u);
    }
    forward_product(run, at, first, rows, 0, h, scratch, z, p);
    for (int64_t r = 0; r < rows; ++r) {
      const int64_t place = (first + r) * run.time + t;
      const bool masked = at.mask && !at.mask[place];
      if (!masked) activate_row(run.activation, z + r * p, h + r * p, p);
      if (at.gates && masked) zero_row(at.gates + place * u, u);
      if (at.gates && !masked) copy_row(h + r * p, u, at.gates + place * u);
      put_out(run, at, first + r, step, masked, h + r * p);
    }
  }
  for (int64_t r = 0; r < rows; ++r) copy_row(h + r * p, u, at.h + (first + r) * u);
}

void backward_group(const SequenceRun& run, const SequenceBackward& at, int64_t first, int64_t rows,
                    float* buffers) {
  const int64_t p = run.padded, u = run.units;
  float* const dz = buffers;
  float* const dh = dz + rows * p;
  float* const waiting = dh + rows * p;
  float* const scratch = waiting + rows * p;
  float* const y = scratch + rows * p;
  zero_row(dh, rows * 2 * p);  // and waiting
  for (int64_t r = 0; r < rows && at.dh; ++r) copy_row(at.dh + (first + r) * u, u, dh + r * p);
  for (int64_t step = run.time - 1; step >= 0; --step) {
    const int64_t t = run.place(step);
    for (int64_t r = 0; r < rows; ++r) {
      const int64_t place = (first + r) * run.time + t;
      if (receive_output(run, at, first + r, step, dh + r * p, waiting + r * p)) {
        zero_row(dz + r * p, p);
      } else {
        widen(run, at.gates + place * u, 1, y);
        copy_row(dh + r * p, p, dz + r * p);
        times_slope(run.activation, y, dz + r * p, p);
        zero_row(dh + r * p, p);
      }
      copy_row(dz + r * p, u, at.dx + place * u);
    }
    backward_product(run, at, first, rows, 0, dz, p, scratch, dh);
  }
  for (int64_t r = 0; r < rows; ++r) copy_row(dh + r * p, u, at.dh0 + (first + r) * u);
}

void SimpleRnnForward(const SequenceRun& run, const SequenceForward& at, int64_t begin, int64_t end) {
  for_groups(run, at.buffers, begin, end, [&](int64_t first, int64_t rows, float* buffers) HWY_ATTR {
    forward_group(run, at, first, rows, buffers);
  });
}

void SimpleRnnBackward(const SequenceRun& run, const SequenceBackward& at, int64_t begin, int64_t end) {
  for_groups(run, at.buffers, begin, end, [&](int64_t first, int64_t rows, float* buffers) HWY_ATTR {
    backward_group(run, at, first, rows, buffers);
  });
}

}  // namespace
}  // namespace lamina::detail::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace lamina::detail {
HWY_EXPORT(SimpleRnnForward);
HWY_EXPORT(SimpleRnnBackward);

void simple_rnn_forward(const SequenceRun& run, const SequenceForward& at, int64_t begin, int64_t end) {
  HWY_DYNAMIC_DISPATCH(SimpleRnnForward)(run, at, begin, end);
}
void simple_rnn_backward(const SequenceRun& run, const SequenceBackward& at, int64_t begin, int64_t end) {
  HWY_DYNAMIC_DISPATCH(SimpleRnnBackward)(run, at, begin, end);
}

}  // namespace lamina::detail
#endif
