// Compiled functions and steps: caching by signature, donated state, no allocation in the steady state.
#include "lamina/core/compile.h"

#include <gtest/gtest.h>

#include <cmath>
#include <thread>

#include "lamina/backend/backend.h"
#include "lamina/base/error.h"
#include "lamina/base/threads.h"
#include "lamina/graph/memory_pool.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/full.h"
#include "lamina/ops/matmul.h"
#include "lamina/ops/reduce.h"
#include "lamina/ops/reshape.h"
#include "lamina/ops/unary.h"
#include "tests/support/temporary_folder.h"

namespace lamina {
namespace {

using test::message_of;

TEST(Compile, TracesOncePerSignature) {
  int traces = 0;
  const Function f = compile([&](const std::vector<Tensor>& x) {
    ++traces;
    return std::vector<Tensor>{x[0] * 2.0};
  });
  EXPECT_EQ(f({Tensor::from<float>({1, 2})})[0].to_vector<float>(), (std::vector<float>{2, 4}));
  EXPECT_EQ(f({Tensor::from<float>({3, 4})})[0].to_vector<float>(), (std::vector<float>{6, 8}));
  EXPECT_EQ(traces, 1);
  EXPECT_EQ(f({Tensor::from<float>({5})})[0].item(), 10);
  EXPECT_EQ(traces, 2);
}

TEST(Compile, KeepsCapturedTensorsAsConstants) {
  const Tensor scale = Tensor::from<float>({10});
  const Function f =
      compile([scale](const std::vector<Tensor>& x) { return std::vector<Tensor>{x[0] * scale}; });
  EXPECT_EQ(f({Tensor::from<float>({4})})[0].item(), 40);
}

TEST(Compile, RefusesToLookAtArgumentsWhileTracing) {
  const Function f = compile([](const std::vector<Tensor>& x) {
    return std::vector<Tensor>{x[0] * static_cast<double>(x[0].item())};
  });
  const Tensor x = Tensor::from<float>({1});
  EXPECT_NE(message_of<InvalidArgument>([&] { f({x}); }).find("stands for an argument of compile"),
            std::string::npos);
  const Function undefined = compile([](const std::vector<Tensor>&) { return std::vector<Tensor>(1); });
  EXPECT_NE(message_of<InvalidArgument>([&] { undefined({x}); }).find("returned an undefined tensor"),
            std::string::npos);
}

TEST(Compile, HandsBackArgumentsAndTheSameResultTwice) {
  const Function f = compile([](const std::vector<Tensor>& x) {
    const Tensor y = exp(x[0]) * 0.0;
    return std::vector<Tensor>{x[0], y, y};
  });
  const auto results = f({Tensor::from<float>({7})});
  EXPECT_EQ(results[0].item(), 7);
  EXPECT_EQ(results[1].item(), 0);
  EXPECT_EQ(results[2].item(), 0);
}

TEST(Compile, BecomesPartOfAGradient) {
  const Function square =
      compile([](const std::vector<Tensor>& x) { return std::vector<Tensor>{x[0] * x[0]}; });
  const auto cube = [&](const std::vector<Tensor>& x) { return sum(square({x[0]})[0] * x[0]); };
  const Tensor x = Tensor::from<double>({1, 2, 3});
  EXPECT_EQ(grad(cube)({x})[0].to_vector<double>(), (std::vector<double>{3, 12, 27}));
  const auto slope = [&](const std::vector<Tensor>& a) { return sum(grad(cube)(a)[0]); };
  EXPECT_EQ(grad(slope)({x})[0].to_vector<double>(), (std::vector<double>{6, 12, 18}));
}

TEST(Compile, BecomesPartOfAnotherFunction) {
  int traces = 0;
  const Function inner = compile([&](const std::vector<Tensor>& x) {
    ++traces;
    return std::vector<Tensor>{x[0] + 1.0};
  });
  const Function outer = compile([&](const std::vector<Tensor>& x) {
    return std::vector<Tensor>{inner({x[0] * 2.0})[0] * inner({x[0]})[0]};
  });
  EXPECT_EQ(outer({Tensor::from<float>({1, 2})})[0].to_vector<float>(), (std::vector<float>{6, 15}));
  EXPECT_EQ(traces, 2);
}

// What a function captures may belong to a trace around it, though its arguments do not.
TEST(Compile, BecomesPartOfWhatItsCapturesBelongTo) {
  const Tensor x = Tensor::from<double>({1, 2, 3}), one = Tensor::from<double>({1, 1, 1});
  const auto through = [&](const std::vector<Tensor>& a) {
    const Function scaled =
        compile([&](const std::vector<Tensor>& y) { return std::vector<Tensor>{y[0] * a[0] * a[0]}; });
    return std::vector<Tensor>{scaled({one})[0]};
  };
  EXPECT_EQ(
      grad([&](const std::vector<Tensor>& a) { return sum(through(a)[0]); })({x})[0].to_vector<double>(),
      (std::vector<double>{2, 4, 6}));
  EXPECT_EQ(compile(through)({x})[0].to_vector<double>(), (std::vector<double>{1, 4, 9}));
}

TEST(Step, UpdatesStateInPlaceAndAllocatesNothing) {
  Step step([](const std::vector<Tensor>& a) { return std::vector<Tensor>{a[0] + a[1], sum(a[0])}; }, 1);
  std::vector<Tensor> state{Tensor::from<float>({1, 2})}, outputs;
  const std::vector<Tensor> batch{Tensor::from<float>({10, 10})};
  const void* address = state[0].data<float>();
  step(state, batch, outputs);
  EXPECT_EQ(outputs[0].item(), 3);
  const int64_t before = buffer_allocations();
  step(state, batch, outputs);
  EXPECT_EQ(outputs[0].data<float>()[0], 23);
  EXPECT_EQ(buffer_allocations(), before);
  EXPECT_EQ(state[0].data<float>(), address);
  EXPECT_EQ(state[0].to_vector<float>(), (std::vector<float>{21, 22}));
  EXPECT_EQ(step.statistics().state_copies, 0);
  EXPECT_EQ(step.statistics().programs, 1);
}

TEST(Step, TakesBorrowedHandles) {
  Step step([](const std::vector<Tensor>& a) { return std::vector{a[0] + a[1], a[0] * a[2]}; }, 1);
  std::vector<Tensor> state{Tensor::from<float>({1, 2})}, outputs;
  const Tensor two = Tensor::from<float>({2, 2});
  const Tensor* const batch[] = {&two, &two};
  step(state, batch, outputs);
  EXPECT_EQ(outputs[0].to_vector<float>(), (std::vector<float>{2, 4}));
  EXPECT_EQ(state[0].to_vector<float>(), (std::vector<float>{3, 4}));
  const Tensor* const own[] = {&outputs[0], state.data()};
  step(state, own, outputs);
  EXPECT_EQ(state[0].to_vector<float>(), (std::vector<float>{5, 8}));
  EXPECT_EQ(outputs[0].to_vector<float>(), (std::vector<float>{9, 16}));
}

// What fades from step to step would pass through numbers that processors are slow with.
TEST(Step, StateThatFadesBecomesZero) {
  const TensorFunction halve = [](const std::vector<Tensor>& a) { return std::vector{a[0] * 0.5f}; };
  std::vector<Tensor> state{Tensor::from<float>({1e-37f, 1})};
  Step step(halve, 1);
  for (int i = 0; i < 10; ++i) step(state, std::span<const Tensor>());
  EXPECT_EQ(state[0].to_vector<float>(), (std::vector<float>{0, 1.0f / 1024}));
  Tensor kept = Tensor::from<float>({1e-37f, 1});
  for (int i = 0; i < 10; ++i) kept = compile(halve)({kept})[0];
  EXPECT_EQ(std::fpclassify(kept.to_vector<float>()[0]), FP_SUBNORMAL);
}

TEST(Step, LeavesOldValuesToWhoStillHoldsThem) {
  Step step([](const std::vector<Tensor>& a) { return std::vector<Tensor>{a[0] * 2.0, sum(a[0])}; }, 1);
  std::vector<Tensor> state{Tensor::from<float>({1, 2})};
  const Tensor handle = state[0];
  const Tensor pending = state[0] + 10.0;
  const std::vector<Tensor> first = step(state, {});
  const Tensor later = state[0] + 100.0;
  const std::vector<Tensor> second = step(state, {});
  EXPECT_EQ(pending.to_vector<float>(), (std::vector<float>{11, 12}));
  EXPECT_EQ(later.to_vector<float>(), (std::vector<float>{102, 104}));
  EXPECT_EQ(handle.to_vector<float>(), (std::vector<float>{1, 2}));
  EXPECT_EQ(state[0].to_vector<float>(), (std::vector<float>{4, 8}));
  EXPECT_EQ(first[0].item(), 3);
  EXPECT_EQ(second[0].item(), 6);
}

// A function that reads a weight, between steps that train it.
TEST(Step, IsSeenByFunctionsThatCaptureItsState) {
  std::vector<Tensor> state{Tensor::from<float>({1, 2})};
  int traces = 0;
  const Function f = compile([&](const std::vector<Tensor>& x) {
    ++traces;
    return std::vector<Tensor>{x[0] * state[0]};
  });
  Step step([](const std::vector<Tensor>& a) { return std::vector<Tensor>{a[0] * 2.0}; }, 1);
  const Tensor one = Tensor::from<float>({1, 1});
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(f({one})[0].to_vector<float>(), state[0].to_vector<float>());
    EXPECT_EQ(f({one})[0].to_vector<float>(), state[0].to_vector<float>());
    step(state, {});
  }
  EXPECT_EQ(traces, 3);
}

TEST(Step, KeepsOutputsThatSomebodyHolds) {
  Step step([](const std::vector<Tensor>& a) { return std::vector<Tensor>{a[0] + 1.0}; }, 0);
  std::vector<Tensor> outputs;
  step({}, std::vector{Tensor::from<float>({1})}, outputs);
  const Tensor kept = outputs[0];
  step({}, std::vector{Tensor::from<float>({2})}, outputs);
  EXPECT_EQ(kept.item(), 2);
  EXPECT_EQ(outputs[0].item(), 3);
}

// Loops that feed results back, and states that read each other.
TEST(Step, ReadsBatchesThatLieInItsOutputsOrState) {
  Step reverse_sum(
      [](const std::vector<Tensor>& a) {
        return std::vector<Tensor>{a[0] - sum(a[0]), sum(a[0]) + a[0] * 0.0};
      },
      0);
  std::vector<Tensor> both{Tensor::from<float>({1, 2, 3})};
  for (int i = 0; i < 2; ++i) reverse_sum({}, std::span<const Tensor>(both).first(1), both);
  EXPECT_EQ(both[0].to_vector<float>(), (std::vector<float>{7, 8, 9}));  // {-5, -4, -3} and their sum, -12
  EXPECT_EQ(both[1].to_vector<float>(), (std::vector<float>{-12, -12, -12}));

  Step add([](const std::vector<Tensor>& a) { return std::vector<Tensor>{a[0] * 0.0 + sum(a[1]) + a[1]}; },
           1);
  std::vector<Tensor> state{Tensor::from<float>({1, 2})};
  add(state, state);
  EXPECT_EQ(state[0].to_vector<float>(), (std::vector<float>{4, 5}));
  EXPECT_EQ(message_of<InvalidArgument>([&] { add(state, std::vector{state[0]}, state); }),
            "step: state and outputs must be two vectors");
}

TEST(Step, SharesOnePieceOfMemoryWithOthers) {
  const auto memory = std::make_shared<MemoryPool>();
  const auto f = [](const std::vector<Tensor>& a) {
    return std::vector<Tensor>{sum(reshape(exp(a[0]), {2, -1}) + 1.0, {0})};
  };
  Step first(f, 0, "first", memory), second(f, 0, "second", memory);
  const auto zeros_of = [](int64_t n) { return std::vector{zeros({n})}; };
  first({}, zeros_of(1000));
  EXPECT_EQ(memory->bytes(), first.statistics().arena_bytes);
  second({}, zeros_of(3000));  // larger: in the place of the first piece
  const size_t largest = second.statistics().arena_bytes;
  first({}, zeros_of(2000));
  EXPECT_GT(largest, 0u);
  EXPECT_EQ(memory->bytes(), largest);
  EXPECT_EQ(first.statistics().memory_bytes, largest);
}

/// Linux may promise more memory than there is: a program that cannot fit is refused, with the bytes that it
/// needs.
TEST(Compile, RefusesWhatNoMachineCanHold) {
  const Function f = compile([](const std::vector<Tensor>& a) {
    const Tensor table = exp(a[0] * reshape(a[0], {1, -1}));
    return std::vector{matmul(table, a[0])};
  });
  const int64_t side = 4'000'000;
  const std::string message = message_of<Unsupported>([&] { f({ones({side, 1})}); });
  EXPECT_NE(message.find("not enough memory for a block of " + std::to_string(4 * side * side)),
            std::string::npos)
      << message;
}

TEST(Step, RefusesToBePartOfATrace) {
  Step step([](const std::vector<Tensor>& a) { return std::vector<Tensor>{a[0] + 1.0}; }, 0, "predict");
  const Tensor x = Tensor::from<float>({1});
  const auto f = [&](const std::vector<Tensor>& a) { return sum(step({}, a)[0]); };
  EXPECT_EQ(
      message_of<InvalidArgument>([&] { grad(f)({x}); }),
      "predict: a step cannot be called inside grad or compile, since it overwrites its state; call the "
      "function that it was made of");
}

TEST(Step, SaysWhatIsWrongWithTheNewState) {
  std::vector<Tensor> state{Tensor::from<float>({1, 2})};
  Step other([](const std::vector<Tensor>& a) { return std::vector<Tensor>{sum(a[0])}; }, 1, "train step");
  EXPECT_EQ(message_of<InvalidArgument>([&] { other(state, {}); }),
            "train step: state 0 is float32(2,) but its new value is float32()");
  Step none([](const std::vector<Tensor>&) { return std::vector<Tensor>{}; }, 1);
  EXPECT_EQ(message_of<InvalidArgument>([&] { none(state, {}); }),
            "step: returned 0 tensors, fewer than its state of 1");
}

TEST(Step, RefusesAStateOfAnotherLength) {
  Step step([](const std::vector<Tensor>& a) { return std::vector<Tensor>{a[0] + a[1]}; }, 1);
  std::vector<Tensor> one{Tensor::from<float>({1, 2})};
  std::vector<Tensor> two{Tensor::from<float>({1, 2}), Tensor::from<float>({3, 4})};
  // It would write over the batch.
  EXPECT_EQ(message_of<InvalidArgument>([&] { step({}, two); }),
            "step: has a state of 1 tensors, received 0");
  EXPECT_THROW(step(two, {}), InvalidArgument);
  step(one, std::span(two).last(1));
  EXPECT_EQ(one[0].to_vector<float>(), (std::vector<float>{4, 6}));
}

TEST(Compile, RunsInSeveralThreads) {
  const Function f =
      compile([](const std::vector<Tensor>& x) { return std::vector<Tensor>{exp(x[0]) - exp(x[0]) + x[0]}; });
  std::vector<std::thread> threads;
  std::vector<float> results(4);
  for (size_t t = 0; t < results.size(); ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 50; ++i) results[t] = f({Tensor::from<float>({static_cast<float>(t)})})[0].item();
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(results, (std::vector<float>{0, 1, 2, 3}));
}

// Programs are plans: what a run writes is its own.
TEST(Step, RunsInSeveralThreadsAtOnce) {
  Step step(
      [](const std::vector<Tensor>& x) {
        return std::vector<Tensor>{sum(reshape(exp(x[0]) * x[1], {100, 10}) + 1.0, {1})};
      },
      0);
  const auto arguments = [](size_t t) {
    return std::vector{full({1000}, static_cast<double>(t) / 4), full({1000}, 2.0)};
  };
  constexpr size_t kThreads = 4;
  std::vector<std::vector<float>> expected;
  for (size_t t = 0; t < kThreads; ++t) expected.push_back(step({}, arguments(t))[0].to_vector<float>());
  std::vector<std::thread> threads;
  std::vector<int> wrong(kThreads, 0);
  for (size_t t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      const std::vector<Tensor> mine = arguments(t);
      std::vector<Tensor> outputs;
      for (int i = 0; i < 500; ++i) {
        step({}, mine, outputs);
        if (outputs[0].to_vector<float>() != expected[t]) ++wrong[t];
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, std::vector<int>(kThreads, 0));
  EXPECT_EQ(step.statistics().programs, 1);
}

}  // namespace
}  // namespace lamina
