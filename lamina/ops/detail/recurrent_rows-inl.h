// What the steps of all recurrent cells do with rows of padded width. Included once per instruction set by
// Highway's foreach_target.
#if defined(LAMINA_OPS_DETAIL_RECURRENT_ROWS_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef LAMINA_OPS_DETAIL_RECURRENT_ROWS_INL_H
#undef LAMINA_OPS_DETAIL_RECURRENT_ROWS_INL_H
#else
#define LAMINA_OPS_DETAIL_RECURRENT_ROWS_INL_H
#endif

#include <hwy/highway.h>

#include "lamina/ops/detail/gate_functions-inl.h"
#include "lamina/ops/detail/recurrent_run.h"
#include "lamina/ops/detail/row_gemm.h"

HWY_BEFORE_NAMESPACE();
namespace lamina::detail::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

/// to = a * b for n floats in memory; `to` may be wider and keeps what lies behind.
HWY_INLINE void multiply_row(const float* a, const float* b, int64_t n, float* to) {
  for_vectors(n, [&](int64_t i, auto access)
                     HWY_ATTR { access.store(hn::Mul(access.load(a + i), access.load(b + i)), to + i); });
}

/// to += a
HWY_INLINE void add_row(const float* a, int64_t n, float* to) {
  for_vectors(n, [&](int64_t i, auto access)
                     HWY_ATTR { access.store(hn::Add(access.load(to + i), access.load(a + i)), to + i); });
}

/// to += a * b
HWY_INLINE void multiply_add_row(const float* a, const float* b, int64_t n, float* to) {
  for_vectors(n, [&](int64_t i, auto access) HWY_ATTR {
    access.store(hn::MulAdd(access.load(a + i), access.load(b + i), access.load(to + i)), to + i);
  });
}

/// z += (h * dropout of the gate) * R of the gate, for rows of z that are `z_row` apart. `scratch` takes
/// rows * padded floats.
HWY_INLINE void forward_product(const SequenceRun& run, const SequenceForward& at, int64_t first,
                                int64_t rows, int64_t gate, const float* h, float* scratch, float* z,
                                int64_t z_row) {
  const float* from = h;
  if (at.dropout) {
    const float* const scale = at.dropout + (gate * run.batch + first) * run.units;
    for (int64_t r = 0; r < rows; ++r)
      multiply_row(h + r * run.padded, scale + r * run.units, run.units, scratch + r * run.padded);
    from = scratch;
  }
  add_product(rows, from, run.padded, run.units, at.packed + gate * run.packed_gate(), run.units, z, z_row);
}

/// dh += (dz * transposed R of the gate) * dropout of the gate, for rows of dz that are `dz_row` apart.
HWY_INLINE void backward_product(const SequenceRun& run, const SequenceBackward& at, int64_t first,
                                 int64_t rows, int64_t gate, const float* dz, int64_t dz_row, float* scratch,
                                 float* dh) {
  const float* const packed = at.packed + gate * run.packed_gate();
  if (!at.dropout) return add_product(rows, dz, dz_row, run.units, packed, run.units, dh, run.padded);
  const float* const scale = at.dropout + (gate * run.batch + first) * run.units;
  zero_row(scratch, rows * run.padded);
  add_product(rows, dz, dz_row, run.units, packed, run.units, scratch, run.padded);
  for (int64_t r = 0; r < rows; ++r)
    multiply_add_row(scratch + r * run.padded, scale + r * run.units, run.units, dh + r * run.padded);
}

/// Brings the gradient of the output at a step to dh, or, where the step is masked, to `waiting`: what was
/// put out is then an earlier step's. Returns whether the step is masked.
HWY_INLINE bool receive_output(const SequenceRun& run, const SequenceBackward& at, int64_t row, int64_t step,
                               float* dh, float* waiting) {
  const float* const dy = output_gradient(run, at, row, step);
  if (!at.mask) {
    if (dy) add_row(dy, run.units, dh);
    return false;
  }
  if (!at.mask[row * run.time + run.place(step)]) {
    if (dy && !run.zero_output) add_row(dy, run.units, waiting);
    return true;
  }
  if (dy) add_row(dy, run.units, dh);
  add_row(waiting, run.padded, dh);
  zero_row(waiting, run.padded);
  return false;
}

/// Splits rows [begin, end) into nearly equal groups and calls f(first, rows, buffers) for each.
template <class F>
HWY_INLINE void for_groups(const SequenceRun& run, float* buffers, int64_t begin, int64_t end, F&& f) {
  const int64_t groups = (end - begin + kRowsTogether - 1) / kRowsTogether;
  for (int64_t i = 0; i < groups; ++i) {
    const int64_t first = begin + (end - begin) * i / groups;
    const int64_t last = begin + (end - begin) * (i + 1) / groups;
    f(first, last - first, buffers + first * run.row_buffers());
  }
}

}  // namespace lamina::detail::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
