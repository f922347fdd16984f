// check_gradients finds wrong derivatives of ops and layers, and says where.
#include "lamina/core/check_gradients.h"

#include <gtest/gtest.h>

#include "lamina/base/error.h"
#include "lamina/nn/layers/layers.h"
#include "lamina/nn/model.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/matmul.h"
#include "lamina/ops/unary.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/words.h"

namespace lamina {
namespace {

using List = std::vector<Tensor>;

using test::expect_words;

const Tensor kX = Tensor::from<double>({{0.5, -1.25, 2}, {0.25, 1, -0.5}});

TEST(CheckGradients, AgreesWithWhatIsRight) {
  check_gradients(
      [](const List& in) {
        return List{tanh(in[0]) * in[1], exp(in[1])};
      },
      {kX, Tensor::from<float>({1, 2, 3})}, {.order = 2});
}

TEST(CheckGradients, TakesWhatIsConstant) {
  check_gradients(
      [](const List& in) {
        return List{in[0] * 2.0, in[0], Tensor::from<double>({1})};
      },
      {kX}, {.order = 2});
}

// An "op" whose gradient is that of half its value: what stop_gradient leaves.
TEST(CheckGradients, NamesInputElementAndBothNumbers) {
  const auto wrong = [](const List& in) {
    return List{in[0] + in[1] * in[1] * 0.5 + stop_gradient(in[1] * in[1]) * 0.5};
  };
  const std::string message = test::message_of<InvalidArgument>([&] {
    check_gradients(wrong, {kX, Tensor::from<double>({0, 0, 3})});
  });
  expect_words(message, {"check_gradients: the gradient by input 1 float64(3,)", "element (2)", "expected ",
                         "received ", "(1 of 9 elements differ)"});
}

TEST(CheckGradients, LooksAtTheSecondOrderWhereItIsWanted) {
  // The value and the first derivative at 0 are right; the second one is not.
  const auto f = [](const List& in) {
    return List{in[0] * in[0] * stop_gradient(in[0] * 0.0 + 1.0) + stop_gradient(in[0]) * 0.0};
  };
  check_gradients(f, {kX}, {.order = 2});
  const auto first_only = [](const List& in) {
    return List{sin(stop_gradient(in[0])) * 1.0 + (in[0] - stop_gradient(in[0])) * stop_gradient(cos(in[0]))};
  };
  check_gradients(first_only, {kX});
  expect_words(test::message_of<InvalidArgument>([&] { check_gradients(first_only, {kX}, {.order = 2}); }),
               {"gradient of the gradient", "element (0, 0)"});
}

TEST(CheckGradients, TakesLayersAndTheirWeights) {
  const Dense layer(2, {.activation = "tanh", .dtype = "float64"});
  check_gradients([&](const List& in) { return List{layer(in[0])}; }, {kX});
  Sequential model(
      {Input({3}, {.dtype = DType::kFloat64}), Dense(2, {.activation = "gelu", .dtype = "float64"})},
      {.seed = 1});
  check_gradients([&](const List& weights) { return model.call_with_weights(weights, kX); },
                  model.get_weights());
}

TEST(CheckGradients, SaysWhatItCannotCheck) {
  const Dense layer(2);
  expect_words(test::message_of<InvalidArgument>(
                   [&] { check_gradients([&](const List& in) { return List{layer(in[0])}; }, {kX}); }),
               {"float32(2, 2)", "compute in float64", ".dtype"});
  const auto same = [](const List& in) { return in; };
  expect_words(
      test::message_of<InvalidArgument>([&] { check_gradients(same, {Tensor::from<int32_t>({1})}); }),
      {"no input is floating"});
  expect_words(test::message_of<InvalidArgument>([&] {
                 check_gradients([](const List& in) { return List{cast(in[0], DType::kInt32)}; }, {kX});
               }),
               {"no result is floating"});
  expect_words(test::message_of<InvalidArgument>([&] { check_gradients(same, {kX}, {.step = 0}); }),
               {"step must be above 0"});
  expect_words(test::message_of<InvalidArgument>([&] { check_gradients(same, {kX}, {.order = 3}); }),
               {"order 1 or 2"});
}

}  // namespace
}  // namespace lamina
