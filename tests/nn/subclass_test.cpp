// Models of the user's own class: built by a first call, trained, saved, and loaded as what they are.
#include <gtest/gtest.h>

#include "lamina/formats/keras/keras.h"
#include "lamina/nn/config.h"
#include "lamina/nn/layers/layers.h"
#include "lamina/nn/model.h"
#include "lamina/nn/optimizers/adam.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/random.h"
#include "tests/support/temporary_folder.h"

namespace lamina {
namespace {

Tensor normal(const Shape& shape, int stream) { return random_normal(random_key(3), shape, stream).eval(); }

class Residual : public LayerOf<Residual, Model> {
 public:
  explicit Residual(int64_t units, const ModelOptions& options = {})
      : LayerOf<Residual, Model>(options), units_(units), first_(units, {.activation = "relu"}), last_(1) {
    track("first", first_.share());
    track_list("blocks", {block_[0].share(), block_[1].share()});
    track("last", last_.share());
  }
  std::string class_name() const override { return "Residual"; }
  std::string module() const override { return "tests"; }
  Tensor call(const Tensor& x, CallContext& context) const override {
    Tensor y = first_(x, context);
    for (const Dense& block : block_) y = y + block(y, context);
    return last_(y, context);
  }

 protected:
  Json own_config() const override { return Json::object({{"units", units_}}); }

 private:
  int64_t units_;
  Dense first_;
  Dense block_[2] = {Dense(6), Dense(6)};
  Dense last_;
};

const bool kRegistered = register_layer("Residual", [](const Json& config) -> std::shared_ptr<Layer> {
  ConfigReader reader(config, "Residual");
  ModelOptions options;
  bool trainable = true;
  reader.layer_arguments(options.name, trainable);
  const int64_t units = reader.integer("units");
  reader.done();
  return std::make_shared<Residual>(units, options);
});

TEST(Subclass, TrainsAndTravelsInFiles) {
  ASSERT_TRUE(kRegistered);
  const test::TemporaryFolder folder;
  Residual model(6, {.name = "net", .seed = 1});
  model.compile({.optimizer = Adam(0.01), .loss = "mse"});
  const Tensor x = normal({32, 3}, 0), y = normal({32, 1}, 1);
  const History history = model.fit(x, y, {.epochs = 5, .verbose = 0});
  EXPECT_LT(history["loss"].back(), history["loss"].front());
  EXPECT_EQ(model.weights().size(), 8u);
  EXPECT_NE(model.weights()[2]->value.to_vector<float>(), model.weights()[4]->value.to_vector<float>());
  const std::string path = folder.path() + "/net.keras";
  model.save(path);
  Model loaded = load_model(path);
  EXPECT_EQ(loaded.class_name(), "Residual");
  EXPECT_EQ(loaded.predict(x).to_vector<float>(), model.predict(x).to_vector<float>());
  const FitOptions more{.epochs = 2, .shuffle = false, .verbose = 0};
  EXPECT_EQ(loaded.fit(x, y, more)["loss"], model.fit(x, y, more)["loss"]);
  loaded.save(path);
  EXPECT_EQ(load_model(path).count_params(), model.count_params());
}

TEST(Subclass, NestsInAGraph) {
  const Residual inner(6);
  const Tensor x = Input({3});
  Model outer({x}, {Dense(2)(inner(x))}, {.seed = 3});
  EXPECT_EQ(outer.predict(normal({4, 3}, 0)).shape(), (Shape{4, 2}));
  EXPECT_EQ(outer.weights().size(), 10u);
}

}  // namespace
}  // namespace lamina
