// Convolution and pooling of volumes: derivatives, and arguments that do not fit. Values are checked through the layers.
#include "lamina/ops/conv3d.h"

#include <gtest/gtest.h>

#include <cmath>

#include "lamina/base/error.h"
#include "lamina/core/check_gradients.h"
#include "lamina/ops/full.h"

namespace lamina {
namespace {

Tensor numbers(const Shape& shape) {
  std::vector<double> values(static_cast<size_t>(shape.size()));
  for (size_t i = 0; i < values.size(); ++i) values[i] = std::sin(1.7 * static_cast<double>(i) + 0.3);
  return Tensor::from(values, shape);
}

TEST(Conv3D, HasTheDerivativesOfItsValues) {
  const Tensor x = numbers({2, 3, 4, 3, 2}), kernel = numbers({2, 2, 3, 2, 2}), grouped = numbers({2, 2, 2, 1, 4});
  check_gradients([](const std::vector<Tensor>& in) { return std::vector<Tensor>{conv3d(in[0], in[1])}; }, {x, kernel});
  check_gradients(
      [](const std::vector<Tensor>& in) {
        return std::vector<Tensor>{conv3d(in[0], in[1], {.strides = {2, 1, 2}, .padding = "same"})};
      },
      {x, kernel});
  check_gradients(
      [](const std::vector<Tensor>& in) {
        return std::vector<Tensor>{conv3d(in[0], in[1], {.padding = "same", .dilations = {2, 1, 1}, .groups = 2})};
      },
      {x, grouped});
  check_gradients(
      [](const std::vector<Tensor>& in) {
        return std::vector<Tensor>{conv3d_transpose(in[0], in[1], {.strides = {2, 2, 1}, .padding = "same"})};
      },
      {x, numbers({2, 3, 2, 3, 2})});
  check_gradients([](const std::vector<Tensor>& in) { return std::vector<Tensor>{max_pool3d(in[0], {2, 2, 2}, {1, 2, 1})}; }, {x});
  check_gradients([](const std::vector<Tensor>& in) { return std::vector<Tensor>{avg_pool3d(in[0], {2, 2, 2}, {2, 2, 2}, "same")}; }, {x});
}

TEST(Conv3D, SaysWhatDoesNotFit) {
  const auto says = [](const auto& action, const std::string& part) {
    try {
      action();
      ADD_FAILURE() << "nothing was thrown: " << part;
    } catch (const InvalidArgument& error) {
      EXPECT_NE(std::string(error.what()).find(part), std::string::npos) << error.what();
    }
  };
  const Tensor x = zeros({1, 3, 3, 3, 2});
  says([&] { conv3d(x, zeros({2, 2, 2, 3, 1})); }, "the channels of x must be groups times those of the kernel");
  says([&] { conv3d(x, zeros({4, 2, 2, 2, 1})); }, "the kernel does not fit");
  says([&] { conv3d(zeros({3, 3, 3, 2}), zeros({2, 2, 2, 2, 1})); }, "x must be (batch, depth, height, width, channels)");
  says([&] { conv3d(x, zeros({2, 2, 2, 2, 1}), {.strides = {1, 1}}); }, "strides must be three numbers");
  says([&] { conv3d(x, zeros({2, 2, 2, 2, 1}), {.padding = "full"}); }, "padding must be");
  says([&] { conv3d_transpose(x, zeros({2, 2, 2, 4, 3})); }, "x must be (batch, depth, height, width, channels)");
  says([&] { max_pool3d(zeros({3, 3, 2}), {2, 2, 2}, {2, 2, 2}); }, "x must be (batch, depth, height, width, channels)");
}

}  // namespace
}  // namespace lamina
