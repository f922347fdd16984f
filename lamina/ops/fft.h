// Fourier transforms along the last axis, and of the frames of a signal. As keras.ops: there is no complex
// dtype, so real and imaginary parts are tensors of one shape.
//
// Common to all: floats are computed in their dtype, float16 and bfloat16 in float32 and rounded, integers
// and bool as float32. Any length takes n log n. Rows are shared among threads, one row to one thread, so
// that no bit depends on their number. All have gradients, to any order. NaN and infinities reach every
// element of their row. All throw InvalidArgument for shapes that do not fit and for an axis without
// elements.
#pragma once

#include <optional>
#include <string>
#include <utility>

#include "lamina/core/tensor.h"

namespace lamina {

/// Complex numbers real + i imag, two tensors of one shape.
struct ComplexTensor {
  Tensor real, imag;
};

struct FftAttrs {
  bool inverse = false;
  bool operator==(const FftAttrs&) const = default;
  static void fields(auto& self, auto&& visit) { visit("inverse", self.inverse); }
};

/// `length`: the extent of the result's last axis.
struct IrfftAttrs {
  int64_t length = 0;
  bool operator==(const IrfftAttrs&) const = default;
  static void fields(auto& self, auto&& visit) { visit("length", self.length); }
};

/// y[k] = sum of x[j] exp(-2 pi i j k / n) along the last axis. As keras.ops.fft.
ComplexTensor fft(const ComplexTensor& x);
/// Undoes fft: y[j] = 1/n times the sum of x[k] exp(2 pi i j k / n). Keras has it for two axes alone; as
/// numpy.fft.ifft.
ComplexTensor ifft(const ComplexTensor& x);
/// fft along the last two axes. As keras.ops.fft2.
ComplexTensor fft2(const ComplexTensor& x);
/// Undoes fft2. As keras.ops.ifft2.
ComplexTensor ifft2(const ComplexTensor& x);

/// fft of real x (..., n): its first n/2 + 1 numbers, for the others are their conjugates. With `fft_length`
/// x is cut, or gets zeros, behind so many elements first. As keras.ops.rfft.
ComplexTensor rfft(const Tensor& x, std::optional<int64_t> fft_length = std::nullopt);
/// Undoes rfft: real (..., fft_length) of x (..., m), of which fft_length/2 + 1 numbers are read; zeros
/// follow where there are less. The imaginary parts of the first and, for an even length, of the last one are
/// not read. fft_length is 2 (m - 1) unless given. As keras.ops.irfft.
Tensor irfft(const ComplexTensor& x, std::optional<int64_t> fft_length = std::nullopt);

/// The windows of `sequence_length` elements of x (..., n) that begin every `sequence_stride` elements:
/// (..., 1 + (n - sequence_length) / sequence_stride, sequence_length), none where n is too short. x is of
/// any dtype. Throws InvalidArgument for a length or stride below 1. As keras.ops.extract_sequences.
Tensor extract_sequences(const Tensor& x, int64_t sequence_length, int64_t sequence_stride);

/// By what the elements of a frame are multiplied: "hann", "hamming", a tensor (sequence_length,), or
/// nothing.
struct FrameWindow {
  FrameWindow(const char* word) : name(word) {}                // NOLINT(google-explicit-constructor)
  FrameWindow(std::string word) : name(std::move(word)) {}     // NOLINT(google-explicit-constructor)
  FrameWindow(Tensor numbers) : values(std::move(numbers)) {}  // NOLINT(google-explicit-constructor)
  FrameWindow(std::nullopt_t) {}                               // NOLINT(google-explicit-constructor)
  std::string name;
  Tensor values;
};

/// rfft of frames of x (..., n): (..., frames, fft_length/2 + 1). A frame begins every `sequence_stride`
/// elements, has `sequence_length` of them under the window, and zeros on both sides up to fft_length. With
/// `center` x is mirrored at both ends first by fft_length/2 elements, so that frame t is centred at t
/// sequence_stride. "hann" and "hamming" are periodic, as SciPy's and TensorFlow's of an even length
/// (TensorFlow's of an odd one are symmetric). Throws InvalidArgument for lengths and strides below 1, an
/// fft_length below sequence_length, another window, and x too short to be mirrored. As keras.ops.stft.
ComplexTensor stft(const Tensor& x, int64_t sequence_length, int64_t sequence_stride, int64_t fft_length,
                   const FrameWindow& window = "hann", bool center = true);

/// Undoes stft: (..., n) of x (..., frames, fft_length/2 + 1). Frames are weighted by the window over the sum
/// of the squares of all windows that reach an element, and added; without a window just added. Elements that
/// no window reaches are 0 / 0, which is NaN, as on TensorFlow. `length` cuts the result; without it `center`
/// takes fft_length/2 elements from both ends. Otherwise as stft. As keras.ops.istft.
Tensor istft(const ComplexTensor& x, int64_t sequence_length, int64_t sequence_stride, int64_t fft_length,
             std::optional<int64_t> length = std::nullopt, const FrameWindow& window = "hann",
             bool center = true);

}  // namespace lamina
