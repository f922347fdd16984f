// The steps of a GRU. Gates in the order z, r, g; with the reset gate after the product, `inner` holds the
// candidate's part of h R + b.
#include "lamina/ops/detail/recurrent_run.h"

#include "lamina/ops/detail/simd.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "lamina/ops/detail/gru_steps.cpp"
#include <hwy/foreach_target.h>  // IWYU pragma: keep
// After foreach_target.
#include <hwy/highway.h>
#include "lamina/ops/detail/recurrent_rows-inl.h"

HWY_BEFORE_NAMESPACE();
namespace lamina::detail::HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;

/// h = z h + (1 - z) g
HWY_INLINE void mix(const float* z, const float* g, int64_t n, float* h) {
  const Floats d;
  for_vectors(n, [&](int64_t i, auto) HWY_ATTR {
    const FloatVector part = hn::LoadU(d, z + i);
    const FloatVector other = hn::NegMulAdd(part, hn::LoadU(d, g + i), hn::LoadU(d, g + i));
    hn::StoreU(hn::MulAdd(part, hn::LoadU(d, h + i), other), d, h + i);
  });
}

void forward_group(const SequenceRun& run, const SequenceForward& at, int64_t first, int64_t rows,
                   float* buffers) {
  const int64_t p = run.padded, u = run.units;
  float* const z = buffers;
  float* const h = z + rows * 3 * p;
  float* const inner = h + rows * p;  // or r * h, when the reset gate comes first
  float* const scratch = inner + rows * p;
  float* const bias = scratch + rows * p;
  if (at.bias) widen(run, at.bias, 3, bias);
  for (int64_t r = 0; r < rows; ++r) widen(run, at.h0 + (first + r) * u, 1, h + r * p);
  for (int64_t step = 0; step < run.time; ++step) {
    const int64_t t = run.place(step);
    for (int64_t r = 0; r < rows; ++r) {
      const int64_t place = (first + r) * run.time + t;
      float* const sums = z + r * 3 * p;
      widen(run, at.x + place * 3 * u, 3, sums);
      if (at.states) copy_row(h + r * p, u, at.states + place * u);
      if (at.bias) add_row(bias, 2 * p, sums);
      if (at.bias) {
        copy_row(bias + 2 * p, p, inner + r * p);
      } else {
        zero_row(inner + r * p, p);
      }
    }
    forward_product(run, at, first, rows, 0, h, scratch, z, 3 * p);
    forward_product(run, at, first, rows, 1, h, scratch, z + p, 3 * p);
    if (run.reset_after) forward_product(run, at, first, rows, 2, h, scratch, inner, p);
    for (int64_t r = 0; r < rows; ++r) {
      float* const sums = z + r * 3 * p;
      activate_row(run.recurrent_activation, sums, sums, 2 * p);
      if (run.reset_after) {
        multiply_add_row(sums + p, inner + r * p, p, sums + 2 * p);
      } else {
        multiply_row(sums + p, h + r * p, p, inner + r * p);
      }
    }
    if (!run.reset_after) forward_product(run, at, first, rows, 2, inner, scratch, z + 2 * p, 3 * p);
    for (int64_t r = 0; r < rows; ++r) {
      const int64_t place = (first + r) * run.time + t;
      float* const sums = z + r * 3 * p;
      const bool masked = at.mask && !at.mask[place];
      if (masked) {
        zero_row(sums, 3 * p);
        zero_row(inner + r * p, p);
      } else {
        activate_row(run.activation, sums + 2 * p, sums + 2 * p, p);
        mix(sums, sums + 2 * p, p, h + r * p);
      }
      if (at.gates) narrow(run, sums, 3, at.gates + place * 3 * u);
      if (at.inner) copy_row(inner + r * p, u, at.inner + place * u);
      put_out(run, at, first + r, step, masked, h + r * p);
    }
  }
  for (int64_t r = 0; r < rows; ++r) copy_row(h + r * p, u, at.h + (first + r) * u);
}

/// From dh to dz of the update gate and the candidate, and to dh's way past them. `h` is the state before.
HWY_INLINE void back_mix(const SequenceRun& run, const float* y, const float* h, float* dh, float* dz) {
  const Floats d;
  const int64_t p = run.padded;
  for_vectors(p, [&](int64_t i, auto) HWY_ATTR {
    const FloatVector z = hn::LoadU(d, y + i), to = hn::LoadU(d, dh + i);
    const FloatVector moved = hn::Sub(hn::LoadU(d, h + i), hn::LoadU(d, y + 2 * p + i));
    hn::StoreU(hn::Mul(to, moved), d, dz + i);
    hn::StoreU(hn::NegMulAdd(z, to, to), d, dz + 2 * p + i);
    hn::StoreU(hn::Mul(z, to), d, dh + i);
  });
  times_slope(run.recurrent_activation, y, dz, p);
  times_slope(run.activation, y + 2 * p, dz + 2 * p, p);
}

