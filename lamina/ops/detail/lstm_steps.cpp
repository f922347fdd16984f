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

/// From the gates' sums z to their values, c and h. The functions are types, so that one loop does it all.
template <GateFunction activation, GateFunction gate>
HWY_INLINE void step_fused(int64_t p, float* z, float* c, float* h) {
  const Floats d;
  for_vectors(p, [&](int64_t n, auto) HWY_ATTR {
    const FloatVector i = activated<gate>(hn::LoadU(d, z + n));
    const FloatVector f = activated<gate>(hn::LoadU(d, z + p + n));
    const FloatVector g = activated<activation>(hn::LoadU(d, z + 2 * p + n));
    const FloatVector o = activated<gate>(hn::LoadU(d, z + 3 * p + n));
    const FloatVector next = hn::MulAdd(f, hn::LoadU(d, c + n), hn::Mul(i, g));
    hn::StoreU(i, d, z + n);
    hn::StoreU(f, d, z + p + n);
    hn::StoreU(g, d, z + 2 * p + n);
    hn::StoreU(o, d, z + 3 * p + n);
    hn::StoreU(next, d, c + n);
    hn::StoreU(hn::Mul(o, activated<activation>(next)), d, h + n);
  });
}

/// The same for any functions, one pass each.
HWY_INLINE void step_apart(const SequenceRun& run, float* z, float* c, float* h) {
  const int64_t p = run.padded;
  activate_row(run.recurrent_activation, z, z, 2 * p);
  activate_row(run.activation, z + 2 * p, z + 2 * p, p);
  activate_row(run.recurrent_activation, z + 3 * p, z + 3 * p, p);
  multiply_row(z + p, c, p, c);
  multiply_add_row(z, z + 2 * p, p, c);
  activate_row(run.activation, c, h, p);
  multiply_row(h, z + 3 * p, p, h);
}

/// Whether the functions are those of nearly all LSTMs.
HWY_INLINE bool usual(const SequenceRun& run) {
  return run.activation == GateFunction::kTanh && run.recurrent_activation == GateFunction::kSigmoid;
}

HWY_INLINE void step_row(const SequenceRun& run, float* z, float* c, float* h) {
  if (usual(run)) {
    step_fused<GateFunction::kTanh, GateFunction::kSigmoid>(run.padded, z, c, h);
  } else {
    step_apart(run, z, c, h);
  }
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

/// Values of a row at a step: the gates' and the carry of padded width, the carry before it as it lies in
/// memory.
struct RowValues {
  const float *y, *c, *c_before;
};

/// From dh and dc to dz and the carry's gradient before the step.
template <GateFunction activation, GateFunction gate>
HWY_INLINE void back_fused(const SequenceRun& run, const RowValues& row, const float* dh, float* dc,
                           float* dz) {
  const Floats d;
  const int64_t p = run.padded;
  for_vectors(run.units, [&](int64_t n, auto access) HWY_ATTR {
    const FloatVector i = hn::LoadU(d, row.y + n), f = hn::LoadU(d, row.y + p + n);
    const FloatVector g = hn::LoadU(d, row.y + 2 * p + n), o = hn::LoadU(d, row.y + 3 * p + n);
    const FloatVector c = activated<activation>(hn::LoadU(d, row.c + n));
    const FloatVector to_h = hn::LoadU(d, dh + n);
    const FloatVector to_c = hn::MulAdd(hn::Mul(to_h, o), slope_at<activation>(c), hn::LoadU(d, dc + n));
    hn::StoreU(hn::Mul(hn::Mul(to_c, g), slope_at<gate>(i)), d, dz + n);
    hn::StoreU(hn::Mul(hn::Mul(to_c, access.load(row.c_before + n)), slope_at<gate>(f)), d, dz + p + n);
    hn::StoreU(hn::Mul(hn::Mul(to_c, i), slope_at<activation>(g)), d, dz + 2 * p + n);
    hn::StoreU(hn::Mul(hn::Mul(to_h, c), slope_at<gate>(o)), d, dz + 3 * p + n);
    hn::StoreU(hn::Mul(to_c, f), d, dc + n);
  });
}

/// The same for any functions. `c` takes padded floats.
HWY_INLINE void back_apart(const SequenceRun& run, const RowValues& row, float* c, const float* dh, float* dc,
                           float* dz) {
  const int64_t p = run.padded;
  const float* const y = row.y;
  activate_row(run.activation, row.c, c, p);
  multiply_row(dh, c, p, dz + 3 * p);
  multiply_row(dh, y + 3 * p, p, dz);  // what h adds to the gradient of the carry
  times_slope(run.activation, c, dz, p);
  add_row(dz, p, dc);
  multiply_row(dc, y + 2 * p, p, dz);
  multiply_row(dc, row.c_before, run.units, dz + p);
  multiply_row(dc, y, p, dz + 2 * p);
  multiply_row(dc, y + p, p, dc);
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
  float* const activated_c = c + p;
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
        const RowValues values{padded_row(run, at.gates + place * 4 * u, 4, y),
                               padded_row(run, at.inner + place * u, 1, c),
                               step > 0 ? at.inner + ((first + r) * run.time + run.place(step - 1)) * u
                                        : at.c0 + (first + r) * u};
        if (usual(run)) {
          back_fused<GateFunction::kTanh, GateFunction::kSigmoid>(run, values, dh + r * p, dc + r * p, to);
        } else {
          back_apart(run, values, activated_c, dh + r * p, dc + r * p, to);
        }
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
