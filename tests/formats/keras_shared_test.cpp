// Files of models in which several parts hold one layer: it is written under one number in all its places, as
// Keras numbers objects, and is one layer again when read.
#include <gtest/gtest.h>

#include "lamina/base/json.h"
#include "lamina/formats/keras/archive.h"
#include "lamina/formats/keras/keras.h"
#include "lamina/nn/layers/layers.h"
#include "lamina/nn/model.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/random.h"
#include "tests/support/temporary_folder.h"

namespace lamina {
namespace {

using test::TemporaryFolder;

struct Case {
  const char* name;
  Model model;
  Shape input;
};

Dense shared() { return Dense(5, {.activation = "tanh", .name = "shared"}); }

std::vector<Case> cases() {
  std::vector<Case> all;
  const auto add = [&](const char* name, const Shape& input, auto make) {
    const Tensor x = Input(input);
    Shape three = x.shape();
    three.set(0, 3);
    all.push_back(Case{name, Model({x}, make(x), {.seed = 1}), three});
  };
  add("outside and in a Sequential", {5}, [](const Tensor& x) {
    const Dense d = shared();
    return Tensors{d(Sequential({Input({5}), d, Dense(5)})(x))};
  });
  add("in two Sequentials", {5}, [](const Tensor& x) {
    const Dense d = shared();
    return Tensors{Sequential({Input({5}), d})(x) + Sequential({Input({5}), d, Dense(5)})(x)};
  });
  add("at three levels, called often", {5}, [](const Tensor& x) {
    const Dense d = shared();
    const Sequential one({Input({5}), d, Dense(5), d});
    const Sequential two({Input({5}), one, d});
    return Tensors{two(one(d(x))), d(two(d(x)))};
  });
  add("outside and in a functional model", {5}, [](const Tensor& x) {
    const Dense d = shared();
    const Tensor z = Input({5});
    const Model inner({z}, {d(d(z))});
    return Tensors{d(inner(d(inner(x))))};
  });
  add("a model in two models and outside", {5}, [](const Tensor& x) {
    const Sequential inner({Input({5}), Dense(5)});
    return Tensors{inner(Sequential({Input({5}), inner, Dense(5)})(x)) +
                   Sequential({Input({5}), Dense(5), inner})(x)};
  });
  add("in TimeDistributed and outside", {4, 5}, [](const Tensor& x) {
    const Dense d = shared();
    return Tensors{d(TimeDistributed(d)(x))};
  });
  add("a cell in two layers", {4, 5}, [](const Tensor& x) {
    const LSTMCell cell(3);
    return Tensors{RNN(cell)(x) + RNN(cell, {.go_backwards = true})(x)};
  });
  add("a layer twice in a Sequential inside, which is an output", {5}, [](const Tensor& x) {
    const Dense d = shared();
    return Tensors{Sequential({Input({5}), d, Dense(5), d})(x), Sequential({Input({5}), Dense(2)})(x)};
  });
  return all;
}

TEST(KerasShared, LayersOfSeveralPartsAreOneWhenReadBack) {
  const TemporaryFolder folder;
  const std::string path = folder / "model.keras";
  for (Case& one : cases()) {
    SCOPED_TRACE(one.name);
    const Tensor x = random_normal(random_key(5), one.input).eval();
    one.model.save(path);
    Model again = load_keras(path);
    EXPECT_EQ(again.weights().size(), one.model.weights().size());
    EXPECT_EQ(again.count_params(), one.model.count_params());
    const auto expect_same = [&] {
      const Tensors was = one.model.predict_outputs(x), is = again.predict_outputs(x);
      ASSERT_EQ(is.size(), was.size());
      for (size_t i = 0; i < is.size(); ++i)
        EXPECT_EQ(is[i].to_vector<float>(), was[i].to_vector<float>()) << "output " << i;
    };
    expect_same();
    // One layer in truth: a step of training moves it in all places.
    const Tensors y = one.model.predict_outputs(x * 0.5f);
    for (Model* model : {&one.model, &again}) {
      model->compile({.optimizer = "sgd", .loss = "mse"});
      model->train_on_batch(x, y);
    }
    expect_same();
    again.save(path);
    EXPECT_EQ(load_keras(path).count_params(), one.model.count_params());
  }
}

TEST(KerasShared, LayersOfOneGraphAreWrittenAsBefore) {
  const Dense d = shared();
  const Tensor x = Input({5});
  EXPECT_EQ(Model({x}, {d(d(x))}).serialize().dump().find("shared_object_id"), std::string::npos);
}

TEST(KerasShared, TheFileOfAModelFitsTheModelThatWroteIt) {
  const TemporaryFolder folder;
  for (Case& one : cases()) {
    SCOPED_TRACE(one.name);
    const Tensor x = random_normal(random_key(5), one.input).eval();
    const auto before = one.model.predict_outputs(x)[0].to_vector<float>();
    for (const bool whole : {true, false}) {
      const std::string path = folder / (whole ? "whole.keras" : "alone.weights.h5");
      if (whole) {
        one.model.save(path);
      } else {
        save_weights(one.model, path);
      }
      std::vector<Tensor> zeros;
      for (const Tensor& weight : one.model.get_weights()) zeros.push_back(weight * 0.0f);
      one.model.set_weights(zeros);
      EXPECT_TRUE(load_weights(one.model, path).complete());
      EXPECT_EQ(one.model.predict_outputs(x)[0].to_vector<float>(), before) << path;
    }
  }
}

// A number that stands for layers of other classes or names, as addresses that Keras used twice do.
TEST(KerasShared, ANumberOfAnotherLayerIsNotTakenForIt) {
  const TemporaryFolder folder;
  const std::string path = folder / "model.keras";
  const Sequential model({Input({5}), Dense(4, {.name = "one"}), Dense(3, {.name = "two"}), Flatten()},
                         {.seed = 1});
  Json json = model.serialize();
  Json layers = Json::list();
  for (Json layer : json.at("config").at("layers").as_list()) {
    layer["shared_object_id"] = 7;
    layers.push_back(std::move(layer));
  }
  json["config"]["layers"] = std::move(layers);
  EXPECT_EQ(Model::from_json(json).count_params(), model.count_params());
}

// Holds a layer that its configuration says nothing of.
class Head final : public LayerOf<Head> {
 public:
  explicit Head(const AnyLayer& inner) : inner_(track("inner", inner.get())) {}
  std::string class_name() const override { return "Head"; }
  void create_weights_for(const TensorSpecs& inputs) override { build_sublayer(*inner_, inputs); }
  TensorSpecs compute_output_specs(const TensorSpecs& inputs) const override {
    return inner_->compute_output_specs(inputs);
  }
  Tensor call(const Tensor& x, CallContext& context) const override { return (*inner_)(x, context); }

 private:
  std::shared_ptr<Layer> inner_;
};

TEST(KerasShared, ALayerThatOneOfItsHoldersDoesNotWriteIsRefused) {
  const TemporaryFolder folder;
  const Dense d = shared();
  const Tensor x = Input({5});
  const Model model({x}, {d(Head(d)(x))}, {.name = "net"});
  try {
    model.save(folder / "model.keras");
    FAIL() << "it was saved";
  } catch (const InvalidArgument& error) {
    const std::string text = error.what();
    for (const char* word : {"'shared' (Dense)", "'net' (Functional)", "'head' (Head)", "own_config"})
      EXPECT_NE(text.find(word), std::string::npos) << text;
  }
}

}  // namespace
}  // namespace lamina
