// Loops of normalisation over a batch: four rows at a time where columns are summed, since the sums lie in
// memory.
#include "lamina/ops/detail/batch_rows.h"

#include "lamina/ops/detail/simd.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "lamina/ops/detail/batch_rows.cpp"
#include <hwy/foreach_target.h>  // IWYU pragma: keep
// After foreach_target.
#include <algorithm>
#include <type_traits>

#include <hwy/highway.h>
#include "lamina/ops/detail/gate_functions-inl.h"

HWY_BEFORE_NAMESPACE();
namespace lamina::detail::HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;

/// to[j] += sum of term(first element of the row, j, access) over the rows.
template <class Term>
HWY_INLINE void add_columns(int64_t rows, int64_t width, float* to, Term&& term) {
  int64_t r = 0;
  for (; r + 4 <= rows; r += 4) {
    for_vectors(width, [&](int64_t j, auto access) HWY_ATTR {
      const int64_t at = r * width + j;
      const auto low = hn::Add(term(at, j, access), term(at + width, j, access));
      const auto high = hn::Add(term(at + 2 * width, j, access), term(at + 3 * width, j, access));
      access.store(hn::Add(access.load(to + j), hn::Add(low, high)), to + j);
    });
  }
  for (; r < rows; ++r) {
    for_vectors(width, [&](int64_t j, auto access) HWY_ATTR {
      access.store(hn::Add(access.load(to + j), term(r * width + j, j, access)), to + j);
    });
  }
}

void ColumnMoments(const float* x, int64_t rows, int64_t width, float* mean, float* squares) {
  std::fill_n(mean, width, 0.0f);
  std::fill_n(squares, width, 0.0f);
  add_columns(rows, width, mean,
              [&](int64_t at, int64_t, auto access) HWY_ATTR { return access.load(x + at); });
  const float share = 1.0f / static_cast<float>(rows);
  for (int64_t j = 0; j < width; ++j) mean[j] *= share;
  add_columns(rows, width, squares, [&](int64_t at, int64_t j, auto access) HWY_ATTR {
    const FloatVector moved = hn::Sub(access.load(x + at), access.load(mean + j));
    return hn::Mul(moved, moved);
  });
}

/// Both passes and both directions must round alike: the gradient asks which side of zero the result was on.
template <class Access>
HWY_INLINE FloatVector before_activation(const BatchNorm& norm, FloatVector centered, int64_t j,
                                         Access access) {
  return hn::MulAdd(centered, access.load(norm.scale + j), access.load(norm.shift + j));
}

/// f with the activation as a type, so that the loops have no branches.
template <class F>
HWY_INLINE void with_activation(BatchActivation activation, F f) {
  using enum BatchActivation;
  switch (activation) {
    case kLinear:
      return f(std::integral_constant<BatchActivation, kLinear>());
    case kRelu:
      return f(std::integral_constant<BatchActivation, kRelu>());
    case kRelu6:
      return f(std::integral_constant<BatchActivation, kRelu6>());
    case kSilu:
      return f(std::integral_constant<BatchActivation, kSilu>());
  }
}

/// NaN stays.
template <BatchActivation activation>
HWY_INLINE FloatVector activated(FloatVector v) {
  using enum BatchActivation;
  const Floats d;
  if constexpr (activation == kSilu) return hn::Mul(v, sigmoid(d, v));
  if constexpr (activation == kRelu || activation == kRelu6)
    v = hn::IfThenZeroElse(hn::Lt(v, hn::Zero(d)), v);
  if constexpr (activation == kRelu6) v = hn::IfThenElse(hn::Gt(v, hn::Set(d, 6.0f)), hn::Set(d, 6.0f), v);
  return v;
}

void NormalizeRows(const BatchNorm& norm, const float* x, int64_t rows, int64_t width, float* y) {
  with_activation(norm.activation, [&](auto activation) HWY_ATTR {
    for (int64_t r = 0; r < rows; ++r) {
      for_vectors(width, [&](int64_t j, auto access) HWY_ATTR {
        const FloatVector centered = hn::Sub(access.load(x + r * width + j), access.load(norm.mean + j));
        access.store(activated<activation()>(before_activation(norm, centered, j, access)),
                     y + r * width + j);
      });
    }
  });
}

