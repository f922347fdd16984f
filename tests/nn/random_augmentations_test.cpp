// Layers that change images at random while training, against Keras: what they make of images by numbers that
// Keras drew, and whether the numbers drawn here are of the same distributions.
#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <set>

#include "lamina/base/error.h"
#include "lamina/base/threads.h"
#include "lamina/nn/layers/layers.h"
#include "lamina/nn/layers/training_augmentation.h"
#include "lamina/nn/model.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/full.h"
#include "lamina/ops/random.h"
#include "tests/support/golden.h"
#include "tests/support/temporary_folder.h"

namespace lamina {
namespace {

using test::expect_close;
using test::Golden;
using test::message_of;

constexpr int64_t kMany = 4096;  // images for which Keras drew, too

std::map<std::string, Tensor> drawn_of(const Golden& golden, const TrainingAugmentation& layer,
                                       const Shape& images) {
  CallContext context(true);
  std::map<std::string, Tensor> drawn;
  for (const auto& [name, like] : layer.draw(images, context)) drawn[name] = golden.at("drawn_" + name);
  return drawn;
}

class RandomAugmentationGolden : public ::testing::TestWithParam<std::string> {
 protected:
  RandomAugmentationGolden()
      : golden_("nn/random_augmentations/" + GetParam()),
        config_(golden_.json("config")),
        layer_(config_.at("class_name").as_string(), config_.at("config")) {}

