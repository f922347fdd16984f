// Plans of discrete Fourier transforms: factors, twiddles, and Bluestein's way for lengths with large primes.
#include "lamina/ops/detail/fft_plan.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace lamina::detail {
namespace {

/// A pass of a larger prime costs more than a longer transform.
constexpr int64_t kMostRadix = 31;

/// Fours first, so that later passes have whole vectors side by side. Empty where a factor is too large.
std::vector<int64_t> radices(int64_t n) {
  std::vector<int64_t> found;
  for (int64_t radix = 4; n > 1;) {
    if (n % radix == 0) {
      found.push_back(radix);
      n /= radix;
    } else {
      radix = radix == 4 ? 2 : radix == 2 ? 3 : radix + 2;
      if (radix > kMostRadix) return {};
    }
  }
  return found;
}

/// exp(-2 pi i a / n), exact where it is 1, -i, -1 or i.
template <class T>
void root(int64_t a, int64_t n, T& cosine, T& sine) {
  a %= n;
  const int64_t eighths = 8 * a / n;  // the angle in an eighth of the circle, where sine and cosine are exact
  const int64_t quarter = (eighths + 1) / 2;
  const double angle =
      2 * std::numbers::pi * static_cast<double>(4 * a - quarter * n) / (4.0 * static_cast<double>(n));
  const double c = std::cos(angle), s = std::sin(angle);
  const double turned[4][2] = {{c, s}, {-s, c}, {-c, -s}, {s, -c}};
  cosine = static_cast<T>(turned[quarter % 4][0]);
  sine = static_cast<T>(-turned[quarter % 4][1]);
}

template <class T>
FftStage<T> stage_of(int64_t radix, int64_t groups, int64_t stride) {
  FftStage<T> stage{radix, groups, stride, {}, {}, {}, {}};
  stage.cosines.resize(static_cast<size_t>((radix - 1) * groups));
  stage.sines = stage.cosines;
  for (int64_t k = 1; k < radix; ++k) {
    for (int64_t p = 0; p < groups; ++p) {
      const auto at = static_cast<size_t>((k - 1) * groups + p);
      root(k * p, radix * groups, stage.cosines[at], stage.sines[at]);
    }
  }
  stage.root_cosines.resize(static_cast<size_t>(radix));
  stage.root_sines = stage.root_cosines;
  for (int64_t k = 0; k < radix; ++k)
    root(k, radix, stage.root_cosines[static_cast<size_t>(k)], stage.root_sines[static_cast<size_t>(k)]);
  return stage;
}

}  // namespace

template <class T>
FftPlan<T>::FftPlan(int64_t n) : n_(n) {
  if (n == 1) return;
  const std::vector<int64_t> factors = radices(n);
  if (!factors.empty()) {
    int64_t rest = n, stride = 1;
    for (const int64_t radix : factors) {
      rest /= radix;
      stages_.push_back(stage_of<T>(radix, rest, stride));
      stride *= radix;
    }
    return;
  }
  int64_t length = 1;
  while (length < 2 * n - 1) length *= 2;
  longer_ = std::make_unique<FftPlan>(length);
  const auto size = static_cast<size_t>(n), whole = static_cast<size_t>(length);
  chirp_r_.resize(size);
  chirp_i_.resize(size);
  std::vector<T> r(whole), i(whole), scratch(static_cast<size_t>(longer_->scratch()));
  int64_t square = 0;  // j^2 modulo 2 n
  for (size_t j = 0; j < size; ++j) {
    root(square, 2 * n, chirp_r_[j], chirp_i_[j]);
    const size_t mirrored = j == 0 ? 0 : whole - j;
    r[j] = r[mirrored] = chirp_r_[j] / static_cast<T>(length);
    i[j] = i[mirrored] = -chirp_i_[j] / static_cast<T>(length);
    square = (square + 2 * static_cast<int64_t>(j) + 1) % (2 * n);
  }
  filter_r_.resize(whole);
  filter_i_.resize(whole);
  longer_->run(r.data(), i.data(), filter_r_.data(), filter_i_.data(), scratch.data());
}

template <class T>
int64_t FftPlan<T>::scratch() const {
  return longer_ ? 4 * longer_->size() + longer_->scratch() : stages_.size() > 1 ? 2 * n_ : 0;
}

template <class T>
void FftPlan<T>::run(const T* xr, const T* xi, T* yr, T* yi, T* scratch) const {
  if (longer_)
    convolve(xr, xi, yr, yi, scratch);
  else
    passes(xr, xi, yr, yi, scratch);
}

template <class T>
void FftPlan<T>::passes(const T* xr, const T* xi, T* yr, T* yi, T* scratch) const {
  if (stages_.empty()) {
    *yr = *xr;
    *yi = *xi;
    return;
  }
  for (size_t at = 0; at < stages_.size(); ++at) {
    const bool last_half = (stages_.size() - at) % 2 == 1;  // so that the last pass writes to y
    T *const to_r = last_half ? yr : scratch, *const to_i = last_half ? yi : scratch + n_;
    fft_stage(stages_[at], xr, xi, to_r, to_i);
    xr = to_r;
    xi = to_i;
  }
}

template <class T>
void FftPlan<T>::convolve(const T* xr, const T* xi, T* yr, T* yi, T* scratch) const {
  const int64_t length = longer_->size();
  T *ar = scratch, *ai = ar + length, *br = ai + length, *bi = br + length, *rest = bi + length;
  for (int64_t j = 0; j < n_; ++j) {
    const auto at = static_cast<size_t>(j);
    ar[j] = xr[j] * chirp_r_[at] - xi[j] * chirp_i_[at];
    ai[j] = xr[j] * chirp_i_[at] + xi[j] * chirp_r_[at];
  }
  std::fill(ar + n_, ar + length, T{0});
  std::fill(ai + n_, ai + length, T{0});
  longer_->run(ar, ai, br, bi, rest);
  for (int64_t k = 0; k < length; ++k) {
    const auto at = static_cast<size_t>(k);
    const T r = br[k] * filter_r_[at] - bi[k] * filter_i_[at];
    bi[k] = br[k] * filter_i_[at] + bi[k] * filter_r_[at];
    br[k] = r;
  }
  longer_->run(bi, br, ai, ar, rest);
  for (int64_t k = 0; k < n_; ++k) {
    const auto at = static_cast<size_t>(k);
    yr[k] = ar[k] * chirp_r_[at] - ai[k] * chirp_i_[at];
    yi[k] = ar[k] * chirp_i_[at] + ai[k] * chirp_r_[at];
  }
}

template class FftPlan<float>;
template class FftPlan<double>;

}  // namespace lamina::detail
