// Compiled functions and steps: caching by signature, donated state, no allocation in the steady state.
#include "lamina/core/compile.h"

#include <gtest/gtest.h>

#include <thread>

#include "lamina/backend/backend.h"
#include "lamina/base/error.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/reduce.h"
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

TEST(Step, UpdatesStateInPlaceAndAllocatesNothing) {
  Step step([](const std::vector<Tensor>& a) { return std::vector<Tensor>{a[0] + a[1], sum(a[0])}; }, 1);
  const std::vector<Tensor> state{Tensor::from<float>({1, 2}).eval()};
  const std::vector<Tensor> batch{Tensor::from<float>({10, 10}).eval()};
  const void* address = state[0].data<float>();
  EXPECT_EQ(step(state, batch)[0].item(), 3);
  const int64_t before = buffer_allocations();
  EXPECT_EQ(step(state, batch)[0].data<float>()[0], 23);
  EXPECT_EQ(buffer_allocations(), before);
  EXPECT_EQ(state[0].data<float>(), address);
  EXPECT_EQ(state[0].to_vector<float>(), (std::vector<float>{21, 22}));
  EXPECT_EQ(step.statistics().state_copies, 0);
  EXPECT_EQ(step.statistics().programs, 1);
}

TEST(Step, SaysWhatIsWrongWithTheNewState) {
  const std::vector<Tensor> state{Tensor::from<float>({1, 2})};
  Step other([](const std::vector<Tensor>& a) { return std::vector<Tensor>{sum(a[0])}; }, 1, "train step");
  EXPECT_EQ(message_of<InvalidArgument>([&] { other(state, {}); }),
            "train step: state 0 is float32(2,) but its new value is float32()");
  Step none([](const std::vector<Tensor>&) { return std::vector<Tensor>{}; }, 1);
  EXPECT_EQ(message_of<InvalidArgument>([&] { none(state, {}); }),
            "step: returned 0 tensors, fewer than its state of 1");
}

TEST(Step, RefusesAStateOfAnotherLength) {
  Step step([](const std::vector<Tensor>& a) { return std::vector<Tensor>{a[0] + a[1]}; }, 1);
  const std::vector<Tensor> one{Tensor::from<float>({1, 2})};
  const std::vector<Tensor> two{Tensor::from<float>({1, 2}), Tensor::from<float>({3, 4})};
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

}  // namespace
}  // namespace lamina