  Golden golden_;
  Json config_;
  TrainingAugmentation layer_;
};

TEST_P(RandomAugmentationGolden, ChangesImagesAsKeras) {
  const Tensor& input = golden_.at("input");
  CallContext context(true);
  const Tensor output = layer_.transform(input, drawn_of(golden_, layer_, input.shape()), context);
  // Bends and perspectives find their places by many roundings; a place is then a share of two pixels.
  const std::string& name = layer_.class_name();
  const bool places =
      name == "RandomElasticTransform" || name == "RandomPerspective" || name == "RandomShear";
  expect_close(output, golden_.at("output"), "output", places ? 2e-4 : 4 * test::kFloat32Tolerance);
}

TEST_P(RandomAugmentationGolden, DrawsFromTheDistributionsOfKeras) {
  CallContext context(true);
  context.set_key(random_key(12345));
  size_t compared = 0;
  for (const auto& [name, drawn] : layer_.draw({kMany, 6, 5, 3}, context)) {
    if (!golden_.contains("mean_" + name)) continue;
    ++compared;
    const std::vector<double> values = cast(drawn, DType::kFloat64).to_vector<double>();
    double mean = 0, squares = 0;
    for (const double x : values) mean += x / static_cast<double>(values.size());
    for (const double x : values) squares += (x - mean) * (x - mean) / static_cast<double>(values.size());
    // Elements of one image may all depend on one number: errors are those of the number of images.
    const auto deviation = golden_.at("deviation_" + name).item<double>();
    const double error = 5 * deviation / std::sqrt(static_cast<double>(kMany)) + 1e-9;
    EXPECT_NEAR(mean, golden_.at("mean_" + name).item<double>(), error) << name;
    EXPECT_NEAR(std::sqrt(squares), deviation, error) << name;
  }
  EXPECT_GT(compared, 0u);
}

TEST_P(RandomAugmentationGolden, IsTheSameForAnyNumberOfThreads) {
  const Tensor& input = golden_.at("input");
  const auto run = [&](int threads) {
    const int before = num_threads();
    set_num_threads(threads);
    CallContext context(true);
    context.set_key(random_key(99));
    const std::vector<float> values = layer_.call(input, context).to_vector<float>();
    set_num_threads(before);
    return values;
  };
  EXPECT_EQ(run(1), run(4));
}

TEST_P(RandomAugmentationGolden, WritesWhatKerasWrites) {
  test::expect_same_object(layer_.serialize(), config_, "layer");
}

INSTANTIATE_TEST_SUITE_P(Keras, RandomAugmentationGolden,
                         ::testing::ValuesIn(test::golden_cases("nn/random_augmentations")),
                         test::CaseName());

TEST(RandomAugmentationGoldenFiles, AreAllThere) {
  EXPECT_GE(test::golden_cases("nn/random_augmentations").size(), 26u);
}

TEST(RandomAugmentations, TrainInModels) {
  for (const char* name :
       {"AugMix", "CutMix", "MixUp", "RandAugment", "RandomColorJitter", "RandomErasing"}) {
    Json config = Json::object();
    if (std::string(name) == "RandomColorJitter")
      config = Json::object({{"brightness_factor", 0.3},
                             {"contrast_factor", 0.3},
                             {"saturation_factor", 0.2},
                             {"hue_factor", 0.1}});
    const auto trained = [&](uint64_t seed) {
      Sequential model({Input({8, 9, 3}), TrainingAugmentation(name, config), Flatten(), Dense(1)},
                       {.seed = seed});
      model.compile({.optimizer = "sgd", .loss = "mse"});
      const Tensor x = random_uniform(random_key(3), {6, 8, 9, 3}) * 255.0;
      const std::vector<float> plain = model.predict(x).to_vector<float>();
      EXPECT_TRUE(std::isfinite(plain[0])) << name;
      const History history = model.fit(x * (1.0 / 255), zeros({6, 1}), {.epochs = 2, .verbose = 0});
      return history["loss"];
    };
    EXPECT_EQ(trained(1), trained(1)) << name;
    EXPECT_NE(trained(1), trained(2)) << name;
  }
}

TEST(RandomAugmentations, ChooseAmongAllChanges) {
  const TrainingAugmentation layer("RandAugment", Json::object({{"num_ops", 1}}));
  const Tensor x = random_uniform(random_key(3), {2, 8, 9, 3}) * 255.0;
  std::set<std::vector<float>> seen;
  for (int64_t i = 0; i < 11; ++i) {
    CallContext context(true);
    context.set_key(random_key(5));
    std::map<std::string, Tensor> drawn{
        {"layer_idxes", Tensor::from(std::vector<int32_t>{static_cast<int32_t>(i)}, {1})}};
    seen.insert(layer.transform(x, drawn, context).to_vector<float>());
  }
  EXPECT_EQ(seen.size(), 11u);
}

TEST(RandomAugmentations, SayWhatArgumentsCannotBe) {
  const auto fails = [](const char* name, const Json& config) {
    return message_of<InvalidArgument>([&] { TrainingAugmentation(name, config); });
  };
  const auto expect = [&](const char* name, const Json& config, const std::string& words) {
    EXPECT_NE(fails(name, config).find(words), std::string::npos) << fails(name, config);
  };
  expect("RandomHue", Json::object({{"factor", 1.5}}), "in [0, 1]");
  expect("RandomHue", Json::object({{"factor", 0.5}, {"factr", 1}}), "factr");
  expect("RandomPosterization", Json::object({{"factor", 9}}), "in [1, 8]");
  expect("RandomGaussianBlur", Json::object({{"kernel_size", 4}}), "odd");
  expect("RandomErasing", Json::object({{"fill_value", Json::list({1.0, 2.0})}}), "three");
  expect("RandomShear", Json::object({{"x_factor", -0.5}}), "x_factor");
  expect("RandomPerspective", Json::object({{"scale", 2.0}}), "scale");
  expect("MixUp", Json::object({{"alpha", 0.0}}), "'alpha' must be positive");
  expect("RandAugment", Json::object({{"num_ops", 99}}), "num_ops");
  expect("RandomHeu", Json::object(), "no augmentation of that name");
  const TrainingAugmentation hue("RandomHue", Json::object({{"factor", 0.5}}));
  const auto message = message_of<InvalidArgument>([&] { hue(zeros({1, 2, 2, 1}), /*training=*/true); });
  EXPECT_NE(message.find("3 channels"), std::string::npos) << message;
}

}  // namespace
}  // namespace lamina
