// The networks, layer by layer.
#include "lamina/zoo/recognition_networks.h"

#include "lamina/base/error.h"
#include "lamina/nn/layers/layers.h"
#include "lamina/nn/optimizers/adam.h"
#include "lamina/nn/optimizers/schedules/cosine_decay.h"
#include "lamina/nn/optimizers/sgd.h"
#include "lamina/zoo/applications/applications.h"
#include "lamina/zoo/detail/named.h"

namespace lamina {
namespace {

void check_recognition(const char* who, int64_t classes, int64_t steps) {
  if (classes < 1)
    throw InvalidArgument(std::string(who) + ": classes must be at least 1, received " + std::to_string(classes));
  if (steps < 1)
    throw InvalidArgument(std::string(who) + ": steps must be at least 1, received " + std::to_string(steps));
}

// Up to `rate` within a tenth of the steps, and down along half a cosine.
CosineDecay rise_and_fall(double rate, int64_t steps) {
  const double all = static_cast<double>(steps), rising = 0.1 * all;
  return CosineDecay(rate / 25, all - rising, {.alpha = 1e-3, .warmup_target = rate, .warmup_steps = rising});
}

// Trainings of some thousand steps are over before Keras's momentum of 0.99 has seen them.
constexpr double kShortMemory = 0.9;

// Each picture with mean 0 and deviation 1.
LayerNormalization per_picture() {
  return LayerNormalization({.axis = {1, 2, 3}, .epsilon = 1e-4, .center = false, .scale = false});
}

void add_convolution(std::vector<AnyLayer>& layers, int64_t filters, bool pooled) {
  layers.push_back(Conv2D(filters, {3, 3}, {.padding = "same", .use_bias = false, .kernel_initializer = "he_normal"}));
  layers.push_back(BatchNormalization({.momentum = kShortMemory}));
  layers.push_back(ReLU());
  if (pooled) layers.push_back(MaxPooling2D({2, 2}));
}

/// Makes the blocks of one of He's networks for CIFAR.
struct ResidualBlocks {
  bool shortcuts;

  Conv2D convolution(int64_t filters, int64_t size, int64_t step) const {
    return Conv2D(filters, {size, size},
                  {.strides = {step, step},
                   .padding = "same",
                   .use_bias = false,
                   .kernel_initializer = "he_normal"});
  }
  Tensor normalized(const Tensor& x) const { return BatchNormalization({.momentum = kShortMemory})(x); }

  Tensor block(const Tensor& x, int64_t filters, int64_t step) const {
    Tensor y = ReLU()(normalized(convolution(filters, 3, step)(x)));
    y = normalized(convolution(filters, 3, 1)(y));
    if (shortcuts) y = Add()({beside(x, filters, step), y});
    return ReLU()(y);
  }

