// Eager code that repeats itself plans each graph once, and never takes the program of another.
#include "lamina/core/eager_cache.h"

#include <gtest/gtest.h>

#include <thread>

#include "lamina/base/threads.h"
#include "lamina/core/grad.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/full.h"
#include "lamina/ops/matmul.h"
#include "lamina/ops/reduce.h"
#include "lamina/ops/unary.h"

namespace lamina {
namespace {

int64_t made() { return detail::EagerCache::of_this_thread().made(); }

// Programs that `f` makes.
int64_t made_by(const std::function<void()>& f) {
  const int64_t before = made();
  f();
  return made() - before;
}

TEST(EagerCache, ATrainingLoopPlansOnce) {
  const Tensor x = Tensor::from<float>({{1, 2}, {3, 4}, {5, 6}}), y = Tensor::from<float>({{5}, {11}, {17}});
  Tensor w = zeros({2, 1});
  float loss = 0;
  const auto step = [&] {
    const Tensor error = matmul(x, w) - y, total = mean(error * error);
    w = (w - gradients(total, {w})[0] * 0.01).eval();
    loss = total.item();
  };
  EXPECT_GE(made_by(step), 1);
  EXPECT_LE(made_by(step), 1);  // the loss was pending with the weights of nothing computed yet
  EXPECT_EQ(made_by([&] {
              for (int i = 0; i < 200; ++i) step();
            }),
            0);
  EXPECT_LT(loss, 0.1f);
}

TEST(EagerCache, WhatDiffersIsAnotherProgram) {
  const Tensor x = Tensor::from<float>({1, -2, 3}), longer = Tensor::from<float>({1, -2, 3, -4});
  const Tensor integers = Tensor::from<int32_t>({1, -2, 3});
  const auto run = [](const Tensor& a, double factor) { return (a * factor + 0.125).to_vector<double>(); };
  run(x, 3.5);
  EXPECT_EQ(made_by([&] { EXPECT_EQ(run(x, 3.5), (std::vector<double>{3.625, -6.875, 10.625})); }), 0);
  EXPECT_EQ(made_by([&] { EXPECT_EQ(run(x, 4), (std::vector<double>{4.125, -7.875, 12.125})); }), 1);
  EXPECT_EQ(made_by([&] { EXPECT_EQ(run(longer, 3.5).size(), 4u); }), 1);
  EXPECT_EQ(made_by([&] { EXPECT_EQ(run(integers, 3.5), (std::vector<double>{3.625, -6.875, 10.625})); }), 1);
  // One argument twice is not two arguments.
  const auto sums = [](const Tensor& a, const Tensor& b) { return (a * 2.0 + b * 3.0).to_vector<float>(); };
  EXPECT_EQ(sums(x, x), (std::vector<float>{5, -10, 15}));
  EXPECT_EQ(made_by([&] { EXPECT_EQ(sums(x, x * 1.0), (std::vector<float>{5, -10, 15})); }), 1);
  // What is held besides is computed besides.
  const auto held = [&](bool hold) {
    Tensor inner = exp(x * 0.75);
    const Tensor total = sum(inner * 5.0);
    if (!hold) inner = Tensor();
    const float value = total.item();
    EXPECT_EQ(inner.computed(), hold);
    return value;
  };
  const float value = held(false);
  EXPECT_EQ(made_by([&] { EXPECT_EQ(held(true), value); }), 1);
  EXPECT_EQ(made_by([&] { EXPECT_EQ(held(true), value); }), 0);
  const int threads = num_threads();
  EXPECT_EQ(made_by([&] {
              set_num_threads(threads == 1 ? 2 : 1);
              run(x, 3.5);
              set_num_threads(threads);
            }),
            1);
}

TEST(EagerCache, IsBounded) {
  const Tensor x = ones({4});
  for (int i = 0; i < 400; ++i)
    EXPECT_EQ((x * (1.0 + i)).to_vector<float>()[3], 1.0f + static_cast<float>(i));
  EXPECT_LE(detail::EagerCache::of_this_thread().size(), detail::EagerCache::kMost);
  EXPECT_EQ(made_by([&] { (x * 400.0).eval(); }), 0);
  EXPECT_EQ(made_by([&] { (x * 1.0).eval(); }), 1);
}

TEST(EagerCache, EachThreadHasItsOwn) {
  const auto work = [] { return sum(exp(ones({64}) * 0.5) + 0.0625).item(); };
  const float expected = work();
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int n = 0; n < 50; ++n) EXPECT_EQ(work(), expected);
      EXPECT_LE(made(), 2);
    });
  }
  for (std::thread& thread : threads) thread.join();
}

}  // namespace
}  // namespace lamina
