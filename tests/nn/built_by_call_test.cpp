// Layers whose create_weights leaves the layers inside alone: a first call builds them, as in Keras.
#include <gtest/gtest.h>

#include "lamina/nn/layers/layers.h"
#include "lamina/nn/model.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/random.h"
#include "tests/support/temporary_folder.h"

namespace lamina {
namespace {

Tensor normal(const Shape& shape, int stream) { return random_normal(random_key(3), shape, stream).eval(); }

// As people write it first: a list of layers, and their call.
class Tower final : public LayerOf<Tower> {
 public:
  explicit Tower(int levels) {
    for (int i = 0; i < levels; ++i)
      levels_.push_back(std::make_shared<Dense>(4, DenseOptions{.activation = "tanh"}));
    track_list("levels", levels_);
  }
  std::string class_name() const override { return "Tower"; }
  Shape compute_output_shape(const Shape& input) const override {
    Shape output = input;
    output.set(-1, 4);
    return output;
  }
  Tensor call(const Tensor& x, CallContext& context) const override {
    Tensor y = x;
    for (const auto& level : levels_) y = (*level)(y, context);
    return y;
  }

 private:
  std::vector<std::shared_ptr<Layer>> levels_;
};

TEST(BuiltByCall, ALayerWithAListOfLayersTrains) {
  Sequential model({Input({3}), Tower(3), Dense(1)}, {.seed = 1});
  EXPECT_EQ(model.count_params(), 3 * 4 + 4 + 2 * (4 * 4 + 4) + 4 + 1);
  model.compile({.optimizer = "sgd", .loss = "mse"});
  const Tensor before = model.weights()[0]->value.eval();
  const Tensor x = normal({8, 3}, 0), y = normal({8, 1}, 1);
  model.fit(x, y, {.epochs = 1, .verbose = 0});
  EXPECT_NE(model.weights()[0]->value.to_vector<float>(), before.to_vector<float>());
  // First values follow the model's seed, and weights in one place of the file each.
  Sequential twin({Input({3}), Tower(3), Dense(1)}, {.seed = 1});
  EXPECT_EQ(twin.weights()[0]->value.to_vector<float>(), before.to_vector<float>());
  EXPECT_NE(twin.weights()[2]->value.to_vector<float>(), twin.weights()[4]->value.to_vector<float>());
}

TEST(BuiltByCall, AsALayerByItself) {
  const Tower tower(2);
  tower.build({-1, 3});
  EXPECT_EQ(tower.weights().size(), 4u);
  EXPECT_EQ(tower(normal({2, 3}, 0)).shape(), (Shape{2, 4}));
}

// Its layers inside cannot be built by a call, which wants more than its inputs.
class Picky final : public LayerOf<Picky> {
 public:
  Picky() : inner_(track("inner", std::make_shared<Dense>(2))) {}
  std::string class_name() const override { return "Picky"; }
  TensorSpecs compute_output_specs(const TensorSpecs& inputs) const override {
    return {{{inputs.at(0).shape[0], 2}, compute_dtype()}};
  }
  std::vector<Tensor> forward(const LayerCall& call, CallContext& context) const override {
    if (!call.tensor("mask").defined()) fail("wants a mask");
    return {(*inner_)(call.inputs.at(0), context)};
  }

 private:
  std::shared_ptr<Layer> inner_;
};

TEST(BuiltByCall, SaysWhatToOverrideWhereThatFails) {
  const std::string text = test::message_of<InvalidArgument>([] { Sequential({Input({3}), Picky()}); });
  for (const char* word : {"Picky", "'inner'", "wants a mask", "create_weights", "build_sublayer"})
    EXPECT_NE(text.find(word), std::string::npos) << text;
}

// Reads its weight past the context: while a step is made there is nothing to read.
class Direct final : public LayerOf<Direct> {
 public:
  std::string class_name() const override { return "Direct"; }
  Shape compute_output_shape(const Shape& input) const override { return input; }
  bool has_weights() const override { return true; }
  void create_weights(const Shape& input) override { scale_ = add_weight("scale", {input[-1]}, "ones"); }
  Tensor call(const Tensor& x, CallContext&) const override { return x * scale_->value; }

 private:
  WeightPtr scale_;
};

TEST(BuiltByCall, AWeightReadPastTheContextIsNamed) {
  Sequential model({Input({3}), Direct(), Dense(1)}, {.seed = 1});
  model.compile({.optimizer = "sgd", .loss = "mse"});
  const std::string text = test::message_of<InvalidArgument>([&] {
    model.fit(normal({4, 3}, 0), normal({4, 1}, 1), {.verbose = 0});
  });
  for (const char* word : {"(Direct)", "context.value", "'scale'"})
    EXPECT_NE(text.find(word), std::string::npos) << text;
}

}  // namespace
}  // namespace lamina