/// The reset gate after the product: dz of the candidate becomes the gradient of its part of h R.
HWY_INLINE void reset_after_row(const SequenceRun& run, const float* y, const float* inner, float* dz) {
  const int64_t p = run.padded;
  multiply_row(dz + 2 * p, inner, p, dz + p);
  times_slope(run.recurrent_activation, y + p, dz + p, p);
  multiply_row(dz + 2 * p, y + p, p, dz + 2 * p);
}

/// The reset gate before it: `through` is the gradient of r h, `h` the state before.
HWY_INLINE void reset_before_row(const SequenceRun& run, const float* y, const float* h, const float* through,
                                 float* dh, float* dz) {
  const int64_t p = run.padded;
  multiply_row(through, h, p, dz + p);
  times_slope(run.recurrent_activation, y + p, dz + p, p);
  multiply_add_row(through, y + p, p, dh);
}

void backward_group(const SequenceRun& run, const SequenceBackward& at, int64_t first, int64_t rows,
                    float* buffers) {
  const int64_t p = run.padded, u = run.units;
  float* const y = buffers;
  float* const dz = y + rows * 3 * p;
  float* const dh = dz + rows * 3 * p;
  float* const waiting = dh + rows * p;
  float* const h = waiting + rows * p;
  float* const inner = h + rows * p;  // or the gradient of r * h
  float* const scratch = inner + rows * p;
  zero_row(dh, rows * 2 * p);  // and waiting
  for (int64_t r = 0; r < rows && at.dh; ++r) copy_row(at.dh + (first + r) * u, u, dh + r * p);
  for (int64_t step = run.time - 1; step >= 0; --step) {
    const int64_t t = run.place(step);
    for (int64_t r = 0; r < rows; ++r) {
      const int64_t place = (first + r) * run.time + t;
      float *const value = y + r * 3 * p, *const to = dz + r * 3 * p;
      if (receive_output(run, at, first + r, step, dh + r * p, waiting + r * p)) {
        // Nothing went through the gates: as if r were 0, and dz is.
        zero_row(value, 3 * p);
        zero_row(to, 3 * p);
        zero_row(h + r * p, p);
        zero_row(inner + r * p, p);
      } else {
        widen(run, at.gates + place * 3 * u, 3, value);
        widen(run, at.states + place * u, 1, h + r * p);
        back_mix(run, value, h + r * p, dh + r * p, to);
        if (run.reset_after) widen(run, at.inner + place * u, 1, inner + r * p);
      }
      if (run.reset_after) {
        narrow(run, to + 2 * p, 1, at.dx + (place * 3 + 2) * u);
        reset_after_row(run, value, inner + r * p, to);
        narrow(run, to, 2, at.dx + place * 3 * u);
        narrow(run, to, 3, at.drecurrent + place * 3 * u);
      }
    }
    if (!run.reset_after) {
      zero_row(inner, rows * p);
      backward_product(run, at, first, rows, 2, dz + 2 * p, 3 * p, scratch, inner);
      for (int64_t r = 0; r < rows; ++r) {
        float* const to = dz + r * 3 * p;
        reset_before_row(run, y + r * 3 * p, h + r * p, inner + r * p, dh + r * p, to);
        narrow(run, to, 3, at.dx + ((first + r) * run.time + t) * 3 * u);
      }
    }
    for (int64_t g = 0; g < (run.reset_after ? 3 : 2); ++g)
      backward_product(run, at, first, rows, g, dz + g * p, 3 * p, scratch, dh);
  }
  for (int64_t r = 0; r < rows; ++r) copy_row(dh + r * p, u, at.dh0 + (first + r) * u);
}

void GruForward(const SequenceRun& run, const SequenceForward& at, int64_t begin, int64_t end) {
  for_groups(run, at.buffers, begin, end, [&](int64_t first, int64_t rows, float* buffers) HWY_ATTR {
    forward_group(run, at, first, rows, buffers);
  });
}

void GruBackward(const SequenceRun& run, const SequenceBackward& at, int64_t begin, int64_t end) {
  for_groups(run, at.buffers, begin, end, [&](int64_t first, int64_t rows, float* buffers) HWY_ATTR {
    backward_group(run, at, first, rows, buffers);
  });
}

}  // namespace
}  // namespace lamina::detail::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace lamina::detail {
HWY_EXPORT(GruForward);
HWY_EXPORT(GruBackward);

void gru_forward(const SequenceRun& run, const SequenceForward& at, int64_t begin, int64_t end) {
  HWY_DYNAMIC_DISPATCH(GruForward)(run, at, begin, end);
}
void gru_backward(const SequenceRun& run, const SequenceBackward& at, int64_t begin, int64_t end) {
  HWY_DYNAMIC_DISPATCH(GruBackward)(run, at, begin, end);
}

}  // namespace lamina::detail
#endif
