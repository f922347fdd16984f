// A residual network of 20 layers with BatchNormalization: how its training step is laid out.
#include <gtest/gtest.h>

#include "lamina/nn/layers/layers.h"
#include "lamina/nn/model.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/full.h"
#include "lamina/ops/unary.h"

namespace lamina {
namespace {

Tensor normalised(const Tensor& x, int64_t filters, int64_t size, int64_t stride) {
  const Conv2DOptions options{.strides = Size2(stride), .padding = "same", .use_bias = false};
  return BatchNormalization()(Conv2D(filters, Size2(size), options)(x));
}

Model residual_network() {
  const Tensor image = Input({32, 32, 3});
  Tensor x = relu(normalised(image, 16, 3, 1));
  for (int64_t stage = 0; stage < 3; ++stage) {
    for (int64_t block = 0; block < 3; ++block) {
      const int64_t filters = 16 << stage, stride = stage > 0 && block == 0 ? 2 : 1;
      const Tensor inner = relu(normalised(x, filters, 3, stride));
      const Tensor skip = stride > 1 ? normalised(x, filters, 1, stride) : x;
      x = relu(normalised(inner, filters, 3, 1) + skip);
    }
  }
  const Tensor scores = Dense(10, {.activation = "softmax"})(GlobalAveragePooling2D()(x));
  Model model({image}, {scores}, {.seed = 1});
  model.compile({.optimizer = "sgd", .loss = "sparse_categorical_crossentropy"});
  return model;
}

size_t count(const std::string& text, const std::string& word) {
  size_t found = 0;
  for (size_t at = text.find(word); at != std::string::npos; at = text.find(word, at + 1)) ++found;
  return found;
}

TEST(ResidualNetwork, ChangesNoOrderBetweenItsBlocks) {
  Model model = residual_network();
  const Tensor x = zeros({8, 32, 32, 3}), y = zeros({8}, DType::kInt32);
  const std::string graph = model.train_graph(x, y);
  // Into the blocks behind the first layer, and back out of them: its images have three channels.
  EXPECT_LE(count(graph, " = reorder("), 2u) << graph;
  EXPECT_EQ(count(graph, " = normalize_batch("), 21u) << graph;
  EXPECT_EQ(count(graph, " = normalize_batch_grad("), 21u) << graph;
}

}  // namespace
}  // namespace lamina
