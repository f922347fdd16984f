// The steps of an LSTM. Gates in the order i, f, g, o; `inner` holds the carries.
#include "lamina/ops/detail/recurrent_run.h"

#include "lamina/ops/detail/simd.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "lamina/ops/detail/lstm_steps.cpp"
#include <hwy/foreach_target.h>  // IWYU pragma: keep
// After foreach_target.
#include <hwy/highway.h>
#include "lamina/ops/detail/recurrent_rows-inl.h"

HWY_BEFORE_NAMESPACE();
namespace lamina::detail::HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;

/// From the gates' sums z to their values, c and h.
HWY_INLINE void step_row(const SequenceRun& run, float* z, float* c, float* h) {
  const Floats d;
  const int64_t p = run.padded;
  activate_row(run.recurrent_activation, z, z, 2 * p);
  activate_row(run.activation, z + 2 * p, z + 2 * p, p);
  activate_row(run.recurrent_activation, z + 3 * p, z + 3 * p, p);
  for_vectors(p, [&](int64_t i, auto) HWY_ATTR {
    const FloatVector added = hn::Mul(hn::LoadU(d, z + i), hn::LoadU(d, z + 2 * p + i));
    hn::StoreU(hn::MulAdd(hn::LoadU(d, z + p + i), hn::LoadU(d, c + i), added), d, c + i);
  });
  activate_row(run.activation, c, h, p);
  multiply_row(h, z + 3 * p, p, h);
}

void forward_group(const SequenceRun& run, const SequenceForward& at, int64_t first, int64_t rows,
                   float* buffers) {
  const int64_t p = run.padded, u = run.units;
  float* const z = buffers;
  float* const h = z + rows * 4 * p;
  float* const c = h + rows * p;
  float* const scratch = c + rows * p;
  for (int64_t r = 0; r < rows; ++r) {
    widen(run, at.h0 + (first + r) * u, 1, h + r * p);
    widen(run, at.c0 + (first + r) * u, 1, c + r * p);
  }
  for (int64_t step = 0; step < run.time; ++step) {
    const int64_t t = run.place(step);
    for (int64_t r = 0; r < rows; ++r) {
      const int64_t place = (first + r) * run.time + t;
      widen(run, at.x + place * 4 * u, 4, z + r * 4 * p);
      if (at.states) copy_row(h + r * p, u, at.states + place * u);
    }
    for (int64_t g = 0; g < 4; ++g) forward_product(run, at, first, rows, g, h, scratch, z + g * p, 4 * p);
    for (int64_t r = 0; r < rows; ++r) {
      const int64_t place = (first + r) * run.time + t;
      const bool masked = at.mask && !at.mask[place];
      if (masked) {
        zero_row(z + r * 4 * p, 4 * p);
      } else {
        step_row(run, z + r * 4 * p, c + r * p, h + r * p);
      }
      if (at.gates) {
        narrow(run, z + r * 4 * p, 4, at.gates + place * 4 * u);
        copy_row(c + r * p, u, at.inner + place * u);
      }
      put_out(run, at, first + r, step, masked, h + r * p);
    }
  }
  for (int64_t r = 0; r < rows; ++r) {
    copy_row(h + r * p, u, at.h + (first + r) * u);
    copy_row(c + r * p, u, at.c + (first + r) * u);
  }
}

/// From dh and dc to dz and the carry's gradient before the step. `y` holds the gates' values, `c` the new
/// carry's activation, `c_before` the carry before, unpadded.
HWY_INLINE void back_row(const SequenceRun& run, const float* y, const float* c, const float* c_before,
                         const float* dh, float* dc, float* dz) {
  const Floats d;
  const int64_t p = run.padded;
  // What h adds to the gradient of the new carry waits in the place of i's.
  for_vectors(p, [&](int64_t i, auto) HWY_ATTR {
    const FloatVector to_c = hn::Mul(hn::LoadU(d, dh + i), hn::LoadU(d, y + 3 * p + i));
    hn::StoreU(to_c, d, dz + i);
    hn::StoreU(hn::Mul(hn::LoadU(d, dh + i), hn::LoadU(d, c + i)), d, dz + 3 * p + i);
  });
  times_slope(run.activation, c, dz, p);
  for_vectors(p, [&](int64_t i, auto) HWY_ATTR {
    const FloatVector sum = hn::Add(hn::LoadU(d, dc + i), hn::LoadU(d, dz + i));
    hn::StoreU(hn::Mul(sum, hn::LoadU(d, y + 2 * p + i)), d, dz + i);
    hn::StoreU(hn::Mul(sum, hn::LoadU(d, y + i)), d, dz + 2 * p + i);
    hn::StoreU(sum, d, dz + p + i);
    hn::StoreU(hn::Mul(sum, hn::LoadU(d, y + p + i)), d, dc + i);
  });
  multiply_row(dz + p, c_before, run.units, dz + p);
  times_slope(run.recurrent_activation, y, dz, 2 * p);
  times_slope(run.activation, y + 2 * p, dz + 2 * p, p);
  times_slope(run.recurrent_activation, y + 3 * p, dz + 3 * p, p);
}

