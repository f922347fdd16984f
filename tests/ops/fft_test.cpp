// fft, rfft, irfft and what they make up: against the plain sums, in all kinds of lengths. Values beside
// Keras: tests/formats/operations_golden_test.cpp.
#include "lamina/ops/fft.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>
#include <numbers>

#include "lamina/base/error.h"
#include "lamina/base/threads.h"
#include "lamina/core/grad.h"
#include "lamina/graph/op.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/concatenate.h"
#include "lamina/ops/full.h"
#include "lamina/ops/random.h"
#include "lamina/ops/reduce.h"
#include "lamina/ops/slice.h"
#include "tests/support/op_rows.h"

namespace lamina::testing {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

/// One row of n complex numbers, transformed by the sum that defines it.
void transform(const double* xr, const double* xi, int64_t n, int sign, double* yr, double* yi) {
  for (int64_t k = 0; k < n; ++k) {
    yr[k] = yi[k] = 0;
    for (int64_t j = 0; j < n; ++j) {
      const double angle =
          sign * 2 * std::numbers::pi * static_cast<double>(j * k % n) / static_cast<double>(n);
      yr[k] += xr[j] * std::cos(angle) - xi[j] * std::sin(angle);
      yi[k] += xr[j] * std::sin(angle) + xi[j] * std::cos(angle);
    }
  }
}

Reference complex_rows(bool inverse) {
  return [inverse](const std::vector<NdArray>& in) {
    NdArray real = in[0], imag = in[1];
    const int64_t n = in[0].shape[-1];
    for (size_t at = 0; at < real.data.size(); at += static_cast<size_t>(n))
      transform(&in[0].data[at], &in[1].data[at], n, inverse ? 1 : -1, &real.data[at], &imag.data[at]);
    for (size_t at = 0; inverse && at < real.data.size(); ++at) {
      real.data[at] /= static_cast<double>(n);
      imag.data[at] /= static_cast<double>(n);
    }
    return std::vector{real, imag};
  };
}

std::vector<NdArray> real_rows(const std::vector<NdArray>& in) {
  const int64_t n = in[0].shape[-1], m = n / 2 + 1;
  Shape shape = in[0].shape;
  shape.set(shape.rank() - 1, m);
  NdArray real(shape), imag(shape);
  const std::vector<double> nothing(static_cast<size_t>(n));
  std::vector<double> yr(nothing), yi(nothing);
  for (int64_t row = 0; row < shape.size() / m; ++row) {
    transform(&in[0].data[static_cast<size_t>(row * n)], nothing.data(), n, -1, yr.data(), yi.data());
    for (int64_t k = 0; k < m; ++k) {
      real.data[static_cast<size_t>(row * m + k)] = yr[static_cast<size_t>(k)];
      imag.data[static_cast<size_t>(row * m + k)] = yi[static_cast<size_t>(k)];
    }
  }
  return {real, imag};
}

Reference inverse_real_rows(int64_t n) {
  return [n](const std::vector<NdArray>& in) {
    const int64_t m = n / 2 + 1;
    Shape shape = in[0].shape;
    shape.set(shape.rank() - 1, n);
    NdArray y(shape);
    for (int64_t row = 0; row < shape.size() / n; ++row) {
      for (int64_t j = 0; j < n; ++j) {
        double total = 0;
        for (int64_t k = 0; k < m; ++k) {
          const double angle = 2 * std::numbers::pi * static_cast<double>(j * k) / static_cast<double>(n);
          const auto at = static_cast<size_t>(row * m + k);
          total += (k == 0 || 2 * k == n ? 1 : 2) *
                   (in[0].data[at] * std::cos(angle) - in[1].data[at] * std::sin(angle));
        }
        y.data[static_cast<size_t>(row * n + j)] = total / static_cast<double>(n);
      }
    }
    return std::vector{y};
  };
}

OpRow complex_row(int64_t n, bool inverse = false, int64_t rows = 2) {
  return {.op = "fft",
          .label = std::to_string(n) + (inverse ? "_inverse" : ""),
          .attrs = FftAttrs{inverse},
          .inputs = {{.shape = {rows, n}}, {.shape = {rows, n}}},
          .reference = complex_rows(inverse),
          .tolerance = 10,  // a sum of n numbers
          .gradient = n < 20};
}
OpRow real_row(int64_t n) {
  return {.op = "rfft",
          .label = std::to_string(n),
          .inputs = {{.shape = {2, n}}},
          .reference = real_rows,
          .tolerance = 10,
          .gradient = n < 20};
}
OpRow inverse_row(int64_t n) {
  return {.op = "irfft",
          .label = std::to_string(n),
          .attrs = IrfftAttrs{n},
          .inputs = {{.shape = {2, n / 2 + 1}}, {.shape = {2, n / 2 + 1}}},
          .reference = inverse_real_rows(n),
          .tolerance = 10,
          .gradient = n < 20};
}

// Fours, twos, odd factors with and without code of their own, and primes that take a longer transform.
const OpRows rows({complex_row(1),
                   complex_row(2),
                   complex_row(3),
                   complex_row(4),
                   complex_row(5),
                   complex_row(6),
                   complex_row(8),
                   complex_row(12),
                   complex_row(16, true),
                   complex_row(15),
                   complex_row(7),
                   complex_row(60),
                   complex_row(64),
                   complex_row(128, true),
                   complex_row(121),
                   complex_row(31),
                   complex_row(210),
                   complex_row(512),
                   complex_row(37),
                   complex_row(74, true),
                   complex_row(101),
                   complex_row(9, true, 0),
                   complex_row(81, false, 70),
                   real_row(1),
                   real_row(2),
                   real_row(3),
                   real_row(4),
                   real_row(7),
                   real_row(10),
                   real_row(48),
                   real_row(74),
                   real_row(101),
                   inverse_row(1),
                   inverse_row(2),
                   inverse_row(3),
                   inverse_row(4),
                   inverse_row(7),
                   inverse_row(10),
                   inverse_row(48),
                   inverse_row(74),
                   inverse_row(101)});

void expect_near(const Tensor& actual, const Tensor& expected, double tolerance) {
  ASSERT_EQ(actual.type().str(), expected.type().str());
  const auto a = cast(actual, DType::kFloat64).to_vector<double>();
  const auto b = cast(expected, DType::kFloat64).to_vector<double>();
  for (size_t i = 0; i < a.size(); ++i) ASSERT_NEAR(a[i], b[i], tolerance) << i;
}

Tensor numbers(const Shape& shape, DType dtype = DType::kFloat64) {
  return cast(random_normal(random_key(7), shape), dtype);
}

TEST(Fft, InverseUndoesIt) {
  const ComplexTensor x{numbers({3, 30}), numbers({3, 30}) * 0.5};
  const ComplexTensor y = ifft(fft(x)), plane = ifft2(fft2(x));
  for (const ComplexTensor& back : {y, plane}) {
    expect_near(back.real, x.real, 1e-12);
    expect_near(back.imag, x.imag, 1e-12);
  }
}

TEST(Fft, OfTwoAxesIsOneAfterTheOther) {
  const ComplexTensor x{numbers({2, 3, 4}), numbers({2, 3, 4})}, y = fft2(x);
  for (int64_t u = 0; u < 3; ++u) {
    for (int64_t v = 0; v < 4; ++v) {
      double total = 0;
      for (int64_t a = 0; a < 3; ++a) {
        for (int64_t b = 0; b < 4; ++b) {
          const double angle =
              -2 * std::numbers::pi * (static_cast<double>(a * u) / 3 + static_cast<double>(b * v) / 4);
          const auto value = x.real.to_vector<double>()[static_cast<size_t>(12 + a * 4 + b)];
          total += value * (std::cos(angle) - std::sin(angle));
        }
      }
      EXPECT_NEAR(y.real.to_vector<double>()[static_cast<size_t>(12 + u * 4 + v)], total, 1e-10);
    }
  }
}

TEST(Fft, LengthsOfRealTransformsCutAndPad) {
  const Tensor x = numbers({2, 6});
  const ComplexTensor shorter = rfft(x, 4), longer = rfft(x, 9);
  EXPECT_EQ(shorter.real.shape(), (Shape{2, 3}));
  EXPECT_EQ(longer.imag.shape(), (Shape{2, 5}));
  expect_near(irfft(longer, 9), concatenate({x, zeros({2, 3}, DType::kFloat64)}, 1), 1e-12);
  expect_near(irfft(rfft(x)), x, 1e-12);
  EXPECT_EQ(irfft(rfft(x), 12).shape(), (Shape{2, 12}));
}

TEST(Fft, NarrowFloatsAndIntegers) {
  const ComplexTensor half = rfft(cast(numbers({4}), DType::kFloat16)), whole = rfft(arange(4));
  EXPECT_EQ(half.real.dtype(), DType::kFloat16);
  EXPECT_EQ(whole.real.to_vector<float>(), (std::vector<float>{6, -2, -2}));
  EXPECT_EQ(whole.imag.to_vector<float>(), (std::vector<float>{0, 2, 0}));
}

TEST(Fft, NaNReachesItsRowAlone) {
  const ComplexTensor y = rfft(Tensor::from(std::vector<double>{1, kNaN, 3, 4, 1, 2, 3, 4}, {2, 4}));
  const auto real = y.real.to_vector<double>();
  for (size_t i = 0; i < 3; ++i) {
    EXPECT_TRUE(std::isnan(real[i])) << i;
    EXPECT_FALSE(std::isnan(real[3 + i])) << i;
  }
}

TEST(Fft, ThreadsDoNotShowInTheBits) {
  const ComplexTensor x{numbers({100, 360}, DType::kFloat32), numbers({100, 360}, DType::kFloat32)};
  const int before = num_threads();
  std::vector<std::vector<float>> results;
  for (const int threads : {1, 4}) {
    set_num_threads(threads);
    results.push_back(fft(x).real.to_vector<float>());
    results.push_back(stft(x.real, 16, 4, 32).imag.to_vector<float>());
  }
  set_num_threads(before);
  EXPECT_EQ(results[0], results[2]);
  EXPECT_EQ(results[1], results[3]);
}

TEST(Fft, LongLengthsKeepTheirAccuracy) {
  // exp(2 pi i 5 j / n), whose transform is n at 5 and 0 elsewhere.
  for (const int64_t n : {int64_t{1} << 16, int64_t{65521}}) {
    std::vector<float> real, imag;
    for (int64_t j = 0; j < n; ++j) {
      const double angle = 2 * std::numbers::pi * static_cast<double>(5 * j % n) / static_cast<double>(n);
      real.push_back(static_cast<float>(std::cos(angle)));
      imag.push_back(static_cast<float>(std::sin(angle)));
    }
    const auto y = fft({Tensor::from(real), Tensor::from(imag)}).real.to_vector<float>();
    for (int64_t k = 0; k < n; ++k)
      ASSERT_NEAR(y[static_cast<size_t>(k)], k == 5 ? static_cast<double>(n) : 0,
                  1e-6 * static_cast<double>(n))
          << k;
  }
}

TEST(Stft, InverseGivesTheSignalBack) {
  const Tensor x = numbers({2, 64});
  for (const bool center : {true, false}) {
    const ComplexTensor y = stft(x, 16, 4, 20, "hamming", center);
    const Tensor back = istft(y, 16, 4, 20, std::nullopt, "hamming", center);
    const int64_t n = std::min<int64_t>(back.shape()[-1], 64);
    const auto part = [&](const Tensor& z) { return index(z, {ellipsis, Slice{20, n - 20}}); };
    expect_near(part(back), part(x), 1e-10);
  }
}

TEST(Stft, GradientsAreThoseOfTheSums) {
  const auto loss = [](const std::vector<Tensor>& x) {
    const ComplexTensor y = stft(x[0], 6, 3, 8);
    return sum(istft({y.real * y.real, y.imag}, 6, 3, 8));
  };
  const Tensor x = numbers({20}), direction = numbers({20}) + 0.3;
  const double along = sum(grad(loss)({x})[0] * direction).item<double>(), h = 1e-6;
  const double expected = ((loss({x + direction * h}) - loss({x - direction * h})) / (2 * h)).item<double>();
  EXPECT_NEAR(along, expected, 1e-6 * (1 + std::abs(expected)));
}

TEST(ExtractSequences, TakesWholeWindowsAlone) {
  const Tensor x = arange(7);
  EXPECT_EQ(extract_sequences(x, 3, 2).to_vector<int32_t>(),
            (std::vector<int32_t>{0, 1, 2, 2, 3, 4, 4, 5, 6}));
  EXPECT_EQ(extract_sequences(x, 8, 1).shape(), (Shape{0, 8}));
}

void expect_refused(const std::function<void()>& call, const std::string& words) {
  try {
    call();
    ADD_FAILURE() << "accepted what it should refuse: " << words;
  } catch (const InvalidArgument& error) {
    EXPECT_NE(std::string(error.what()).find(words), std::string::npos) << error.what();
  }
}

TEST(Fft, RefusesWhatHasNoTransform) {
  const Tensor scalar = full(Shape{}, 1), none = zeros({3, 0}), row = zeros(4);
  expect_refused([&] { fft({none, none}); }, "expected elements along the last axis");
  expect_refused([&] { fft({scalar, scalar}); }, "expected at least one axis");
  expect_refused([&] { fft({row, zeros(5)}); }, "must have one shape");
  expect_refused([&] { fft2({row, row}); }, "expected at least two axes");
  expect_refused([&] { rfft(row, 0); }, "fft_length must be at least 1, not 0");
  expect_refused([&] { irfft({zeros(1), zeros(1)}); }, "fft_length must be given");
  expect_refused(
      [&] {
        infer(find_op("irfft"), IrfftAttrs{9}, std::vector{row.type(), row.type()});
      },
      "takes 5 numbers");
  expect_refused([&] { extract_sequences(row, 0, 1); }, "sequence_length must be at least 1");
  expect_refused([&] { extract_sequences(row, 1, -1); }, "sequence_stride must be at least 1");
  expect_refused([&] { stft(row, 3, 1, 2); }, "must not be less than sequence_length");
  expect_refused([&] { stft(row, 2, 1, 8); }, "more than fft_length / 2 = 4");
  expect_refused([&] { stft(row, 2, 1, 4, "blackman"); }, "not \"blackman\"");
  expect_refused([&] { stft(row, 2, 1, 4, zeros(3)); }, "expected a window of sequence_length numbers");
  expect_refused([&] { istft({row, row}, 2, 1, 4); }, "(..., frames, fft_length / 2 + 1)");
}

}  // namespace
}  // namespace lamina::testing
