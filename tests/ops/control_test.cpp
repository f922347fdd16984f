// cond, while_loop and scan: rows for the harness, and what a row cannot say.
#include "lamina/ops/control.h"

#include <gtest/gtest.h>

#include <cmath>
#include <thread>

#include "lamina/base/error.h"
#include "lamina/core/compile.h"
#include "lamina/graph/memory_pool.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/compare.h"
#include "lamina/ops/detail/control.h"
#include "lamina/ops/full.h"
#include "lamina/ops/matmul.h"
#include "lamina/ops/reduce.h"
#include "lamina/ops/unary.h"
#include "tests/support/op_rows.h"
#include "tests/support/temporary_folder.h"

namespace lamina::testing {
namespace {

using test::message_of;
using Tensors = std::vector<Tensor>;

detail::SubGraph body_of(const std::vector<TensorType>& types, const TensorFunction& f) {
  return detail::trace_body(f, types, Device{}).body;
}

const TensorType kThree{DType::kFloat64, {3}}, kScalar{DType::kInt32, {}};

NdArray mapped(const NdArray& x, const std::function<double(double)>& f) {
  NdArray result = x;
  for (double& value : result.data) value = f(value);
  return result;
}

const CondAttrs kSineOrSquare{body_of({kThree}, [](const Tensors& x) { return Tensors{sin(x[0])}; }),
                              body_of({kThree}, [](const Tensors& x) { return Tensors{x[0] * x[0]}; })};

const WhileLoopAttrs kThreeSines{
    body_of({kScalar, kThree}, [](const Tensors& v) { return Tensors{less(v[0], 3.0)}; }),
    body_of({kScalar, kThree},
            [](const Tensors& v) {
              return Tensors{v[0] + 1.0, sin(v[1]) * 1.5};
            }),
    2, 5};

// carry' = tanh(carry * w + x), y = carry' * x
ScanAttrs running_tanh(bool reverse) {
  const TensorFunction body = [](const Tensors& v) {
    const Tensor next = tanh(v[0] * v[2] + v[1]);
    return Tensors{next, next * v[1]};
  };
  return {body_of({kThree, kThree, kThree}, body), 1, 1, 4, reverse};
}

Reference plain_tanh(bool reverse) {
  return [reverse](const std::vector<NdArray>& in) {
    NdArray carry = in[0], ys({4, 3}), saved({4, 3});
    for (int step = 0; step < 4; ++step) {
      const int64_t t = reverse ? 3 - step : step;
      for (int64_t i = 0; i < 3; ++i) {
        saved.at({t, i}) = carry.at({i});
        carry.at({i}) = std::tanh(carry.at({i}) * in[2].at({i}) + in[1].at({t, i}));
        ys.at({t, i}) = carry.at({i}) * in[1].at({t, i});
      }
    }
    return std::vector{carry, ys, saved};
  };
}

const OpRows rows({
    {.op = "cond",
     .label = "true",
     .attrs = kSineOrSquare,
     .inputs = {{.values = {1}, .dtype = DType::kBool}, {.shape = {3}}},
     .dtypes = {DType::kFloat64},
     .reference =
         [](const std::vector<NdArray>& in) {
           return std::vector{mapped(in[1], [](double x) { return std::sin(x); })};
         }},
    {.op = "cond",
     .label = "false",
     .attrs = kSineOrSquare,
     .inputs = {{.values = {0}, .dtype = DType::kBool}, {.shape = {3}}},
     .dtypes = {DType::kFloat64},
     .reference =
         [](const std::vector<NdArray>& in) {
           return std::vector{mapped(in[1], [](double x) { return x * x; })};
         }},
    {.op = "while_loop",
     .attrs = kThreeSines,
     .inputs = {{.values = {0}, .dtype = DType::kInt32}, {.shape = {3}}},
     .dtypes = {DType::kFloat64},
     .out_dtypes = {DType::kInt32, DType::kFloat64, DType::kInt64},
     .reference =
         [](const std::vector<NdArray>& in) {
           NdArray x = in[1];
           for (int i = 0; i < 3; ++i) x = mapped(x, [](double v) { return std::sin(v) * 1.5; });
           return std::vector{NdArray(Shape{}, 3), x, NdArray(Shape{}, 3)};
         }},
    {.op = "scan",
     .label = "forwards",
     .attrs = running_tanh(false),
     .inputs = {{.shape = {3}}, {.shape = {4, 3}}, {.shape = {3}}},
     .dtypes = {DType::kFloat64},
     .reference = plain_tanh(false)},
    {.op = "scan",
     .label = "backwards",
     .attrs = running_tanh(true),
     .inputs = {{.shape = {3}}, {.shape = {4, 3}}, {.shape = {3}}},
     .dtypes = {DType::kFloat64},
     .reference = plain_tanh(true)},
});

std::string refusal(const std::function<void()>& action) { return message_of<InvalidArgument>(action); }
void expect_words(const std::string& message, const char* words) {
  EXPECT_NE(message.find(words), std::string::npos) << message;
}

TEST(Cond, RunsOneBranchInsideAProgram) {
  const Tensor scale = Tensor::from<float>({10, 20});
  const Function f = compile([&](const Tensors& x) {
    const auto grow = [&](const Tensors& v) { return Tensors{v[0] * scale}; };
    const auto same = [](const Tensors& v) { return v; };
    return cond(greater(sum(x[0]), 0.0), grow, same, {x[0]});
  });
  EXPECT_EQ(f({Tensor::from<float>({1, 2})})[0].to_vector<float>(), (std::vector<float>{10, 40}));
  EXPECT_EQ(f({Tensor::from<float>({-1, -2})})[0].to_vector<float>(), (std::vector<float>{-1, -2}));
  expect_words(f.graph({scale}), "true_fn={\n  %0");
}

TEST(Cond, KeepsAwayFromTheOtherBranch) {
  // The other one would not end.
  const auto forever = [](const Tensors& v) {
    return while_loop([](const Tensors&) { return full({}, 1, DType::kBool); },
                      [](const Tensors& w) { return w; }, v);
  };
  const Tensor x = Tensor::from<float>({3});
  EXPECT_EQ(cond(full({}, 1, DType::kBool), [](const Tensors& v) { return v; }, forever, {x})[0].item(), 3);
}

TEST(Cond, LeadsGradientsToWhatItReads) {
  const Tensor x = Tensor::from<double>({2.0}), w = Tensor::from<double>({3.0});
  const auto loss = [&](const Tensor& pick) {
    return sum(cond(
        pick, [&](const Tensors&) { return Tensors{x * x * w}; },
        [&](const Tensors&) { return Tensors{w * w}; })[0]);
  };
  const Tensors taken = gradients(loss(full({}, 1, DType::kBool)), {x, w});
  EXPECT_EQ(taken[0].item(), 12);
  EXPECT_EQ(taken[1].item(), 4);
  const Tensors other = gradients(loss(full({}, 0, DType::kBool)), {x, w});
  EXPECT_EQ(other[0].item(), 0);
  EXPECT_EQ(other[1].item(), 6);
}

TEST(Cond, SaysWhatIsWrong) {
  const Tensor x = Tensor::from<float>({1, 2});
  const auto same = [](const Tensors& v) { return v; };
  expect_words(refusal([&] { cond(greater(x, 0.0), same, same, {x}); }),
               "the predicate must be a bool scalar");
  expect_words(refusal([&] { cond(Tensor(1.0f), same, same, {x}); }), "the predicate must be a bool scalar");
  const auto total = [](const Tensors& v) { return Tensors{sum(v[0])}; };
  expect_words(refusal([&] { cond(full({}, 1, DType::kBool), same, total, {x}); }),
               "true_fn returns float32(2,), false_fn float32()");
}

TEST(WhileLoop, RunsAsLongAsItShould) {
  // The greatest common divisor.
  const auto gcd = [](int a, int b) {
    const Tensors result = while_loop([](const Tensors& v) { return not_equal(v[1], 0.0); },
                                      [](const Tensors& v) {
                                        const Tensor rest = v[0] - floor_divide(v[0], v[1]) * v[1];
                                        return Tensors{v[1], rest};
                                      },
                                      {full({}, a, DType::kInt32), full({}, b, DType::kInt32)});
    return result[0].item<int>();
  };
  EXPECT_EQ(gcd(1071, 462), 21);
  EXPECT_EQ(gcd(17, 0), 17);
}

TEST(WhileLoop, EndsWithAnErrorBeyondItsBound) {
  const Tensor x = Tensor::from<float>({1});
  const auto loop = [&](int64_t most) {
    return while_loop([](const Tensors& v) { return less(sum(v[0]), 100.0); },
                      [](const Tensors& v) { return Tensors{v[0] * 2.0}; }, {x}, {.max_iterations = most})[0];
  };
  EXPECT_EQ(loop(7).item(), 128);
  expect_words(refusal([&] { loop(6).eval(); }), "would go on after max_iterations = 6");
  expect_words(refusal([&] { gradients(sum(loop(6)), {x})[0].eval(); }), "would go on after");
  EXPECT_EQ(gradients(sum(loop(7)), {x})[0].item(), 128);
  EXPECT_EQ(gradients(sum(loop(12)), {x})[0].item(), 128);
}

TEST(WhileLoop, GivesItsMemoryBackWhenItFails) {
  const auto memory = std::make_shared<MemoryPool>();
  const Function f = compile(
      [](const Tensors& x) {
        return while_loop([](const Tensors&) { return full({}, 1, DType::kBool); },
                          [](const Tensors& v) { return Tensors{v[0] * 2.0}; }, {x[0]},
                          {.max_iterations = 3});
      },
      "endless", memory);
  const Tensor x = full({100}, 1);
  EXPECT_THROW(f({x}), InvalidArgument);
  const size_t bytes = memory->bytes();
  EXPECT_GT(bytes, 0u);
  for (int i = 0; i < 3; ++i) EXPECT_THROW(f({x}), InvalidArgument);
  EXPECT_EQ(memory->bytes(), bytes);
}

TEST(WhileLoop, SaysWhatIsWrong) {
  const Tensor x = Tensor::from<float>({1, 2});
  const auto same = [](const Tensors& v) { return v; };
  const auto never = [](const Tensors&) { return full({}, 0, DType::kBool); };
  expect_words(refusal([&] { while_loop([](const Tensors& v) { return greater(v[0], 0.0); }, same, {x}); }),
               "cond must return a bool scalar, not bool(2,)");
  expect_words(refusal([&] { while_loop(never, [](const Tensors& v) { return Tensors{sum(v[0])}; }, {x}); }),
               "the body must return the loop variables in their shapes and dtypes, float32(2,)");
  expect_words(refusal([&] { while_loop(never, same, {x}, {.max_iterations = -1}); }), "must be 0 or more");
  expect_words(refusal([&] { gradients(sum(while_loop(never, same, {x})[0]), {x}); }), "needs a bound");
}

// A recurrent cell of one's own, beside the same written out.
struct Cell {
  Tensor kernel, recurrent;
  Tensor operator()(const Tensor& h, const Tensor& x) const {
    return tanh(matmul(x, kernel) + matmul(h, recurrent));
  }
};

class ScanCell : public ::testing::TestWithParam<bool> {
 protected:
  static constexpr int64_t kSteps = 5;
  static Tensor numbers(const Shape& shape, double scale) {
    std::vector<double> values;
    for (int64_t i = 0; i < shape.size(); ++i)
      values.push_back(std::sin(static_cast<double>(3 * i + 1)) * scale);
    return Tensor::from(values, shape);
  }
  static Tensors written_out(const Cell& cell, const Tensors& xs, bool reverse) {
    Tensor h = full({2, 3}, 0.1, DType::kFloat64), total = full({}, 0, DType::kFloat64);
    for (int64_t i = 0; i < kSteps; ++i) {
      h = cell(h, xs[static_cast<size_t>(reverse ? kSteps - 1 - i : i)]);
      total = total + sum(h * h) * static_cast<double>(reverse ? kSteps - i : i + 1);
    }
    return {h, total};
  }
  static Tensors scanned(const Cell& cell, const Tensors& xs, bool reverse) {
    const Tensor weights = Tensor::from<double>({1, 2, 3, 4, 5});
    const Tensor sequence = stack_of(xs);
    const ScanResult result = scan(
        [&](const Tensors& carry, const Tensors& x) -> ScanResult {
          const Tensor h = cell(carry[0], x[0]);
          return {{h}, {sum(h * h) * x[1]}};
        },
        {full({2, 3}, 0.1, DType::kFloat64)}, {sequence, weights}, {.reverse = reverse});
    return {result.carry[0], sum(result.ys[0])};
  }
  static Tensor stack_of(const Tensors& xs) {
    // By scatter into zeros, so that gradients flow back to each: x_t * one_hot(t).
    Tensor all = full({kSteps, 2, 4}, 0, DType::kFloat64);
    for (size_t t = 0; t < xs.size(); ++t) {
      std::vector<double> mask(kSteps, 0.0);
      mask[t] = 1;
      all = all + xs[t] * Tensor::from(mask, {kSteps, 1, 1});
    }
    return all;
  }
};

TEST_P(ScanCell, IsTheLoopWrittenOut) {
  const Cell cell{numbers({4, 3}, 0.5), numbers({3, 3}, 0.7)};
  Tensors xs;
  for (int64_t t = 0; t < kSteps; ++t)
    xs.push_back(numbers({2, 4}, 0.3 + 0.2 * static_cast<double>(t)).eval());
  Tensors by = xs;
  by.push_back(cell.kernel);
  by.push_back(cell.recurrent);
  const auto everything = [&](auto run) {
    const Tensors values = run(cell, xs, GetParam());
    const Tensor loss = sum(values[0]) + values[1];
    Tensors all = values;
    const Tensors first = gradients(loss, by);
    Tensor norm = full({}, 0, DType::kFloat64);
    for (const Tensor& gradient : first) norm = norm + sum(gradient * gradient);
    all.insert(all.end(), first.begin(), first.end());
    for (const Tensor& gradient : gradients(norm, by)) all.push_back(gradient);
    return all;
  };
  const Tensors expected = everything(written_out), actual = everything(scanned);
  ASSERT_EQ(actual.size(), 2 + 2 * by.size());
  for (size_t i = 0; i < expected.size(); ++i) {
    const auto a = actual[i].to_vector<double>(), e = expected[i].to_vector<double>();
    ASSERT_EQ(a.size(), e.size());
    for (size_t k = 0; k < a.size(); ++k) EXPECT_NEAR(a[k], e[k], 1e-10 * (1 + std::abs(e[k]))) << i;
  }
}

INSTANTIATE_TEST_SUITE_P(Directions, ScanCell, ::testing::Bool());

TEST(Scan, KeepsCarriesForGradientsAlone) {
  const auto f = [](const Tensors& x) {
    return scan(
               [](const Tensors& c, const Tensors& v) {
                 return ScanResult{{c[0] * v[0]}, {}};
               },
               {full({}, 1, x[0].dtype())}, {x[0]})
        .carry;
  };
  const Tensor x = Tensor::from<double>({2, 3, 5});
  const Function product = compile(f);
  EXPECT_EQ(product({x})[0].item(), 30);
  expect_words(product.graph({x}), "saves=false");
  const Function slope = compile(grad([&](const Tensors& v) { return f(v)[0]; }));
  EXPECT_EQ(slope({x})[0].to_vector<double>(), (std::vector<double>{15, 10, 6}));
  expect_words(slope.graph({x}), "saves=true");
}

TEST(Scan, RunsOverNothingAndWithoutXs) {
  const auto twice = [](const Tensors& c, const Tensors&) { return ScanResult{{c[0] * 2.0}, {c[0]}}; };
  const Tensor one = Tensor::from<float>({1});
  const ScanResult powers = scan(twice, {one}, {}, {.length = 4});
  EXPECT_EQ(powers.carry[0].item(), 16);
  EXPECT_EQ(powers.ys[0].to_vector<float>(), (std::vector<float>{1, 2, 4, 8}));
  const ScanResult nothing = scan(twice, {one}, {}, {.length = 0});
  EXPECT_EQ(nothing.carry[0].item(), 1);
  EXPECT_EQ(nothing.ys[0].shape().str(), "(0, 1)");
  EXPECT_EQ(gradients(sum(nothing.carry[0]), {one})[0].item(), 1);
}

TEST(Scan, HoldsOtherControlFlow) {
  // Collatz: how many steps each number needs, as a scan over numbers of a while_loop with a cond.
  const auto collatz = [](const Tensors&, const Tensors& x) -> ScanResult {
    const Tensors end = while_loop([](const Tensors& v) { return not_equal(v[0], 1.0); },
                                   [](const Tensors& v) {
                                     const Tensor half = floor_divide(v[0], 2.0);
                                     const Tensor even = equal(half * 2.0, v[0]);
                                     const Tensor next = cond(
                                         even, [&](const Tensors&) { return Tensors{half}; },
                                         [&](const Tensors&) { return Tensors{v[0] * 3.0 + 1.0}; })[0];
                                     return Tensors{next, v[1] + 1.0};
                                   },
                                   {x[0], full({}, 0, DType::kInt32)}, {.max_iterations = 200});
    return {{}, {end[1]}};
  };
  const Tensor n = Tensor::from<int32_t>({1, 2, 3, 6, 7, 27});
  EXPECT_EQ(scan(collatz, {}, {n}).ys[0].to_vector<int>(), (std::vector<int>{0, 1, 7, 8, 16, 111}));
}

TEST(Scan, OfEqualBodiesIsOne) {
  const Function f = compile([](const Tensors& x) {
    const auto add = [](const Tensors& c, const Tensors& v) { return ScanResult{{c[0] + v[0]}, {}}; };
    const Tensor zero = full({}, 0, DType::kFloat32);
    return Tensors{scan(add, {zero}, {x[0]}).carry[0] * scan(add, {zero}, {x[0]}).carry[0]};
  });
  const Tensor x = Tensor::from<float>({1, 2});
  EXPECT_EQ(f({x})[0].item(), 9);
  const std::string graph = f.graph({x});
  EXPECT_EQ(graph.find("scan("), graph.rfind("scan(")) << graph;
}

TEST(Scan, RunsInSeveralThreads) {
  const Function f = compile([](const Tensors& x) {
    return scan(
               [](const Tensors& c, const Tensors& v) {
                 return ScanResult{{tanh(c[0] * 0.5 + v[0])}, {}};
               },
               {full({8}, 0)}, {x[0]})
        .carry;
  });
  std::vector<std::thread> threads;
  std::vector<int> wrong(4, 0);
  for (size_t t = 0; t < wrong.size(); ++t) {
    threads.emplace_back([&, t] {
      const Tensor x = full({20, 8}, static_cast<double>(t + 1) / 8).eval();
      const std::vector<float> expected = f({x})[0].to_vector<float>();
      for (int i = 0; i < 100; ++i) wrong[t] += f({x})[0].to_vector<float>() != expected;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, std::vector<int>(4, 0));
}

TEST(Scan, SaysWhatIsWrong) {
  const Tensor x = Tensor::from<float>({1, 2});
  const auto grows = [](const Tensors& c, const Tensors&) {
    return ScanResult{{full({3}, 0) * sum(c[0])}, {}};
  };
  EXPECT_EQ(
      refusal([&] { scan(grows, {x}, {x}); }),
      "scan: carry 0 is float32(2,), but f returns float32(3,) for it; a carry keeps its shape and dtype");
  const auto loses = [](const Tensors&, const Tensors&) { return ScanResult{}; };
  expect_words(refusal([&] { scan(loses, {x}, {x}); }), "a carry of 0 tensors, but init has 1");
  const auto same = [](const Tensors& c, const Tensors&) { return ScanResult{c, {}}; };
  expect_words(refusal([&] { scan(same, {x}, {}); }), "give .length");
  expect_words(refusal([&] { scan(same, {x}, {}, {.length = -1}); }), "must be 0 or more");
  expect_words(refusal([&] { scan(same, {x}, {x}, {.length = 3}); }),
               "received float32(2,) where 3 was expected");
  expect_words(refusal([&] { scan(same, {x}, {Tensor(1.0f)}); }), "a scalar has none");
  Tensor leaked;
  const auto leaks = [&](const Tensors& c, const Tensors&) {
    leaked = c[0] * 2.0;
    return ScanResult{c, {}};
  };
  scan(leaks, {x}, {x});
  expect_words(refusal([&] { leaked.eval(); }), "stands for an argument");
  const auto returns_it = [&](const Tensors& c, const Tensors& v) {
    scan(leaks, c, v);
    return ScanResult{{leaked}, {}};
  };
  expect_words(refusal([&] {
                 scan(returns_it, {x}, {full({2, 2}, 1)});
               }),
               "stands for an argument of another function");
}

}  // namespace
}  // namespace lamina::testing