/// What of the gradient at `at` comes back from behind the activation.
template <BatchActivation activation, class Access>
HWY_INLINE FloatVector passed(const BatchNorm& norm, const float* dy, FloatVector centered, int64_t at,
                              int64_t j, Access access) {
  using enum BatchActivation;
  const Floats d;
  const FloatVector g = access.load(dy + at);
  if constexpr (activation == kLinear) return g;
  const FloatVector v = before_activation(norm, centered, j, access);
  if constexpr (activation == kSilu) {
    const FloatVector s = sigmoid(d, v), one = hn::Set(d, 1.0f);
    return hn::Mul(hn::Mul(g, s), hn::MulAdd(v, hn::Sub(one, s), one));
  }
  const FloatVector let = hn::IfThenElseZero(hn::Gt(v, hn::Zero(d)), g);
  return activation == kRelu6 ? hn::IfThenElseZero(hn::Lt(v, hn::Set(d, 6.0f)), let) : let;
}

void GradSums(const BatchNorm& norm, const float* x, const float* dy, int64_t rows, int64_t width,
              float* total, float* along, float* kept) {
  std::fill_n(total, width, 0.0f);
  std::fill_n(along, width, 0.0f);
  const auto add = [&](auto activation, int64_t row, int64_t count) HWY_ATTR {
    for_vectors(width, [&](int64_t j, auto access) HWY_ATTR {
      FloatVector sum = access.load(total + j), product = access.load(along + j);
      for (int64_t i = 0; i < count; ++i) {
        const int64_t at = (row + i) * width + j;
        const FloatVector centered = hn::Sub(access.load(x + at), access.load(norm.mean + j));
        const FloatVector g = passed<activation()>(norm, dy, centered, at, j, access);
        if (kept) access.store(g, kept + at);
        sum = hn::Add(sum, g);
        product = hn::MulAdd(g, centered, product);
      }
      access.store(sum, total + j);
      access.store(product, along + j);
    });
  };
  with_activation(norm.activation, [&](auto activation) HWY_ATTR {
    int64_t r = 0;
    for (; r + 8 <= rows; r += 8) add(activation, r, 8);
    add(activation, r, rows - r);
  });
}

void GradRows(const BatchNorm& norm, const float* slope, const float* offset, const float* x, const float* dy,
              int64_t rows, int64_t width, float* dx) {
  with_activation(norm.activation, [&](auto activation) HWY_ATTR {
    for (int64_t r = 0; r < rows; ++r) {
      for_vectors(width, [&](int64_t j, auto access) HWY_ATTR {
        const int64_t at = r * width + j;
        const FloatVector centered = hn::Sub(access.load(x + at), access.load(norm.mean + j));
        const FloatVector g = passed<activation()>(norm, dy, centered, at, j, access);
        const FloatVector straight = hn::MulAdd(centered, access.load(slope + j), access.load(offset + j));
        access.store(hn::MulAdd(g, access.load(norm.scale + j), straight), dx + at);
      });
    }
  });
}

}  // namespace
}  // namespace lamina::detail::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace lamina::detail {
HWY_EXPORT(ColumnMoments);
HWY_EXPORT(NormalizeRows);
HWY_EXPORT(GradSums);
HWY_EXPORT(GradRows);

BatchActivation batch_activation(const std::string& name) {
  return name == "relu"    ? BatchActivation::kRelu
         : name == "relu6" ? BatchActivation::kRelu6
         : name == "silu"  ? BatchActivation::kSilu
                           : BatchActivation::kLinear;
}

void column_moments(const float* x, int64_t rows, int64_t width, float* mean, float* squares) {
  HWY_DYNAMIC_DISPATCH(ColumnMoments)(x, rows, width, mean, squares);
}
void normalize_rows(const BatchNorm& norm, const float* x, int64_t rows, int64_t width, float* y) {
  HWY_DYNAMIC_DISPATCH(NormalizeRows)(norm, x, rows, width, y);
}
void grad_sums(const BatchNorm& norm, const float* x, const float* dy, int64_t rows, int64_t width,
               float* total, float* along, float* kept) {
  HWY_DYNAMIC_DISPATCH(GradSums)(norm, x, dy, rows, width, total, along, kept);
}
void grad_rows(const BatchNorm& norm, const float* slope, const float* offset, const float* x,
               const float* dy, int64_t rows, int64_t width, float* dx) {
  HWY_DYNAMIC_DISPATCH(GradRows)(norm, slope, offset, x, dy, rows, width, dx);
}

}  // namespace lamina::detail
#endif
