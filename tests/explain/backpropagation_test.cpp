// Back-propagation watched on networks small enough to do it by hand.
#include "lamina/explain/backpropagation.h"

#include <gtest/gtest.h>

#include <cmath>

#include "lamina/base/error.h"
#include "lamina/nn/layers/layers.h"
#include "tests/support/temporary_folder.h"

namespace lamina {
namespace {

// y = 3 * (2 * x), loss (y - t)^2.
Sequential two_products() {
  Sequential model({Input({1}), Dense(1, {.use_bias = false, .name = "first"}),
                    Dense(1, {.use_bias = false, .name = "second"})});
  model.set_weights(
      {Tensor::from(std::vector<float>{2}, {1, 1}), Tensor::from(std::vector<float>{3}, {1, 1})});
  model.compile({.optimizer = "sgd", .loss = "mse"});
  return model;
}

Tensor column(std::vector<float> values) {
  const auto count = static_cast<int64_t>(values.size());
  return Tensor::from(values, {count, 1});
}

TEST(Backpropagation, IsTheChainRule) {
  Sequential model = two_products();
  const Tensor x = column({1}), y = column({5});  // y_pred = 6, dL/dy = 2
  const std::vector<LayerTrace> traces = trace_backpropagation(model, x, y);
  ASSERT_EQ(traces.size(), 2u);
  EXPECT_EQ(traces[0].name, "first");
  EXPECT_EQ(traces[0].output.to_vector<float>(), std::vector<float>{2});
  EXPECT_EQ(traces[0].gradient.to_vector<float>(), std::vector<float>{6});
  EXPECT_EQ(traces[1].output.to_vector<float>(), std::vector<float>{6});
  EXPECT_EQ(traces[1].gradient.to_vector<float>(), std::vector<float>{2});
  EXPECT_EQ(input_gradient(model, x, y).to_vector<float>(), std::vector<float>{12});

  const auto norms = gradient_norms(model, x, y);
  ASSERT_EQ(norms.size(), 2u);
  EXPECT_NE(norms[0].first.find("first/kernel"), std::string::npos) << norms[0].first;
  EXPECT_DOUBLE_EQ(norms[0].second, 6);                                         // x * dL/dh
  EXPECT_DOUBLE_EQ(norms[1].second, 4);                                         // h * dL/dy
  EXPECT_EQ(model.get_weights()[0].to_vector<float>(), std::vector<float>{2});  // nothing was trained
}

TEST(Backpropagation, OfABatchIsTheMean) {
  const std::vector<LayerTrace> traces =
      trace_backpropagation(two_products(), column({1, 2}), column({5, 14}));
  EXPECT_EQ(traces[1].gradient.to_vector<float>(), (std::vector<float>{1, -2}));  // 2 (y - t) / 2
}

TEST(Backpropagation, NormsOutliveFloat32) {
  // The gradient of the first weight, 1e-30, has a square that float32 does not hold.
  Sequential model = two_products();
  model.set_weights({column({1}), column({1e-30f})});
  EXPECT_NEAR(gradient_norms(model, column({1}), column({1}))[0].second / 2e-30, 1, 1e-6);
}

TEST(Backpropagation, NeedsALoss) {
  const Sequential model({Input({1}), Dense(1)});
  const auto says = [](auto f, const char* what) {
    const std::string message = test::message_of<InvalidArgument>(f);
    EXPECT_NE(message.find(what), std::string::npos) << message;
  };
  says([&] { trace_backpropagation(model, column({1}), column({1})); }, "not compiled with one loss");
  says([&] { input_gradient(model, column({1}), column({1})); }, "not compiled with one loss");
  says(
      [&] {
        input_gradient(two_products(), Tensor::from(std::vector<int32_t>{1}, {1, 1}), column({1}));
      },
      "x must be floating");
}

}  // namespace
}  // namespace lamina
