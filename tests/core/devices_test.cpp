// Tensors on devices: copies between them, what may be mixed, and every way to run a graph without a host
// access.
#include <gtest/gtest.h>

#include <stdlib.h>

#include <algorithm>
#include <string>
#include <vector>

#include "lamina/backend/stream.h"
#include "lamina/base/error.h"
#include "lamina/core/compile.h"
#include "lamina/core/dlpack.h"
#include "lamina/core/grad.h"
#include "lamina/core/symbol.h"
#include "lamina/core/tensor.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/compare.h"
#include "lamina/ops/concatenate.h"
#include "lamina/ops/control.h"
#include "lamina/ops/full.h"
#include "lamina/ops/matmul.h"
#include "lamina/ops/random.h"
#include "lamina/ops/reduce.h"
#include "lamina/ops/softmax.h"
#include "lamina/ops/unary.h"
#include "lamina/ops/where.h"
#include "tests/support/null_device.h"
#include "tests/support/op_rows.h"
#include "tests/support/temporary_folder.h"

namespace lamina {
namespace {

using test::message_of;
using testing::clear_null_calls;
using testing::count_null_calls;
using testing::kNullDevice;
using testing::null_calls;
using testing::NullCall;
using What = NullCall::What;

const testing::OpWithoutRows to_device("to_device", "tests/core/devices_test.cpp copies between devices");

std::vector<std::string> launched() {
  std::vector<std::string> ops;
  for (const NullCall& call : null_calls()) {
    if (call.what == What::kLaunch) ops.push_back(call.op);
  }
  return ops;
}

Tensor numbers() { return Tensor::from<float>({1, 2, 3}); }

TEST(TensorTo, IsTheTensorItselfWhereItIsAlready) {
  const Tensor x = numbers();
  EXPECT_EQ(x.to("/CPU:0").node(), x.node());
  const Tensor y = x.to("/NULL:0");
  EXPECT_EQ(y.to(kNullDevice).node(), y.node());
}

TEST(TensorTo, CopiesElementsOnceAndInOrder) {
  const Tensor x = numbers();
  clear_null_calls();
  const Tensor y = x.to("/NULL:0");
  EXPECT_EQ(y.device(), kNullDevice);
  EXPECT_EQ(y.type(), x.type());
  EXPECT_EQ(x.device().str(), "/CPU:0");
  const std::vector<NullCall> calls = null_calls();
  ASSERT_EQ(calls.size(), 2u);
  EXPECT_EQ(calls[0].what, What::kAllocate);
  EXPECT_EQ(calls[1].what, What::kFromHost);
  EXPECT_EQ(calls[1].bytes, 12u);
  EXPECT_EQ(y.to("/CPU:0").to_vector<float>(), (std::vector<float>{0, 0, 0}));
  EXPECT_EQ(y.to("/NULL:1").device().str(), "/NULL:1");
  EXPECT_EQ((x + 1.0).to(kNullDevice).shape(), Shape{3}) << "pending ones are computed first";
  EXPECT_EQ(Tensor::from(std::vector<float>{}, {0, 2}).to(kNullDevice).shape(), (Shape{0, 2}));
}

TEST(TensorTo, TakesTheMaskAlong) {
  const Tensor x = numbers();
  set_mask(x, Tensor::from(std::vector<bool>{true, false, true}, {3}));
  EXPECT_EQ(mask_of(x.to(kNullDevice)).device(), kNullDevice);
}

TEST(TensorTo, SaysWhatItCannot) {
  const Tensor x = numbers();
  EXPECT_NE(message_of<Unsupported>([&] {
              x.to(Device{DeviceKind::kGpu, 99});
            }).find("no device /GPU:99"),
            std::string::npos);
  EXPECT_THROW(x.to("/TPU:0"), InvalidArgument);
  EXPECT_THROW(Tensor().to("/CPU:0"), InvalidArgument);
  const Function f = compile([](const std::vector<Tensor>& a) { return std::vector{a[0].to("/NULL:0")}; });
  const std::string traced = message_of<InvalidArgument>([&] { f({x}); });
  EXPECT_NE(traced.find("Tensor::to(\"/NULL:0\")"), std::string::npos) << traced;
  EXPECT_NE(traced.find("/CPU:0 stands for an argument"), std::string::npos) << traced;
  EXPECT_NE(traced.find("copy before or after the call"), std::string::npos) << traced;
}

TEST(TensorTo, LetsGradientsPass) {
  const Tensor w = Tensor::from<float>({2, 3});
  const Tensor there = (w * w).to("/NULL:0");
  const Tensor back = there.to("/CPU:0");
  EXPECT_EQ(gradients(sum(there * 3.0), {w}).at(0).device().str(), "/CPU:0");
  const Tensor gradient = gradients(sum(back), {w}).at(0);
  EXPECT_EQ(gradient.device().str(), "/CPU:0");
  EXPECT_EQ(gradient.shape(), Shape{2});
  const TensorFunction f = grad([](const std::vector<Tensor>& x) { return sum((x[0] * 2.0).to("/NULL:0")); });
  EXPECT_EQ(f({w})[0].device().str(), "/CPU:0");
  // To a device and back there is nothing between: the same numbers as without.
  EXPECT_EQ(gradients(sum((w * 3.0).to("/CPU:0")), {w}).at(0).to_vector<float>(), (std::vector<float>{3, 3}));
}

TEST(Devices, OpsRunWhereTheirTensorsAre) {
  const Tensor x = numbers().to(kNullDevice);
  clear_null_calls();
  const Tensor y = softmax(x * 2.0 + x);
  EXPECT_EQ(y.device(), kNullDevice);
  y.eval();
  EXPECT_FALSE(launched().empty());
  EXPECT_EQ(count_null_calls(What::kToHost), 0u);
  EXPECT_EQ(count_null_calls(What::kSynchronize), 0u) << "nobody looked";
  EXPECT_EQ(y.to_vector<float>(), (std::vector<float>{0, 0, 0}));
  EXPECT_EQ(count_null_calls(What::kToHost), 1u);
  EXPECT_EQ(sum(y).item(), 0);
  EXPECT_EQ(y.str(), "[0., 0., 0.] float32(3,)");
}

TEST(Devices, AScopeSaysWhereTensorsAreMade) {
  const auto scope = device("/NULL:0");
  EXPECT_EQ(numbers().device(), kNullDevice);
  EXPECT_EQ(zeros({2}).device(), kNullDevice);
  EXPECT_EQ(random_normal(random_key(1), {2}).eval().device(), kNullDevice);
}

TEST(Devices, TensorsOfDifferentDevicesAreNotMixed) {
  const Tensor here = numbers(), there = here.to(kNullDevice);
  for (const auto& text :
       {message_of<InvalidArgument>([&] { static_cast<void>(here + there); }),
        message_of<InvalidArgument>([&] { static_cast<void>((here * 2.0) + there); }),
        message_of<InvalidArgument>([&] {
          static_cast<void>(concatenate({there, here}));
        }),
        message_of<InvalidArgument>([&] {
          compile([](const std::vector<Tensor>& a) { return std::vector{a[0] + a[1]}; })({here, there});
        })}) {
    EXPECT_NE(text.find("different devices"), std::string::npos) << text;
    EXPECT_NE(text.find("/CPU:0"), std::string::npos) << text;
    EXPECT_NE(text.find("/NULL:0"), std::string::npos) << text;
    EXPECT_NE(text.find("Tensor::to"), std::string::npos) << text;
  }
}

TEST(Devices, ConstantsFollowTheTensorsThatTheyAreUsedWith) {
  const Tensor there = numbers().to(kNullDevice);
  EXPECT_EQ((1.0 - there).device(), kNullDevice);
  EXPECT_EQ((ones({3}) + there).device(), kNullDevice);
  EXPECT_EQ(where(cast(ones({3}), DType::kBool), there, zeros({3})).device(), kNullDevice);
  Tensor computed = ones({3});
  computed.eval();
  EXPECT_THROW(static_cast<void>(computed + there), InvalidArgument) << "it has elements somewhere";
}

TEST(Devices, EvalTakesTensorsOfSeveral) {
  const Tensor here = numbers() * 2.0, there = numbers().to(kNullDevice) * 2.0;
  const Tensor both[] = {there, here};
  eval(both);
  EXPECT_TRUE(there.computed());
  EXPECT_EQ(there.buffer()->device(), kNullDevice);
  EXPECT_EQ(here.to_vector<float>(), (std::vector<float>{2, 4, 6}));
}

TEST(Devices, HostPointersAreRefused) {
  const Tensor there = numbers().to(kNullDevice);
  const std::string text = message_of<InvalidArgument>([&] { static_cast<void>(there.data<float>()); });
  EXPECT_NE(text.find("this tensor is on /NULL:0"), std::string::npos) << text;
  EXPECT_NE(text.find("to(\"/CPU:0\")"), std::string::npos) << text;
  EXPECT_THROW(static_cast<void>(dlpack::to_dlpack(there)), Unsupported);
}

TEST(Devices, GradientsStayOnTheDevice) {
  const Tensor x = numbers().to(kNullDevice);
  clear_null_calls();
  const Tensor loss = mean(square(x - 1.0));
  const Tensor gradient = gradients(loss, {x}).at(0);
  EXPECT_EQ(gradient.eval().device(), kNullDevice);
  EXPECT_EQ(count_null_calls(What::kToHost), 0u);
  EXPECT_EQ(count_null_calls(What::kFromHost), 0u);
}

TEST(Devices, CompiledFunctionsRunThere) {
  const Function f = compile([](const std::vector<Tensor>& a) {
    return std::vector{matmul(a[0], a[1]) + 1.0, sum(a[0])};
  });
  const Tensor a = ones({2, 3}).to(kNullDevice), b = ones({3, 2}).to(kNullDevice);
  clear_null_calls();
  const std::vector<Tensor> results = f({a, b});
  EXPECT_EQ(results[0].device(), kNullDevice);
  EXPECT_GE(launched().size(), 2u);
  EXPECT_EQ(count_null_calls(What::kToHost), 0u);
  // One function, both devices.
  EXPECT_EQ(f({ones({2, 3}), ones({3, 2})})[0].to_vector<float>(), (std::vector<float>{4, 4, 4, 4}));
}

TEST(Devices, AStepOverwritesItsStateThereAndAllocatesNothing) {
  Step step([](const std::vector<Tensor>& a) { return std::vector{a[0] + a[1], sum(a[0] * a[1])}; }, 1);
  std::vector<Tensor> state{numbers().to(kNullDevice)};
  const std::vector<Tensor> batch{numbers().to(kNullDevice)};
  std::vector<Tensor> outputs;
  step(state, batch, outputs);
  clear_null_calls();
  for (int i = 0; i < 3; ++i) step(state, batch, outputs);
  for (const NullCall& call : null_calls()) EXPECT_EQ(call.what, What::kLaunch);
  // A value that somebody holds is kept, by a copy within the device.
  const Tensor held = state[0];
  clear_null_calls();
  step(state, batch, outputs);
  EXPECT_EQ(count_null_calls(What::kWithinDevice), 1u);
  EXPECT_EQ(count_null_calls(What::kToHost), 0u);
}

// The watch for NaN looks at what the kernels make, by copies.
TEST(Devices, NumbersAreWatchedThere) {
  const Tensor x = numbers().to(kNullDevice);
  ::setenv("LAMINA_DEBUG", "nan", 1);
  const Tensor y = exp(x) + x;
  clear_null_calls();
  EXPECT_NO_THROW(y.eval());
  ::unsetenv("LAMINA_DEBUG");
  EXPECT_GE(count_null_calls(What::kToHost), 3u);
}

// What loops and branches order is done there; the host sees predicates alone, by copies.
TEST(Devices, ControlFlowRunsThere) {
  const Tensor x = numbers().to(kNullDevice);
  const auto twice = [](const std::vector<Tensor>& v) { return std::vector{v[0] * 2.0}; };
  const auto same = [](const std::vector<Tensor>& v) { return v; };
  clear_null_calls();
  cond(sum(x) > 0.0, twice, same, {x})[0].eval();
  EXPECT_EQ(count_null_calls(What::kToHost), 1u);

  clear_null_calls();
  const std::vector<Tensor> looped =
      while_loop([](const std::vector<Tensor>& v) { return sum(v[0]) < 10.0; }, twice, {x});
  EXPECT_EQ(looped[0].eval().device(), kNullDevice);
  EXPECT_EQ(count_null_calls(What::kToHost), 1u) << "a predicate of zeros ends the loop";
  EXPECT_EQ(count_null_calls(What::kFromHost), 1u) << "the number of iterations";

  clear_null_calls();
  const ScanResult scanned = scan(
      [](const std::vector<Tensor>& carry, const std::vector<Tensor>& xs) -> ScanResult {
        return {{carry[0] + xs[0]}, {carry[0] * 3.0}};
      },
      {zeros({}).eval().to(kNullDevice)}, {x});
  EXPECT_EQ(scanned.ys[0].eval().shape(), Shape{3});
  EXPECT_GE(launched().size(), 3u) << "the body, three times";
  EXPECT_EQ(count_null_calls(What::kToHost), 0u);
}

}  // namespace
}  // namespace lamina
