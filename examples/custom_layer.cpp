// A layer of your own, from outside the library: ChannelScale, a learned factor per channel.
//
// It trains, prints and travels in .keras files like any other layer; docs/how-to-add-a-layer.md goes through
// this file. Expected output: the summary of a model with a "channel_scale" of 8 parameters, then the loss
// before and after training (the second is the smaller one), then "the loaded model predicts the same".
#include <lamina/lamina.h>

#include <cstdio>
#include <cstdlib>

namespace {

using namespace lamina;

// 1. The options: an aggregate, so that calls read like keyword arguments.
struct ChannelScaleOptions {
  double init_value = 1e-4;  ///< first value of every factor
  std::string name = {};
  bool trainable = true;
};

// 2. The layer: configuration, weights, and a pure call.
class ChannelScale final : public LayerOf<ChannelScale> {
 public:
  explicit ChannelScale(const ChannelScaleOptions& options = {})
      : LayerOf<ChannelScale>(options.name, options.trainable), init_value_(options.init_value) {}

  std::string class_name() const override { return "ChannelScale"; }
  std::string module() const override { return "custom_layer"; }
  bool has_weights() const override { return true; }

  Shape compute_output_shape(const Shape& input) const override {
    if (input.rank() < 2 || input[-1] < 0)
      fail("expected (batch, ..., channels), received shape " + input.str());
    return input;
  }

  Tensor call(const Tensor& x, CallContext& context) const override { return x * context.value(gamma_); }

 protected:
  void create_weights(const Shape& input) override {
    gamma_ = add_weight("gamma", {input[-1]}, Constant(init_value_));
  }

  Json own_config() const override { return Json::object({{"init_value", init_value_}}); }

 private:
  double init_value_;
  WeightPtr gamma_;
};

// 3. How a file's configuration becomes the layer again.
const bool kRegistered = register_layer("ChannelScale", [](const Json& config) -> std::shared_ptr<Layer> {
  ConfigReader reader(config, "ChannelScale");
  ChannelScaleOptions options;
  reader.layer_arguments(options.name, options.trainable);
  options.init_value = reader.number("init_value", options.init_value);
  reader.done();
  return std::make_shared<ChannelScale>(options);
});

}  // namespace

int main() {
  Sequential model({Input({8}), ChannelScale({.init_value = 0.1}), Dense(1)}, {.seed = 1});
  model.compile({.optimizer = Adam(0.01), .loss = "mean_squared_error"});
  model.summary();

  // Random inputs; the target is their sum.
  const Tensor key = Tensor::from<int64_t>({7, 0});
  const Tensor x = random_normal(key, {512, 8}, 0);
  const Tensor y = sum(x, {1}, true);
  const double before = model.evaluate(x, y, {.verbose = 0}).at("loss");
  model.fit(x, y, {.epochs = 20, .verbose = 0});
  const double after = model.evaluate(x, y, {.verbose = 0}).at("loss");
  std::printf("loss before training %.3f, after %.3f\n", before, after);

  model.save("channel_scale.keras");
  const bool same =
      load_model("channel_scale.keras").predict(x).to_vector<float>() == model.predict(x).to_vector<float>();
  std::remove("channel_scale.keras");
  std::printf("the loaded model predicts %s\n", same ? "the same" : "something else");
  return kRegistered && same && after < before / 2 ? EXIT_SUCCESS : EXIT_FAILURE;
}
