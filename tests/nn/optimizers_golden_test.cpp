// Every optimizer against Keras: parameters and state after ten steps from given gradients.
#include <gtest/gtest.h>

#include <limits>

#include "lamina/base/error.h"
#include "lamina/nn/layers/dense.h"
#include "lamina/nn/layers/input_layer.h"
#include "lamina/nn/model.h"
#include "lamina/nn/optimizers/adadelta.h"
#include "lamina/nn/optimizers/adafactor.h"
#include "lamina/nn/optimizers/adagrad.h"
#include "lamina/nn/optimizers/adam.h"
#include "lamina/nn/optimizers/adamax.h"
#include "lamina/nn/optimizers/ftrl.h"
#include "lamina/nn/optimizers/lamb.h"
#include "lamina/nn/optimizers/lion.h"
#include "lamina/nn/optimizers/loss_scale_optimizer.h"
#include "lamina/nn/optimizers/multi_optimizer.h"
#include "lamina/nn/optimizers/muon.h"
#include "lamina/nn/optimizers/nadam.h"
#include "lamina/nn/optimizers/rmsprop.h"
#include "lamina/nn/optimizers/schedule_free_adamw.h"
#include "lamina/nn/optimizers/sgd.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/full.h"
#include "lamina/ops/reduce.h"
#include "lamina/ops/slice.h"
#include "lamina/ops/unary.h"
#include "tests/support/golden.h"
#include "tests/support/temporary_folder.h"

