// How many programs are kept: as many as fit a bound of bytes, however many that are.
#include <gtest/gtest.h>

#include "lamina/core/compile.h"
#include "lamina/core/program_cache.h"
#include "lamina/nn/layers/layers.h"
#include "lamina/nn/model.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/full.h"
#include "lamina/ops/random.h"
#include "lamina/ops/reduce.h"

namespace lamina {
namespace {

using detail::ProgramCache;

/// A step whose programs hold a table of that shape each, and which counts how often it is traced.
Step step_with_table(const Shape& shape, int& traced) {
  return Step(
      [shape, &traced](const std::vector<Tensor>& args) {
        ++traced;
        const Tensor table = random_normal(random_key(1), shape).eval();
        return std::vector<Tensor>{sum(args[0]) + sum(table)};
      },
      0);
}

TEST(ProgramMemory, FortyLengthsInTurnAreBuiltOnce) {
  Sequential model({Input({-1, 3}), GRU(4), Dense(1)}, {.seed = 1});
  model.compile({.optimizer = "sgd", .loss = "mse"});
  const Tensor y = zeros({2, 1});
  for (int epoch = 0; epoch < 2; ++epoch) {
    for (int64_t length = 1; length <= 40; ++length) model.train_on_batch(zeros({2, length, 3}), y);
    EXPECT_EQ(model.programs_built(), 40) << "epoch " << epoch;
  }
  EXPECT_LE(model.train_statistics().program_bytes, ProgramCache::kBytes);
  EXPECT_GT(model.train_statistics().program_bytes, 40u * 1024) << "the estimate leaves something out";
}

TEST(ProgramMemory, FourHundredBatchSizesStayWithinTheBound) {
  int traced = 0;
  // Each program holds a table of its own: 400 of them are 400 MiB.
  Step step = step_with_table({512, 512}, traced);
  for (int64_t batch = 1; batch <= 400; ++batch) {
    const std::vector<Tensor> x = {ones({batch}).eval()};
    step({}, x);
    EXPECT_LE(step.statistics().program_bytes, ProgramCache::kBytes);
  }
  EXPECT_EQ(traced, 400);
  EXPECT_GT(step.statistics().program_bytes, ProgramCache::kBytes / 2);
  const std::vector<Tensor> last = {ones({400}).eval()}, first = {ones({1}).eval()};
  step({}, last);
  EXPECT_EQ(traced, 400) << "the newest is kept";
  step({}, first);
  EXPECT_EQ(traced, 401) << "the oldest is gone";
}

TEST(ProgramMemory, TheOneNotUsedLongestGoes) {
  int traced = 0;
  Step step = step_with_table({512, 512}, traced);
  const std::vector<Tensor> often = {ones({1000}).eval()};
  step({}, often);
  for (int64_t batch = 1; batch <= 100; ++batch) {
    const std::vector<Tensor> x = {ones({batch}).eval()};
    step({}, x);
    step({}, often);
  }
  EXPECT_EQ(traced, 101);
}

TEST(ProgramMemory, WhatOthersHoldIsNotCounted) {
  const Tensor table = random_normal(random_key(1), {4096, 4096}).eval();  // 64 MiB, the user's
  int traced = 0;
  const Function f = compile([&](const std::vector<Tensor>& args) {
    ++traced;
    return std::vector<Tensor>{args[0] + sum(table)};
  });
  for (int turn = 0; turn < 3; ++turn) {
    for (int64_t batch = 1; batch <= 3; ++batch) f({ones({batch})});
  }
  EXPECT_EQ(traced, 3);
}

TEST(ProgramMemory, TheNewestStaysWhateverItHolds) {
  int traced = 0;
  Step step = step_with_table({4096, 4352}, traced);
  const std::vector<Tensor> x = {ones({3}).eval()};
  step({}, x);
  step({}, x);
  EXPECT_EQ(traced, 1);
}

}  // namespace
}  // namespace lamina
