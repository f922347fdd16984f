// Products with weights of 8 and 4 bits and of bfloat16: to the bit against plain loops, every kernel and the
// body, rounding of weights, gradients, messages.
#include "lamina/ops/quantized_matmul.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "lamina/base/error.h"
#include "lamina/base/threads.h"
#include "lamina/core/compile.h"
#include "lamina/core/grad.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/detail/quantize_weights.h"
#include "lamina/ops/full.h"
#include "lamina/ops/matmul.h"
#include "lamina/ops/reduce.h"
#include "lamina/ops/reshape.h"
#include "lamina/ops/slice.h"
#include "lamina/ops/take.h"
#include "lamina/ops/transpose.h"
#include "lamina/ops/unary.h"
#include "tests/support/op_rows.h"

namespace lamina::testing {
namespace {

/// Number `i` of line `j`.
int number_of(const NdArray& w, bool packed, int64_t j, int64_t i) {
  if (!packed) return static_cast<int>(w.at({j, i}));
  const int byte = static_cast<int>(w.at({j, i / 2}));
  return (i % 2 == 0 ? byte % 16 : byte / 16) - 8;
}

/// As the header states it, in the precision of T.
template <class T>
NdArray plain(const std::vector<NdArray>& in, bool packed) {
  const NdArray &x = in[0], &w = in[1], &scales = in[2];
  const int64_t k = x.shape[-1], n = w.shape[0], rows = x.shape.size() / std::max<int64_t>(1, k);
  const int64_t groups = scales.shape.rank() == 1 ? 1 : scales.shape[1], group = k / groups;
  Shape shape(std::vector<int64_t>(x.shape.begin(), x.shape.end() - 1));
  shape.push_back(n);
  NdArray y(shape);
  for (int64_t i = 0; i < rows; ++i) {
    const double* const row = x.data.data() + i * k;
    T most = 0;
    bool finite = true;
    for (int64_t t = 0; t < k; ++t) {
      const T size = std::abs(static_cast<T>(row[t]));
      finite = finite && std::isfinite(static_cast<float>(size));
      most = std::max(most, size);
    }
    const bool some = finite && most > static_cast<T>(1e-30f);
    const T factor = some ? 127 / most : 0;
    const T step = some ? most / 127 : (finite ? T{0} : std::numeric_limits<T>::quiet_NaN());
    for (int64_t j = 0; j < n; ++j) {
      T total = 0;
      for (int64_t g = 0; g < groups; ++g) {
        int64_t sum = 0;
        for (int64_t t = g * group; t < (g + 1) * group; ++t) {
          const T integer = some ? std::nearbyint(static_cast<T>(row[t]) * factor) : 0;
          sum += static_cast<int64_t>(integer) * number_of(w, packed, j, t);
        }
        total += static_cast<T>(sum) * static_cast<T>(scales.data[static_cast<size_t>(j * groups + g)]);
      }
      y.data[static_cast<size_t>(i * n + j)] = static_cast<double>(total * step);
    }
  }
  return y;
}

/// @param group  -1: one scale for each line, as (n, 1)
OpRow row(const std::string& label, const Shape& x, int64_t n, int64_t group = 0, bool packed = false) {
  const int64_t k = x[-1];
  return {
      .op = "quantized_matmul",
      .label = label,
      .inputs = {{.shape = x},
                 {.shape = {n, packed ? k / 2 : k},
                  .lo = packed ? 0.0 : -128.0,
                  .hi = packed ? 255.0 : 127.0,
                  .dtype = packed ? DType::kUInt8 : DType::kInt8},
                 {.shape = group == 0 ? Shape{n} : Shape{n, group < 0 ? 1 : k / group},
                  .lo = 0.0,
                  .hi = 0.01,
                  .dtype = DType::kFloat32}},
      .dtypes = {DType::kFloat32},
      .reference = [packed](const std::vector<NdArray>& in) { return std::vector{plain<float>(in, packed)}; },
      .gradient = false};
}

const OpWithoutRows differences("quantized_matmul",
                                "tests/ops/quantized_matmul_test.cpp runs its rows: differences show the "
                                "steps of x's integers, not the gradient");

TEST(QuantizedMatmul, RowsHold) {
  for (const int64_t m : {1, 2, 3, 4, 5, 17}) {
    for (const int64_t k : {2, 30, 64, 130, 512}) {
      check_row(row("bytes", {m, k}, 27));
      check_row(row("packed", {m, k}, 21, 0, true));
    }
    for (const int64_t k : {32, 96, 512}) {
      check_row(row("bytes_in_groups", {m, k}, 13, 32));
      check_row(row("packed_in_groups", {m, k}, 13, 32, true));
    }
    check_row(row("bytes_in_pairs", {m, 192}, 9, 64));
    check_row(row("packed_in_pairs", {m, 192}, 9, 64, true));
    check_row(row("bytes_in_large_groups", {m, 512}, 9, 256));
    check_row(row("packed_in_large_groups", {m, 512}, 9, 128, true));
  }
  check_row(row("leading_axes", {2, 3, 64}, 130));
  check_row(row("column_of_scales", {5, 30}, 27, -1));
  check_row(row("packed_with_column_of_scales", {1, 30}, 27, -1, true));
  check_row(row("a_vector", {64}, 7, 32, true));
  check_row(row("no_rows", {0, 8}, 5));
  check_row(row("no_lines", {3, 8}, 0));
}

Tensor waves(const Shape& shape, double step) {
  std::vector<float> values(static_cast<size_t>(shape.size()));
  for (size_t i = 0; i < values.size(); ++i)
    values[i] = static_cast<float>(std::sin(static_cast<double>(i + 1) * step));
  return Tensor::from(values, shape);
}

NdArray array(const Tensor& x) { return {x.shape(), x.to_vector<double>()}; }

// Not one bit off, the largest integers among them; and for any number of rows and threads.
TEST(QuantizedMatmul, OneScaleForEachLineIsExact) {
  for (const int bits : {8, 4}) {
    QuantizedWeights weights = quantize_weights(waves({300, 700}, 0.37), bits);
    const Tensor x = waves({33, 700}, 0.73);
    const NdArray expected =
        plain<float>({array(x), array(weights.integers), array(weights.scales)}, bits == 4);
    const int before = num_threads();
    for (const int threads : {1, 2, 5}) {
      set_num_threads(threads);
      EXPECT_EQ(quantized_matmul(x, weights).to_vector<double>(), expected.data) << bits << " bits";
      for (const int64_t m : {1, 2, 7}) {
        EXPECT_EQ(quantized_matmul(x[{Slice{0, m}}], weights).to_vector<double>(),
                  std::vector<double>(expected.data.begin(), expected.data.begin() + m * 300))
            << bits << " bits, " << m << " rows";
      }
    }
    set_num_threads(before);
  }
  const Tensor least = full({3, 1000}, -128, DType::kInt8), ones = full({3}, 1, DType::kFloat32);
  EXPECT_EQ(quantized_matmul(full({1, 1000}, -1, DType::kFloat32), {least, ones}).to_vector<float>(),
            std::vector<float>(3, 128 * 127 * 1000.0f * (1.0f / 127)));
}

TEST(QuantizedMatmul, RowsThatHaveNoScale) {
  const float nan = std::nanf(""), infinity = std::numeric_limits<float>::infinity();
  const Tensor x = Tensor::from(std::vector<float>{0, 0, 1e-31f, 0, nan, 1, 1, -infinity, 1, 0}, {5, 2});
  const QuantizedWeights weights = quantize_weights(Tensor::from(std::vector<float>{1, 2}, {1, 2}));
  // By the kernel and, in float64, by the body.
  for (const DType dtype : {DType::kFloat32, DType::kFloat64}) {
    const std::vector<double> y = quantized_matmul(cast(x, dtype), weights).to_vector<double>();
    EXPECT_EQ(y[0], 0);
    EXPECT_EQ(y[1], 0);
    EXPECT_TRUE(std::isnan(y[2]));
    EXPECT_TRUE(std::isnan(y[3]));
    EXPECT_NEAR(y[4], 1, 0.01);
  }
}

TEST(QuantizedMatmul, WeightsAreRoundedHalfToEven) {
  // With a scale of 1, so that the halves are halves.
  const Tensor w = Tensor::from(std::vector<float>{127, 0.5f, 1.5f, -2.5f, 0, 0, 0, 0}, {2, 4});
  const QuantizedWeights bytes = quantize_weights(w);
  EXPECT_EQ(bytes.integers.dtype(), DType::kInt8);
  EXPECT_EQ(bytes.integers.to_vector<int>(), (std::vector<int>{127, 0, 2, -2, 0, 0, 0, 0}));
  EXPECT_EQ(bytes.scales.to_vector<float>(), (std::vector<float>{1, 0}));
  const QuantizedWeights packed = quantize_weights(w * Tensor(7 / 127.0f), 4);
  EXPECT_EQ(packed.integers.dtype(), DType::kUInt8);
  EXPECT_EQ(packed.integers.to_vector<int>(), (std::vector<int>{15 + 16 * 8, 8 + 16 * 8, 0x88, 0x88}));
  for (const auto& [bits, group] : std::vector<std::pair<int, int64_t>>{{8, 0}, {8, 64}, {4, 32}, {4, 128}}) {
    const Tensor x = waves({5, 256}, 1.3);
    const QuantizedWeights q = quantize_weights(x, bits, group);
    const double most = bits == 8 ? 127 : 7;
    EXPECT_EQ(q.scales.shape(), group == 0 ? Shape{5} : (Shape{5, 256 / group}));
    const std::vector<double> far = ops::abs(dequantize_weights(q) - x).to_vector<double>();
    EXPECT_LE(*std::max_element(far.begin(), far.end()), 0.5001 / most) << bits;
  }
}

TEST(QuantizedMatmul, GradientIsThatOfTheValuesOfTheWeights) {
  const QuantizedWeights weights = quantize_weights(waves({6, 32}, 0.4), 4, 32);
  const Tensor x = waves({3, 32}, 0.9), g = waves({3, 6}, 0.2);
  const Tensor dx = gradients(sum(quantized_matmul(x, weights) * g), {x})[0];
  expect_close(array(dx), array(matmul(g, dequantize_weights(weights))), 1e-6, "dx");
}

TEST(QuantizedMatmul, HalfPrecisionKeepsItsDtype) {
  const QuantizedWeights weights = quantize_weights(waves({6, 32}, 0.4));
  const Tensor x = cast(waves({3, 32}, 0.9), DType::kBFloat16);
  const Tensor y = quantized_matmul(x, weights);
  EXPECT_EQ(y.dtype(), DType::kBFloat16);
  expect_close(array(y), array(quantized_matmul(cast(x, DType::kFloat32), weights)), 1e-2, "bfloat16");
}

OpRow dequantize_row(const std::string& label, const Shape& lines, int64_t group, bool packed) {
  const auto with_last = [&](int64_t last) {
    Shape shape(std::vector<int64_t>(lines.begin(), lines.end() - 1));
    shape.push_back(last);
    return shape;
  };
  const Shape scales = with_last(lines[-1] / group), integers = with_last(packed ? lines[-1] / 2 : lines[-1]);
  return {.op = "dequantize_weights",
          .label = label,
          .inputs = {{.shape = integers,
                      .lo = packed ? 0.0 : -128.0,
                      .hi = packed ? 255.0 : 127.0,
                      .dtype = packed ? DType::kUInt8 : DType::kInt8,
                      .differentiable = false},
                     {.shape = scales, .lo = -0.01, .hi = 0.01}},
          .reference = [=](const std::vector<NdArray>& in) {
            NdArray y(lines);
            for (size_t i = 0; i < y.data.size(); ++i) {
              const double stored = in[0].data[packed ? i / 2 : i];
              const int byte = static_cast<int>(stored);
              const int number = !packed ? byte : (i % 2 == 0 ? byte % 16 : byte / 16) - 8;
              y.data[i] = number * in[1].data[i / static_cast<size_t>(group)];
            }
            return std::vector{y};
          }};
}

const OpRows restored({
    dequantize_row("bytes", {5, 7}, 7, false),
    dequantize_row("bytes_in_groups", {3, 64}, 32, false),
    dequantize_row("leading_axes", {2, 3, 128}, 128, false),
    dequantize_row("packed", {5, 6}, 6, true),
    dequantize_row("packed_in_groups", {2, 2, 96}, 32, true),
    dequantize_row("none", {0, 6}, 6, true),
});

OpRow quantize_row(const std::string& label, const Shape& w, int64_t bits, int64_t group) {
  return {.op = "quantize_weights",
          .label = label,
          .attrs = lamina::detail::QuantizeWeightsAttrs{bits, group},
          .inputs = {{.shape = w, .lo = -3, .hi = 2}},
          .dtypes = {DType::kFloat32},
          .out_dtypes = {bits == 8 ? DType::kInt8 : DType::kUInt8, DType::kFloat32},
          .reference = [=](const std::vector<NdArray>& in) {
            const int64_t k = w[1], count = group == 0 ? k : group, groups = count == 0 ? 1 : k / count;
            NdArray integers(Shape{w[0], bits == 8 ? k : k / 2}), scales(Shape{w[0], groups});
            const float largest = bits == 8 ? 127 : 7;
            for (int64_t g = 0; g < w[0] * groups; ++g) {
              float most = 0;
              for (int64_t i = g * count; i < (g + 1) * count; ++i)
                most = std::max(most, std::abs(static_cast<float>(in[0].data[static_cast<size_t>(i)])));
              const float scale = most / largest;
              scales.data[static_cast<size_t>(g)] = scale;
              for (int64_t i = g * count; i < (g + 1) * count; ++i) {
                const float exact =
                    static_cast<float>(in[0].data[static_cast<size_t>(i)]) / (scale > 0 ? scale : 1);
                const double number = std::nearbyint(std::clamp(exact, -largest, largest));
                if (bits == 8) {
                  integers.data[static_cast<size_t>(i)] = number;
                } else {
                  integers.data[static_cast<size_t>(i / 2)] += (number + 8) * (i % 2 == 0 ? 1 : 16);
                }
              }
            }
            return std::vector{integers, scales};
          }};
}

const OpRows quantized({
    quantize_row("bytes", {5, 37}, 8, 0),
    quantize_row("bytes_in_groups", {3, 192}, 8, 64),
    quantize_row("packed", {5, 514}, 4, 0),
    quantize_row("packed_in_groups", {3, 96}, 4, 32),
    quantize_row("packed_in_large_groups", {2, 768}, 4, 384),
    quantize_row("no_lines", {0, 8}, 8, 0),
});

// Half a step of each factor is all that rounding takes away, and that of both together.
TEST(QuantizedMatmul, IsWithinHalfAStepOfEachFactor) {
  for (const auto& [bits, group] : std::vector<std::pair<int, int64_t>>{{8, 0}, {8, 64}, {4, 0}, {4, 32}}) {
    const Tensor x = waves({9, 512}, 0.73) * waves({9, 1}, 2.1),
                 w = waves({70, 512}, 0.37) * waves({70, 1}, 1.9);
    const QuantizedWeights q = quantize_weights(w, bits, group);
    const std::vector<double> y = quantized_matmul(x, q).to_vector<double>(), rows = x.to_vector<double>(),
                              lines = w.to_vector<double>(), scales = q.scales.to_vector<double>();
    const int64_t groups = group == 0 ? 1 : 512 / group;
    double largest = 0;  // as a share of the rows' lengths
    for (int64_t i = 0; i < 9; ++i) {
      const double* const row = rows.data() + i * 512;
      double most = 0;
      for (int64_t t = 0; t < 512; ++t) most = std::max(most, std::abs(row[t]));
      for (int64_t j = 0; j < 70; ++j) {
        double exact = 0, bound = 0, length = 0, line_length = 0;
        for (int64_t t = 0; t < 512; ++t) {
          const double weight = lines[static_cast<size_t>(j * 512 + t)], half = most / 254;
          const double half_scale = scales[static_cast<size_t>(j * groups + t / (512 / groups))] / 2;
          exact += row[t] * weight;
          length += row[t] * row[t];
          line_length += weight * weight;
          bound += std::abs(row[t]) * half_scale + std::abs(weight) * half + half * half_scale;
        }
        const double far = std::abs(y[static_cast<size_t>(i * 70 + j)] - exact);
        EXPECT_LE(far, bound * 1.0001) << bits << " bits, row " << i << ", line " << j;
        largest = std::max(largest, far / std::sqrt(length * line_length));
      }
    }
    // Errors add up as random ones do: far below the bound.
    EXPECT_LE(largest, bits == 8 ? 0.002 : 0.04) << bits << " bits, groups of " << group;
    EXPECT_GT(largest, 0);
  }
}

// What compiled functions make of weights that are restored where they are used.
TEST(QuantizedMatmul, ProductsAndLookupsTakeWeightsAsTheyAreStored) {
  const Tensor w = waves({24, 64}, 0.37), x = waves({3, 64}, 0.73), other = waves({2, 3, 24}, 0.5);
  const Tensor ids = Tensor::from(std::vector<int32_t>{5, 0, 23, 5}, {2, 2});
  const Function all = compile([](const std::vector<Tensor>& in) {
    const Tensor lines =
        in[1].dtype() == DType::kBFloat16 ? cast(in[1], DType::kFloat32) : dequantize_weights({in[1], in[2]});
    return std::vector{matmul(in[0], lines, false, true), embedding_lookup(lines, in[3]),
                       matmul(in[0], lines, false, true) + 1.0};
  });
  for (const int bits : {8, 4, 16}) {
    SCOPED_TRACE(bits);
    const bool half = bits == 16;
    const QuantizedWeights q =
        half ? QuantizedWeights{cast(w, DType::kBFloat16), zeros({1})} : quantize_weights(w, bits, 32);
    const std::vector<Tensor> given{x, q.integers.eval(), q.scales.eval(), ids};
    const std::string graph = all.graph(given);
    const std::string product = half ? "bfloat16_matmul(%0, %1" : "quantized_matmul(%0, %1, %2";
    EXPECT_NE(graph.find(product), std::string::npos) << graph;
    EXPECT_NE(graph.find("embedding_lookup(%1, %3"), std::string::npos) << graph;
    EXPECT_EQ(graph.find("dequantize_weights(%1"), std::string::npos) << graph;
    const std::vector<Tensor> y = all(given);
    const Tensor whole = half ? cast(given[1], DType::kFloat32) : dequantize_weights(q);
    EXPECT_EQ(y[0].to_vector<float>(),
              (half ? bfloat16_matmul(x, given[1]) : quantized_matmul(x, q)).to_vector<float>());
    EXPECT_EQ(y[1].to_vector<float>(), embedding_lookup(whole, ids).to_vector<float>());
  }
  // Columns that are stored as lines, and products that are of another kind.
  const QuantizedWeights q = quantize_weights(w);
  const auto graph_of = [&](const Tensor& left, const TensorFunction& f) {
    return compile(f).graph({left, q.integers.eval(), expand_dims(q.scales, 1).eval()});
  };
  EXPECT_NE(graph_of(x,
                     [](const std::vector<Tensor>& in) {
                       return std::vector{matmul(in[0], dequantize_weights({in[1], in[2]}), false, true)};
                     })
                .find("quantized_matmul"),
            std::string::npos);
  EXPECT_NE(graph_of(x,
                     [](const std::vector<Tensor>& in) {
                       const Tensor stored = transpose(dequantize_weights({in[1], in[2]}));
                       return std::vector{matmul(in[0], stored)};
                     })
                .find("quantized_matmul"),
            std::string::npos);
  EXPECT_EQ(graph_of(other,
                     [](const std::vector<Tensor>& in) {
                       return std::vector{matmul(in[0], dequantize_weights({in[1], in[2]}))};
                     })
                .find("quantized_matmul"),
            std::string::npos);
}

OpRow bfloat16_row(const std::string& label, const Shape& x, int64_t n) {
  return {.op = "bfloat16_matmul",
          .label = label,
          .inputs = {{.shape = x, .lo = -0.5, .hi = 0.5},
                     {.shape = {n, x[-1]}, .dtype = DType::kBFloat16, .differentiable = false}},
          .reference = [](const std::vector<NdArray>& in) {
            const int64_t k = in[0].shape[-1], n = in[1].shape[0];
            Shape shape(std::vector<int64_t>(in[0].shape.begin(), in[0].shape.end() - 1));
            shape.push_back(n);
            NdArray y(shape);
            for (size_t i = 0; i < y.data.size(); ++i) {
              const auto line = static_cast<int64_t>(i) % n, row = static_cast<int64_t>(i) / n;
              for (int64_t t = 0; t < k; ++t)
                y.data[i] += in[0].data[static_cast<size_t>(row * k + t)] * in[1].at({line, t});
            }
            return std::vector{y};
          }};
}

const OpRows rows({
    bfloat16_row("one_row", {1, 130}, 27),
    bfloat16_row("a_vector", {37}, 9),
    bfloat16_row("few_rows", {2, 3, 64}, 70),
    bfloat16_row("many_rows", {70, 33}, 517),
    bfloat16_row("no_rows", {0, 4}, 3),
});

TEST(QuantizedMatmul, GradientOfBFloat16Weights) {
  const Tensor x = waves({3, 32}, 0.9), w = cast(waves({6, 32}, 0.4), DType::kBFloat16),
               g = waves({3, 6}, 0.2);
  const std::vector<Tensor> d = gradients(sum(bfloat16_matmul(x, w) * g), {x, w});
  EXPECT_EQ(d[1].dtype(), DType::kBFloat16);
  expect_close(array(d[0]), array(matmul(g, cast(w, DType::kFloat32))), 1e-6, "dx");
  expect_close(array(d[1]), array(matmul(g, x, true)), 1e-2, "dw");
}

template <class F>
std::string message_of(F f) {
  try {
    f();
  } catch (const InvalidArgument& error) {
    return error.what();
  }
  return "no error";
}

TEST(QuantizedMatmul, Errors) {
  const auto expect = [](const std::string& text, const std::string& part) {
    EXPECT_NE(text.find(part), std::string::npos) << text;
  };
  const Tensor w = zeros({4, 96});
  expect(message_of([&] { quantize_weights(w, 3); }),
         "bits must be 8 or 4; got weights float32(4, 96), bits 3");
  expect(message_of([&] { quantize_weights(w, 8, 48); }), "group must be 0, 32, 64 or a multiple of 128");
  expect(message_of([&] { quantize_weights(w, 8, 64); }), "and divide k");
  expect(message_of([&] { quantize_weights(zeros({4}), 8); }), "weights must be floating (n, k)");
  expect(message_of([&] { quantize_weights(zeros({4, 3}), 4); }), "k must be even");
  const QuantizedWeights q = quantize_weights(w, 8, 32);
  expect(message_of([&] {
           quantized_matmul(zeros({2, 95}), q);
         }),
         "as many elements as a line of the weights, 96");
  expect(message_of([&] { quantized_matmul(zeros({2, 96}), {w, q.scales}); }), "w");
  expect(message_of([&] {
           quantized_matmul(zeros({2, 96}), {q.integers, zeros({4, 2})});
         }),
         "scales must be (n,)");
  expect(message_of([&] {
           quantized_matmul(zeros({1, 131074}), {zeros({1, 131074}, DType::kInt8), zeros({1})});
         }),
         "may overflow");
  expect(message_of([&] { dequantize_weights({w, q.scales}); }), "w");
  expect(message_of([&] {
           dequantize_weights({q.integers, zeros({4, 2})});
         }),
         "scales must be (..., 1) or (..., k / group), one or more for each line of k = 96");
  expect(message_of([&] { dequantize_weights({q.integers, zeros({3})}); }), "scales must be");
  expect(message_of([&] { bfloat16_matmul(zeros({2, 96}), w); }), "the weights must be bfloat16 (n, k)");
  expect(message_of([&] {
           bfloat16_matmul(zeros({2, 95}), cast(w, DType::kBFloat16));
         }),
         "a line of the weights, 96");
  expect(message_of([&] {
           bfloat16_matmul(zeros({2, 96}, DType::kFloat16), cast(w, DType::kBFloat16));
         }),
         "x must be float32");
}

}  // namespace
}  // namespace lamina::testing