void backward_group(const SequenceRun& run, const SequenceBackward& at, int64_t first, int64_t rows,
                    float* buffers) {
  const int64_t p = run.padded, u = run.units;
  float* const dz = buffers;
  float* const dh = dz + rows * 4 * p;
  float* const dc = dh + rows * p;
  float* const waiting = dc + rows * p;
  float* const scratch = waiting + rows * p;
  float* const y = scratch + rows * p;
  float* const c = y + 4 * p;
  zero_row(dh, rows * 3 * p);  // and dc and waiting
  for (int64_t r = 0; r < rows; ++r) {
    if (at.dh) copy_row(at.dh + (first + r) * u, u, dh + r * p);
    if (at.dc) copy_row(at.dc + (first + r) * u, u, dc + r * p);
  }
  for (int64_t step = run.time - 1; step >= 0; --step) {
    const int64_t t = run.place(step);
    for (int64_t r = 0; r < rows; ++r) {
      const int64_t place = (first + r) * run.time + t;
      float* const to = dz + r * 4 * p;
      if (receive_output(run, at, first + r, step, dh + r * p, waiting + r * p)) {
        zero_row(to, 4 * p);
      } else {
        widen(run, at.gates + place * 4 * u, 4, y);
        widen(run, at.inner + place * u, 1, c);
        activate_row(run.activation, c, c, p);
        const int64_t before = (first + r) * run.time + (step > 0 ? run.place(step - 1) : 0);
        back_row(run, y, c, step > 0 ? at.inner + before * u : at.c0 + (first + r) * u, dh + r * p,
                 dc + r * p, to);
        zero_row(dh + r * p, p);
      }
      narrow(run, to, 4, at.dx + place * 4 * u);
    }
    for (int64_t g = 0; g < 4; ++g) backward_product(run, at, first, rows, g, dz + g * p, 4 * p, scratch, dh);
  }
  for (int64_t r = 0; r < rows; ++r) {
    copy_row(dh + r * p, u, at.dh0 + (first + r) * u);
    copy_row(dc + r * p, u, at.dc0 + (first + r) * u);
  }
}

void LstmForward(const SequenceRun& run, const SequenceForward& at, int64_t begin, int64_t end) {
  for_groups(run, at.buffers, begin, end, [&](int64_t first, int64_t rows, float* buffers) HWY_ATTR {
    forward_group(run, at, first, rows, buffers);
  });
}

void LstmBackward(const SequenceRun& run, const SequenceBackward& at, int64_t begin, int64_t end) {
  for_groups(run, at.buffers, begin, end, [&](int64_t first, int64_t rows, float* buffers) HWY_ATTR {
    backward_group(run, at, first, rows, buffers);
  });
}

}  // namespace
}  // namespace lamina::detail::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace lamina::detail {
HWY_EXPORT(LstmForward);
HWY_EXPORT(LstmBackward);

void lstm_forward(const SequenceRun& run, const SequenceForward& at, int64_t begin, int64_t end) {
  HWY_DYNAMIC_DISPATCH(LstmForward)(run, at, begin, end);
}
void lstm_backward(const SequenceRun& run, const SequenceBackward& at, int64_t begin, int64_t end) {
  HWY_DYNAMIC_DISPATCH(LstmBackward)(run, at, begin, end);
}

}  // namespace lamina::detail
#endif