  // Every second place, and channels of zeros: the paper's option A.
  Tensor beside(const Tensor& x, int64_t filters, int64_t step) const {
    if (step == 1) return x;
    const Tensor fewer = AveragePooling2D({1, 1}, {.strides = {step, step}})(x);
    const int64_t height = fewer.shape()[1], width = fewer.shape()[2], channels = fewer.shape()[3];
    const Tensor rows = Reshape({height * width, channels})(fewer);
    const Tensor turned = Permute({2, 1})(rows);
    const int64_t more = filters - channels;
    const Tensor padded = ZeroPadding1D({more / 2, more - more / 2})(turned);
    return Reshape({height, width, filters})(Permute({2, 1})(padded));
  }
};

Tensor residual20(const Tensor& input, int64_t classes, bool shortcuts) {
  const ResidualBlocks net{shortcuts};
  Tensor x = ReLU()(net.normalized(net.convolution(16, 3, 1)(input)));
  for (const int64_t filters : {16, 32, 64}) {
    for (int i = 0; i < 3; ++i) x = net.block(x, filters, i == 0 && filters > 16 ? 2 : 1);
  }
  return Dense(classes, {.activation = "softmax"})(GlobalAveragePooling2D()(x));
}

Tensor cifar_alexnet(const Tensor& input, int64_t classes) {
  const Model network = application("AlexNet").make({.input_shape = {32, 32, 3}, .classes = classes});
  return network(input);
}

struct CifarNetwork {
  std::string name;
  double rate;  ///< the highest
  Tensor (*make)(const Tensor& input, int64_t classes);
};

const std::vector<CifarNetwork>& cifar_kinds() {
  static const std::vector<CifarNetwork> all{
      {"resnet20", 0.1, [](const Tensor& x, int64_t classes) { return residual20(x, classes, true); }},
      {"plain20", 0.1, [](const Tensor& x, int64_t classes) { return residual20(x, classes, false); }},
      {"alexnet", 0.02, cifar_alexnet}};
  return all;
}

}  // namespace

Sequential traffic_sign_network(int64_t classes, int64_t steps, uint64_t seed) {
  check_recognition("traffic_sign_network", classes, steps);
  std::vector<AnyLayer> layers = {Input({32, 32, 3}),
                                  Rescaling(1 / 255.0),
                                  RandomTranslation(0.1, 0.1),
                                  RandomRotation(0.04),
                                  RandomZoom(0.15),
                                  per_picture()};
  for (const int64_t filters : {32, 64, 128}) {
    add_convolution(layers, filters, false);
    add_convolution(layers, filters, true);
    layers.push_back(Dropout(0.1));
  }
  // Without its normalisation this layer's units die in the first steps at such a rate.
  layers.insert(layers.end(), {Flatten(), Dense(256, {.use_bias = false}), BatchNormalization({.momentum = kShortMemory}), ReLU(),
                               Dropout(0.4), Dense(classes, {.activation = "softmax"})});
  Sequential model(layers, {.seed = seed});
  model.compile({.optimizer = AdamW(rise_and_fall(2e-3, steps), {.weight_decay = 1e-2}),
                 .loss = "sparse_categorical_crossentropy",
                 .metrics = {"accuracy"}});
  return model;
}

std::vector<std::string> cifar_networks() {
  std::vector<std::string> names;
  for (const CifarNetwork& kind : cifar_kinds()) names.push_back(kind.name);
  return names;
}

Model cifar_network(const std::string& name, int64_t classes, int64_t steps, uint64_t seed) {
  const CifarNetwork& kind = detail::named(cifar_kinds(), name, "network");
  check_recognition("cifar_network", classes, steps);
  const Tensor input = Input({32, 32, 3});
  // Means and deviations of CIFAR-10's channels, near enough for other photographs.
  Tensor x = Rescaling({1 / 63.0, 1 / 62.1, 1 / 66.7}, {.offset = {-125.3 / 63.0, -123.0 / 62.1, -113.9 / 66.7}})(input);
  x = RandomTranslation(0.125, 0.125, {.fill_mode = "constant", .interpolation = "nearest"})(x);
  x = RandomFlip("horizontal")(x);
  Model model({input}, {kind.make(x, classes)}, {.seed = seed});
  // Decay does not pass through the momentum here: a tenfold share is the usual 5e-4.
  model.compile({.optimizer = SGD(rise_and_fall(kind.rate, steps),
                                  {.momentum = 0.9, .nesterov = true, .weight_decay = 5e-3}),
                 .loss = "sparse_categorical_crossentropy",
                 .metrics = {"accuracy"}});
  return model;
}

Sequential chest_xray_network(int64_t steps, uint64_t seed) {
  check_recognition("chest_xray_network", 1, steps);
  std::vector<AnyLayer> layers = {Input({128, 128, 1}),
                                  Rescaling(1 / 255.0),
                                  AveragePooling2D({4, 4}),
                                  RandomFlip("horizontal"),
                                  RandomTranslation(0.08, 0.08),
                                  RandomRotation(0.03),
                                  RandomZoom(0.1),
                                  per_picture()};
  for (const int64_t filters : {16, 32, 64}) add_convolution(layers, filters, true);
  layers.insert(layers.end(), {GlobalAveragePooling2D(), Dropout(0.4), Dense(1, {.activation = "sigmoid"})});
  Sequential model(layers, {.seed = seed});
  model.compile({.optimizer = AdamW(rise_and_fall(3e-3, steps), {.weight_decay = 1e-2}),
                 .loss = "binary_crossentropy",
                 .metrics = {"accuracy"}});
  return model;
}

}  // namespace lamina
