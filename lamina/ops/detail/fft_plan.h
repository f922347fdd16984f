// Discrete Fourier transforms of one length, of numbers whose real and imaginary parts lie apart. Internal
// header.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

namespace lamina::detail {

/// One pass over all elements: `radix` parts of each of `groups` transforms, `stride` of which lie side by
/// side.
template <class T>
struct FftStage {
  int64_t radix = 1, groups = 1, stride = 1;
  /// exp(-2 pi i k p / (radix groups)) for k from 1 to radix - 1 and p below groups, one k after the other.
  std::vector<T> cosines, sines;
  /// exp(-2 pi i k / radix), for radices that have no code of their own.
  std::vector<T> root_cosines, root_sines;
};

/// Runs a stage from x to y, which do not overlap.
void fft_stage(const FftStage<float>& stage, const float* xr, const float* xi, float* yr, float* yi);
void fft_stage(const FftStage<double>& stage, const double* xr, const double* xi, double* yr, double* yi);

/// y[k] = sum of x[j] exp(-2 pi i j k / n). Lengths of small prime factors take Stockham's passes (P. N.
/// Swarztrauber, FFT algorithms for vector computers, 1984), others Bluestein's convolution (1970), so that
/// no length takes more than n log n.
template <class T>
class FftPlan {
 public:
  explicit FftPlan(int64_t n);

  int64_t size() const { return n_; }
  /// Numbers of T that `run` needs.
  int64_t scratch() const;
  /// From x to y, which do not overlap. Swapping real and imaginary parts of both gives the inverse, times n.
  void run(const T* xr, const T* xi, T* yr, T* yi, T* scratch) const;

 private:
  void passes(const T* xr, const T* xi, T* yr, T* yi, T* scratch) const;
  void convolve(const T* xr, const T* xi, T* yr, T* yi, T* scratch) const;

  int64_t n_;
  std::vector<FftStage<T>> stages_;
  // Bluestein: exp(-pi i j^2 / n), and the transform of its conjugate, divided by the length of that.
  std::unique_ptr<FftPlan> longer_;
  std::vector<T> chirp_r_, chirp_i_, filter_r_, filter_i_;
};

extern template class FftPlan<float>;
extern template class FftPlan<double>;

}  // namespace lamina::detail
