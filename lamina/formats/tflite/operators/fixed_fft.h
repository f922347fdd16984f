// Fourier transforms of integers, as the audio operators of tflite-micro compute them. Internal header.
#pragma once

#include <cstdint>
#include <vector>

namespace lamina::tflite {

/// A complex number of 16 or 32 bits, which wraps as its integers do.
template <class Scalar>
struct FixedComplex {
  Scalar real = 0, imag = 0;
};

/// Whether a transform of so many real numbers is one that this computes: an even number of them, at most 2^20, whose
/// half has no prime factors but 2, 3 and 5. (On others tflite-micro's own interpreter ends.)
bool fixed_fft_length_is_known(int64_t length);

/// The first n/2 + 1 numbers of the transform of n real ones, over n: each stage of a radix p divides by p before it adds,
/// so that nothing overflows, and every product is rounded to the scalar's bits, halves up. `Scalar` is int16_t or
/// int32_t; fractions have all of its bits but the sign. The stages are of radix 4, then 2, 3 and 5.
template <class Scalar>
std::vector<FixedComplex<Scalar>> fixed_rfft(const std::vector<Scalar>& x);
/// From n/2 + 1 numbers the n real ones, over n once more.
template <class Scalar>
std::vector<Scalar> fixed_irfft(const std::vector<FixedComplex<Scalar>>& x);

}  // namespace lamina::tflite
