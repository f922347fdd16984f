// Matrix products: rows for the harness, vectors and messages of the public function, and every kernel
// candidate on shapes that take its different paths.
#include "lamina/ops/matmul.h"

#include <gtest/gtest.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <csignal>

#include "lamina/base/error.h"
#include "lamina/base/threads.h"
#include "lamina/core/compile.h"
#include "lamina/ops/full.h"
#include "lamina/ops/slice.h"
#include "tests/support/op_rows.h"

namespace lamina::testing {
namespace {

NdArray product(const NdArray& a, const NdArray& b, MatmulAttrs attrs) {
  const auto leading = [](const Shape& s) { return Shape(std::vector<int64_t>(s.begin(), s.end() - 2)); };
  Shape shape = broadcast(leading(a.shape), leading(b.shape));
  shape.push_back(a.shape[attrs.transpose_a ? -1 : -2]);
  shape.push_back(b.shape[attrs.transpose_b ? -2 : -1]);
  const int64_t inner = a.shape[attrs.transpose_a ? -2 : -1];
  const auto at = [](const NdArray& x, std::vector<int64_t> index, int64_t i, int64_t j, bool swap) {
    index[index.size() - 2] = swap ? j : i;
    index[index.size() - 1] = swap ? i : j;
    std::vector<int64_t> own(index.end() - x.shape.rank(), index.end());
    for (int axis = 0; axis + 2 < x.shape.rank(); ++axis) {
      if (x.shape[axis] == 1) own[static_cast<size_t>(axis)] = 0;
    }
    return x.at(own);
  };
  NdArray result(shape);
  for_each_index(shape, [&](const std::vector<int64_t>& index) {
    double sum = 0;
    for (int64_t k = 0; k < inner; ++k) {
      sum += at(a, index, index[index.size() - 2], k, attrs.transpose_a) *
             at(b, index, k, index[index.size() - 1], attrs.transpose_b);
    }
    result.at(index) = sum;
  });
  return result;
}

OpRow row(const std::string& label, const Shape& a, const Shape& b, MatmulAttrs attrs = {}) {
  return {.op = "matmul",
          .label = label,
          .attrs = attrs,
          .inputs = {{.shape = a}, {.shape = b}},
          .dtypes = {DType::kFloat32, DType::kFloat64, DType::kBFloat16, DType::kInt32},
          .reference = [attrs](const std::vector<NdArray>& in) {
            return std::vector{product(in[0], in[1], attrs)};
          }};
}

OpRow fused_row(const std::string& label, const Shape& a, const Shape& b, MatmulBiasActAttrs attrs) {
  const int64_t n = b[attrs.matmul.transpose_b ? -2 : -1];
  return {.op = "matmul_bias_act",
          .label = label,
          .attrs = attrs,
          .inputs = {{.shape = a}, {.shape = b}, {.shape = {n}}},
          .reference = [attrs](const std::vector<NdArray>& in) {
            NdArray y = product(in[0], in[1], attrs.matmul);
            const auto n = static_cast<size_t>(in[2].shape[0]);
            for (size_t i = 0; i < y.data.size(); ++i) {
              y.data[i] += in[2].data[i % n];
              if (attrs.activation == "relu") y.data[i] = std::max(y.data[i], 0.0);
            }
            return std::vector{y};
          }};
}

/// Elements of which one is NaN: relu must not make it a zero.
OpRow with_nan(OpRow row) {
  row.label += "_nan";
  const Shape& shape = row.inputs[0].shape;
  for (int64_t i = 0; i < shape.size(); ++i)
    row.inputs[0].values.push_back(i == shape.size() / 2 ? std::nan("") : static_cast<double>(i % 5) - 2);
  row.gradient = false;
  return row;
}

/// So many multiplications that the operands are packed, or widened, by every dtype that is.
OpRow large(OpRow row) {
  row.label += "_large";
  row.dtypes = {DType::kFloat32, DType::kFloat64, DType::kFloat16, DType::kBFloat16};
  for (RowInput& input : row.inputs) input.lo = -0.5, input.hi = 0.5;
  row.gradient = false;
  return row;
}

const OpRows rows({
    large(row("edges", {37, 61}, {61, 35})),
    large(row("deep", {6, 700}, {700, 16})),
    large(row("transposed_a", {61, 13}, {61, 35}, {.transpose_a = true})),
    large(row("transposed_b", {100, 9}, {270, 9}, {.transpose_b = true})),
    large(row("transposed_both", {29, 40}, {31, 29}, {true, true})),
    large(row("batched", {3, 20, 30}, {3, 30, 17})),
    large(row("broadcast", {2, 1, 20, 30}, {3, 30, 17})),
    large(fused_row("fused", {50, 41}, {41, 23}, {.activation = "relu"})),
    large(row("few_rows_by_lines", {7, 37}, {467, 37}, {.transpose_b = true})),
    large(row("one_row_by_lines", {1, 129}, {131, 129}, {.transpose_b = true})),
    large(row("leading_rows_by_lines", {2, 1, 3, 128}, {135, 128}, {.transpose_b = true})),
    large(row("few_rows_by_columns", {3, 9}, {9, 2127})),
    large(row("few_rows_by_blocks", {4, 901}, {901, 45})),
    large(fused_row("few_rows_by_lines", {13, 130}, {129, 130}, {{.transpose_b = true}, "relu"})),
    large(fused_row("few_rows_by_columns", {1, 9}, {9, 2100}, {.activation = "relu"})),
    large(fused_row("few_rows_by_blocks", {2, 901}, {901, 45}, {.activation = "linear"})),
    row("plain", {3, 4}, {4, 5}),
    row("transposed_a", {4, 3}, {4, 5}, {.transpose_a = true}),
    row("transposed_b", {3, 4}, {5, 4}, {.transpose_b = true}),
    row("transposed_both", {4, 3}, {5, 4}, {true, true}),
    row("one_element", {1, 1}, {1, 1}),
    row("one_row", {1, 33}, {33, 17}),
    row("one_column", {17, 33}, {33, 1}),
    row("no_rows", {0, 4}, {4, 5}),
    row("no_inner", {3, 0}, {0, 5}),
    row("batched", {2, 3, 4}, {2, 4, 5}),
    row("batch_of_rows", {2, 3, 4}, {4, 5}),
    row("batch_of_rows_transposed_b", {2, 3, 4}, {5, 4}, {.transpose_b = true}),
    row("batch_transposed_a", {2, 4, 3}, {4, 5}, {.transpose_a = true}),
    row("broadcast", {2, 1, 3, 4}, {3, 4, 2}),
    row("broadcast_left", {3, 4}, {2, 4, 2}),
    fused_row("linear", {3, 4}, {4, 5}, {}),
    fused_row("relu", {7, 4}, {4, 9}, {.activation = "relu"}),
    fused_row("relu_transposed", {4, 7}, {9, 4}, {{true, true}, "relu"}),
    fused_row("batch", {2, 3, 4}, {4, 5}, {.activation = "relu"}),
    fused_row("wide", {3, 40}, {40, 70}, {.activation = "relu"}),
    fused_row("one_sample", {1, 40}, {40, 10}, {}),
    fused_row("no_rows", {0, 4}, {4, 5}, {.activation = "relu"}),
    fused_row("no_inner", {3, 0}, {0, 5}, {.activation = "relu"}),
    fused_row("no_columns", {3, 4}, {4, 0}, {}),
    with_nan(fused_row("small", {3, 4}, {4, 5}, {.activation = "relu"})),
    with_nan(fused_row("few_rows", {3, 150}, {150, 150}, {{.transpose_b = true}, "relu"})),
    with_nan(fused_row("large", {90, 90}, {90, 90}, {.activation = "relu"})),
});

std::string message_of(const std::function<void()>& f) {
  try {
    f();
  } catch (const InvalidArgument& error) {
    return error.what();
  }
  return "no error";
}

Tensor counting(const Shape& shape) {
  std::vector<float> values(static_cast<size_t>(shape.size()));
  for (size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(i % 7) - 3;
  return Tensor::from(values, shape);
}

Tensor waves(const Shape& shape) {
  std::vector<float> values(static_cast<size_t>(shape.size()));
  for (size_t i = 0; i < values.size(); ++i) values[i] = std::sin(static_cast<float>(i) * 0.37f);
  return Tensor::from(values, shape);
}

// Every width that vectors of 1 to 16 floats meet: whole strips, and a last vector that lies over the one
// before.
TEST(Matmul, EveryWidthOfASmallProduct) {
  const auto value = [](int64_t i) { return static_cast<float>(i * 37 % 23) / 8 - 1; };
  for (const int64_t m : {1, 2, 7}) {
    for (int64_t n = 1; n < 150; ++n) {
      const int64_t k = 5;
      std::vector<float> a, b, expected;
      for (int64_t i = 0; i < m * k; ++i) a.push_back(value(i));
      for (int64_t i = 0; i < k * n; ++i) b.push_back(value(i + 5));
      for (int64_t i = 0; i < m; ++i) {
        for (int64_t j = 0; j < n; ++j) {
          float sum = 0;  // exact: the factors have few bits
          for (int64_t l = 0; l < k; ++l)
            sum += a[static_cast<size_t>(i * k + l)] * b[static_cast<size_t>(l * n + j)];
          expected.push_back(sum);
        }
      }
      ASSERT_EQ(matmul(Tensor::from(a, {m, k}), Tensor::from(b, {k, n})).to_vector<float>(), expected)
          << m << " rows, " << n << " columns";
    }
  }
}

TEST(Matmul, TakesVectorsAsRowAndColumn) {
  const Tensor v = Tensor::from<float>({1, 2});
  const Tensor m = Tensor::from(std::vector<float>{1, 2, 3, 4, 5, 6}, {2, 3});
  EXPECT_EQ(matmul(v, m).shape(), Shape{3});
  EXPECT_EQ(matmul(v, m).to_vector<float>(), (std::vector<float>{9, 12, 15}));
  EXPECT_EQ(matmul(m, Tensor::from<float>({1, 0, 1})).to_vector<float>(), (std::vector<float>{4, 10}));
  EXPECT_EQ(matmul(v, v).shape(), Shape{});
  EXPECT_EQ(matmul(v, v).item(), 5);
}

TEST(Matmul, PromotesDtypes) {
  const Tensor ints = Tensor::from(std::vector<int32_t>{1, 2, 3, 4}, {2, 2});
  const Tensor halves = Tensor::from(std::vector<float>{0.5f, 0, 0, 0.5f}, {2, 2});
  EXPECT_EQ(matmul(ints, halves).dtype(), DType::kFloat32);
  EXPECT_EQ(matmul(ints, halves).to_vector<float>(), (std::vector<float>{0.5f, 1, 1.5f, 2}));
}

TEST(Matmul, NamesShapesThatDoNotFit) {
  const std::string inner = message_of([] { matmul(counting({2, 3}), counting({4, 5})); });
  EXPECT_NE(inner.find("inner extents differ: 3 of a against 4 of b"), std::string::npos) << inner;
  EXPECT_NE(inner.find("float32(2, 3), float32(4, 5)"), std::string::npos) << inner;
  const std::string leading = message_of([] { matmul(counting({2, 3, 4}), counting({3, 4, 5})); });
  EXPECT_NE(leading.find("(2,) and (3,) do not broadcast"), std::string::npos) << leading;
  EXPECT_NE(message_of([] { matmul(Tensor(1.0f), counting({2})); }).find("scalar"), std::string::npos);
  EXPECT_NE(message_of([] { matmul(counting({2}), counting({2}), true); }).find("cannot be transposed"),
            std::string::npos);
  const std::string bias = message_of([] {
    matmul_bias_act(counting({2, 3}), counting({3, 4}), counting({3}));
  });
  EXPECT_NE(bias.find("bias must have shape (4,)"), std::string::npos) << bias;
  const std::string activation = message_of([] {
    matmul_bias_act(counting({2, 3}), counting({3, 4}), counting({4}), "swish");
  });
  EXPECT_NE(activation.find("\"swish\""), std::string::npos) << activation;
}

// Long sums, in every way that the operands may lie, while a handler runs all the time: a library that moves
// the stack pointer into the heap for its own ends would have that overwritten.
TEST(Matmul, SurvivesSignalHandlers) {
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    static volatile std::sig_atomic_t handled = 0;
    std::signal(SIGALRM, [](int) { handled = handled + 1; });
    const itimerval often{{0, 100}, {0, 100}};
    bool right = ::setitimer(ITIMER_REAL, &often, nullptr) == 0;
    const int64_t m = 70, n = 96, k = 9001;
    for (int round = 0; round < 12; ++round) {
      const bool ta = round & 1, tb = round & 2;
      const Tensor a = ones(ta ? Shape{k, m} : Shape{m, k}), b = ones(tb ? Shape{n, k} : Shape{k, n});
      for (const float value : matmul(a, b, ta, tb).to_vector<float>())
        right = right && value == static_cast<float>(k);
    }
    ::_exit(right && handled > 10 ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status)) << "ended by signal " << WTERMSIG(status);
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

// As many rows as there are of a sequence, or of a batch, give what each of them gives alone.
TEST(Matmul, FewRowsGiveTheBitsOfEachAloneWithAnyThreads) {
  const Tensor all = waves({32, 700}), weights = waves({300, 700}), columns = waves({700, 300});
  const auto of = [&](int64_t first, int64_t rows, bool by_lines) {
    const Tensor x = all[{Slice{first, first + rows}}].eval();
    return matmul(x, by_lines ? weights : columns, false, by_lines).to_vector<float>();
  };
  for (const bool by_lines : {true, false}) {
    const int64_t most = by_lines ? 32 : 4;
    std::vector<float> each;
    for (int64_t i = 0; i < most; ++i) {
      const std::vector<float> row = of(i, 1, by_lines);
      each.insert(each.end(), row.begin(), row.end());
    }
    const int before = num_threads();
    for (const int threads : {1, 2, 5}) {
      set_num_threads(threads);
      for (int64_t m = 1; m <= most; ++m) {
        EXPECT_EQ(of(0, m, by_lines),
                  std::vector<float>(each.begin(), each.begin() + static_cast<std::ptrdiff_t>(m * 300)))
            << m << " rows, " << threads << " threads, by " << (by_lines ? "lines" : "columns");
      }
    }
    set_num_threads(before);
  }
}

TEST(Matmul, GivesTheSameBitsInEveryRun) {
  const Tensor a = counting({64, 300}).eval();
  const Tensor b = counting({300, 128}).eval();
  const std::vector<float> first = matmul(a, b).to_vector<float>();
  for (int run = 0; run < 5; ++run) EXPECT_EQ(matmul(a, b).to_vector<float>(), first);
}

}  // namespace
}  // namespace lamina::testing