namespace lamina {
namespace {

using test::expect_close;
using test::Golden;
using test::message_of;

class OptimizerGolden : public ::testing::TestWithParam<std::string> {};

TEST_P(OptimizerGolden, ComputesWhatKerasComputes) {
  const Golden golden("nn/optimizers/" + GetParam());
  std::shared_ptr<const Optimizer> optimizer = Registry<Optimizer>::from_json(golden.json("config"));
  std::vector<Tensor> weights = golden.numbered("parameter");
  const std::vector<Tensor> gradients = golden.numbered("gradient");
  std::vector<Optimizer::Target> targets;
  for (size_t i = 0; i < weights.size(); ++i) {
    const std::string path =
        golden.contains("paths") ? golden.json("paths").at(i).as_string() : "p" + std::to_string(i);
    targets.push_back({path, weights[i].type(), weights[i]});
  }
  if (auto bound = optimizer->for_targets(targets)) optimizer = bound;

  const Json names = golden.json("state_names");
  std::vector<Tensor> state;
  const std::vector<Optimizer::Variable> variables = optimizer->variables(targets);
  ASSERT_EQ(variables.size(), names.size());
  for (size_t i = 0; i < variables.size(); ++i) {
    // Where Keras has one name several times, ours say more: in front of it, or behind.
    const std::string keras = names.at(i).at("name").as_string(), &ours = variables[i].name;
    EXPECT_TRUE(ours == keras || ours.ends_with("/" + keras) || ours.starts_with(keras + "_"))
        << ours << " " << keras;
    EXPECT_EQ(name(variables[i].initial.dtype()), names.at(i).at("dtype").as_string());
    state.push_back(variables[i].initial);
  }
  // The state of an optimizer that is not built yet begins the state of one that is.
  const std::vector<Optimizer::Variable> unbuilt = optimizer->variables({});
  for (size_t i = 0; i < unbuilt.size(); ++i) EXPECT_EQ(unbuilt[i].name, variables[i].name);

  for (int64_t step = 0; step < 10; ++step) {
    std::vector<Tensor> now;
    for (const Tensor& all : gradients) now.push_back(index(all, {step}));
    if (const Tensor scale = optimizer->dynamic_loss_scale(state); scale.defined()) {
      for (Tensor& gradient : now) gradient = gradient * scale;
    }
    Optimizer::Update update = optimizer->update(weights, now, state);
    weights = update.weights;
    state = update.state;
    eval(weights);
    eval(state);
  }
  const std::vector<Tensor> after = golden.numbered("after"), expected = golden.numbered("state");
  for (size_t i = 0; i < after.size(); ++i) {
    expect_close(weights[i], after[i], "parameter " + std::to_string(i));
  }
  for (size_t i = 0; i < expected.size(); ++i) expect_close(state[i], expected[i], variables[i].name);
}

TEST_P(OptimizerGolden, WritesWhatKerasWrites) {
  const Json expected = Golden("nn/optimizers/" + GetParam()).json("config");
  test::expect_same_config(Registry<Optimizer>::from_json(expected)->serialize(), expected, "optimizer");
}

INSTANTIATE_TEST_SUITE_P(Keras, OptimizerGolden, ::testing::ValuesIn(test::golden_cases("nn/optimizers")),
                         test::CaseName());

TEST(OptimizerGoldenFiles, AreAllThere) { EXPECT_GE(test::golden_cases("nn/optimizers").size(), 54u); }

TEST(Optimizers, ReadLikePython) {
  EXPECT_EQ(Adam().config().at("learning_rate").as_double(), static_cast<double>(0.001f));
  EXPECT_EQ(Adam(0.5).config().at("learning_rate").as_double(), 0.5);
  EXPECT_EQ(Adam({.learning_rate = 0.25, .amsgrad = true}).config().at("amsgrad"), Json(true));
  EXPECT_EQ(SGD(0.5, {.momentum = 0.75}).config().at("momentum").as_double(), 0.75);
  EXPECT_EQ(AdamW().config().at("weight_decay").as_double(), 0.004);
  EXPECT_EQ(RMSprop().name(), "rm_sprop");
}

TEST(Optimizers, AreKnownByKerasNames) {
  for (const char* name :
       {"sgd", "SGD", "adam", "Adam", "rmsprop", "RMSprop", "adamw", "adagrad", "adadelta", "adamax", "nadam",
        "ftrl", "lion", "lamb", "muon", "adafactor", "schedulefreeadamw"}) {
    EXPECT_NO_THROW(Registry<Optimizer>::make(name)) << name;
  }
  const auto message = message_of<InvalidArgument>([] { Registry<Optimizer>::make("adm"); });
  EXPECT_NE(message.find("unknown optimizer 'adm'; did you mean 'Adam'?"), std::string::npos) << message;
}

TEST(Optimizers, MayLeaveVectorsWithoutDecay) {
  const AdamW all(0.1, {.weight_decay = 0.5}), some(0.1, {.weight_decay = 0.5, .decays_vectors = false});
  const auto read = Registry<Optimizer>::from_json(some.serialize());
  EXPECT_FALSE(all.config().contains("decays_vectors"));  // Keras has no such argument
  const std::vector<Tensor> weights{Tensor::from(std::vector<float>{1, 2, 3, 4}, {2, 2}),
                                    Tensor::from(std::vector<float>{1, 2}, {2})};
  const std::vector<Tensor> gradients{zeros({2, 2}), zeros({2})};
  const std::vector<Optimizer::Target> targets{{"kernel", weights[0].type()}, {"bias", weights[1].type()}};
  const auto updated = [&](const Optimizer& optimizer) {
    std::vector<Tensor> state;
    for (const Optimizer::Variable& variable : optimizer.variables(targets))
      state.push_back(variable.initial);
    std::vector<std::vector<float>> values;
    for (const Tensor& weight : optimizer.update(weights, gradients, state).weights)
      values.push_back(weight.to_vector<float>());
    return values;
  };
  using Values = std::vector<std::vector<float>>;
  EXPECT_EQ(updated(all), (Values{{0.95f, 1.9f, 2.85f, 3.8f}, {0.95f, 1.9f}}));
  EXPECT_EQ(updated(some), (Values{{0.95f, 1.9f, 2.85f, 3.8f}, {1, 2}}));
  EXPECT_EQ(updated(*read), updated(some));
}

TEST(Optimizers, RejectArgumentsThatCannotBe) {
  EXPECT_THROW(SGD({.momentum = 2.0}), InvalidArgument);
  EXPECT_THROW(SGD(-1.0), InvalidArgument);
  EXPECT_THROW(Adam({.beta_1 = 1.0}), InvalidArgument);
  EXPECT_THROW(RMSprop({.rho = -0.5}), InvalidArgument);
  EXPECT_THROW(Adam({.clipnorm = 0.0}), InvalidArgument);
  const auto message = message_of<InvalidArgument>([] { Adam({.clipnorm = 1.0, .clipvalue = 1.0}); });
  EXPECT_NE(message.find("only one of clipnorm, clipvalue and global_clipnorm"), std::string::npos)
      << message;
}

TEST(Optimizers, RejectOptionsOfAveragesAndAccumulationThatCannotBe) {
  const auto fails = [](const Json& config) {
    return message_of<InvalidArgument>([&] { Registry<Optimizer>::make("Adam", config); });
  };
  const auto expect = [&](const Json& config, const std::string& words) {
    EXPECT_NE(fails(config).find(words), std::string::npos) << fails(config);
  };
  expect(Json::object({{"use_ema", true}, {"ema_momentum", 1.5}}), "ema_momentum must lie in [0, 1]");
  expect(Json::object({{"use_ema", true}, {"ema_overwrite_frequency", 0}}), "ema_overwrite_frequency");
  expect(Json::object({{"loss_scale_factor", 0.0}}), "loss_scale_factor must be positive");
  expect(Json::object({{"gradient_accumulation_steps", 1}}), "at least 2");
}

TEST(Optimizers, RejectArgumentsOfTheirOwn) {
  EXPECT_THROW(Adagrad({.initial_accumulator_value = -1}), InvalidArgument);
  EXPECT_THROW(Adadelta({.rho = 1.5}), InvalidArgument);
  EXPECT_THROW(Adamax({.beta_1 = 1}), InvalidArgument);
  EXPECT_THROW(Nadam({.beta_2 = -0.1}), InvalidArgument);
  EXPECT_THROW(Ftrl({.learning_rate_power = 0.5}), InvalidArgument);
  EXPECT_THROW(Ftrl({.l1_regularization_strength = -0.5}), InvalidArgument);
  EXPECT_THROW(Lion({.beta_1 = 0}), InvalidArgument);
  EXPECT_THROW(Lamb({.epsilon = -1}), InvalidArgument);
  EXPECT_THROW(Adafactor({.clip_threshold = 0}), InvalidArgument);
  EXPECT_THROW(Muon({.momentum = 2}), InvalidArgument);
  EXPECT_THROW(Muon({.exclude_layers = {"dense.*"}}), Unsupported);
  EXPECT_THROW(ScheduleFreeAdamW({.beta_1 = 0}), InvalidArgument);
  EXPECT_THROW(LossScaleOptimizer(Choice<Optimizer>(LossScaleOptimizer("adam"))), InvalidArgument);
  EXPECT_THROW(LossScaleOptimizer(Adam({.loss_scale_factor = 2.0})), InvalidArgument);
  EXPECT_THROW(LossScaleOptimizer("adam", {.initial_scale = 0}), InvalidArgument);
}

TEST(Optimizers, SkipStepsThatOverflow) {
  const LossScaleOptimizer optimizer(SGD(1.0), {.initial_scale = 8, .dynamic_growth_steps = 2});
  const std::vector<Optimizer::Target> targets{{"kernel", {DType::kFloat32, {1}}}};
  std::vector<Tensor> weights{Tensor::from<float>({10})}, state;
  for (const Optimizer::Variable& variable : optimizer.variables(targets)) state.push_back(variable.initial);
  const auto step = [&](float scaled_gradient) {
    const Optimizer::Update update =
        optimizer.update(weights, std::vector<Tensor>{Tensor::from<float>({scaled_gradient})}, state);
    weights = update.weights;
    state = update.state;
    eval(weights);
    eval(state);
    return std::vector<double>{weights[0].to_vector<double>()[0],
                               optimizer.dynamic_loss_scale(state).item<double>(),
                               state[optimizer.iteration_place()].item<double>()};
  };
  using Seen = std::vector<double>;  // weight, scale, iterations
  EXPECT_EQ(step(8), (Seen{9, 8, 1}));
  EXPECT_EQ(step(std::numeric_limits<float>::infinity()), (Seen{9, 4, 1}));
  EXPECT_EQ(step(4), (Seen{8, 4, 2}));
  EXPECT_EQ(step(4), (Seen{7, 8, 3}));
}

TEST(Optimizers, CheckTheNumberOfTensors) {
  const std::vector<Tensor> one = {Tensor(1.0f)};
  const auto message = message_of<InvalidArgument>([&] { Adam().update(one, one, one); });
  EXPECT_NE(message.find("4 state tensors"), std::string::npos) << message;
}

TEST(MultiOptimizer, GivesEachWeightToTheOptimizerThatNamesIt) {
  Sequential model({Input({3}), Dense(4, {.name = "body"}), Dense(2, {.name = "head"})},
                   {.name = "net", .seed = 3});
  const auto before = model.get_weights();
  model.compile(
      {.optimizer = MultiOptimizer({SGD(0.0), {{"net/head/.*", SGD(0.1)}, {"net/body/bias", SGD(0.5)}}}),
       .loss = "mse"});
  EXPECT_EQ(message_of<InvalidArgument>([&] { model.learning_rate(); }),
            "learning_rate: the optimizer 'multi_optimizer' is made of several, each with a learning rate of "
            "its own");
  model.fit(ones({8, 3}), ones({8, 2}), {.epochs = 2, .verbose = 0});
  const auto after = model.get_weights();
  const auto moved = [&](size_t i) { return max(abs(after[i] - before[i])).item<float>() > 0; };
  EXPECT_FALSE(moved(0));
  EXPECT_TRUE(moved(1));
  EXPECT_TRUE(moved(2));
  EXPECT_TRUE(moved(3));
  // What was saved goes on as if it had not been.
  const test::TemporaryFolder folder;
  model.save(folder / "m.keras");
  Model loaded = load_model(folder / "m.keras");
  for (Model* each : std::vector<Model*>{&model, &loaded})
    each->fit(ones({8, 3}), ones({8, 2}), {.epochs = 1, .verbose = 0});
  for (size_t i = 0; i < after.size(); ++i)
    EXPECT_EQ(model.get_weights()[i].to_vector<float>(), loaded.get_weights()[i].to_vector<float>());
}

TEST(MultiOptimizer, RefusesWhatCannotBe) {
  const auto refused = [](OptimizerMap map, const std::string& words, MultiOptimizerOptions options = {}) {
    const auto message = message_of<InvalidArgument>([&] { MultiOptimizer(map, options); });
    EXPECT_NE(message.find(words), std::string::npos) << message;
  };
  refused({}, "default_optimizer");
  refused({"sgd", {{"head", {}}}}, "without an optimizer");
  refused({"sgd", {{"head", "adam"}, {"head", "sgd"}}}, "twice");
  refused({"sgd", {{"head(", "adam"}}}, "a key must be a weight's path or a regular expression");
  refused({MultiOptimizer({"sgd"})}, "must not be a MultiOptimizer");
  refused({LossScaleOptimizer("sgd")}, "must not be a LossScaleOptimizer");
  refused({SGD({.loss_scale_factor = 2.0})}, "loss_scale_factor");
  refused({"sgd"}, "must be positive", {.loss_scale_factor = 0.0});
  const MultiOptimizer both({"sgd", {{"a.*", "adam"}, {".*b", "adam"}}});
  const std::vector<Optimizer::Target> targets{{"ab", {DType::kFloat32, {2}}}};
  EXPECT_EQ(message_of<InvalidArgument>([&] { both.for_targets(targets); }),
            "MultiOptimizer: weight 'ab' is named by 'a.*' and by '.*b'");
  const std::vector<Tensor> one{ones({2})};
  EXPECT_THROW(both.update(one, one, one), InvalidArgument);
  // Keys come from files: neither depth nor a match may take all there is.
  refused({"sgd", {{std::string(3000, '('), "adam"}}}, "a key must be");
  refused({"sgd", {{std::string(100'000, 'a'), "adam"}}}, "at most 4096");
  const std::vector<Optimizer::Target> dear{
      {std::string(40, 'a') + std::string(40, 'c'), {DType::kFloat32, {2}}}};
  const MultiOptimizer slow({"sgd", {{"(a|aa)*(a|aa)*[bd].*", "adam"}}});
  EXPECT_THROW(slow.for_targets(dear), InvalidArgument);
}

}  // namespace
}  // namespace lamina
