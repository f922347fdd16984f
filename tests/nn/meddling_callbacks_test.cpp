// Callbacks and steps that do to their model what the loop does not expect: they move it, assign to it,
// destroy it, rebuild it. Each works or is an error that says so.
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "lamina/base/error.h"
#include "lamina/nn/callbacks/callbacks.h"
#include "tests/support/samples.h"
#include "tests/support/temporary_folder.h"

namespace lamina {
namespace {

using Meddling = std::function<void()>;

// Meddles once, at the first hook of that name.
class Meddler : public Callback {
 public:
  Meddler(std::string hook, Meddling meddling) : hook_(std::move(hook)), meddling_(std::move(meddling)) {}
  bool done() const { return hook_.empty(); }

  void on_train_begin(const Logs&) override { at("train_begin"); }
  void on_train_end(const Logs&) override { at("train_end"); }
  void on_epoch_begin(int, const Logs&) override { at("epoch_begin"); }
  void add_logs(int, Logs&) override { at("add_logs"); }
  void on_epoch_end(int, const Logs&) override { at("epoch_end"); }
  void on_batch_begin(int64_t, const Logs&) override { at("batch_begin"); }
  void on_batch_end(int64_t, const Logs&) override { at("batch_end"); }
  void on_test_begin(const Logs&) override { at("test_begin"); }
  void on_test_end(const Logs&) override { at("test_end"); }
  void on_test_batch_end(int64_t, const Logs&) override { at("test_batch_end"); }
  void on_predict_begin(const Logs&) override { at("predict_begin"); }
  void on_predict_end(const Logs&) override { at("predict_end"); }
  void on_predict_batch_end(int64_t, const Logs&) override { at("predict_batch_end"); }

 private:
  void at(const std::string& hook) {
    if (hook != hook_) return;
    hook_.clear();
    meddling_();
  }

  std::string hook_;
  Meddling meddling_;
};

// Comes behind the meddler and looks at the model, as ModelCheckpoint does.
class Looker : public Callback {
 public:
  void on_epoch_begin(int, const Logs&) override { model().get_weights(); }
  void on_epoch_end(int, const Logs&) override { model().get_weights(); }
  void on_train_begin(const Logs&) override { model().get_weights(); }
  void on_train_end(const Logs&) override { model().get_weights(); }
  void on_batch_end(int64_t, const Logs&) override { model().get_weights(); }
};

const std::vector<std::string> kHooks = {"train_begin",      "train_end",      "epoch_begin",   "add_logs",
                                         "epoch_end",        "batch_begin",    "batch_end",     "test_begin",
                                         "test_end",         "test_batch_end", "predict_begin", "predict_end",
                                         "predict_batch_end"};

// What became of fit, evaluate or predict, whichever has the hook.
std::string said(const std::string& hook, Model& model, const Meddling& meddling) {
  const Samples data = test::corners(40);
  Meddler meddler(hook, meddling);
  Looker looker;
  std::string message;
  try {
    if (hook.starts_with("predict"))
      model.predict(data.x, {.batch_size = 10, .callbacks = {&meddler}});
    else if (hook.starts_with("test"))
      model.evaluate(data.x, data.y, {.batch_size = 10, .callbacks = {&meddler}, .verbose = 0});
    else
      model.fit(data.x, data.y,
                {.epochs = 2,
                 .batch_size = 10,
                 .validation_split = 0.25,
                 .callbacks = {&meddler, &looker},
                 .verbose = 0});
  } catch (const InvalidArgument& error) {
    message = error.what();
  }
  EXPECT_TRUE(meddler.done()) << hook;
  return message;
}

TEST(MeddlingCallbacks, ThatAssignAnotherModelAreAnError) {
  for (const std::string& hook : kHooks) {
    Sequential model = test::small_dense(1), other({Input({2}), Dense(3), Dense(3), Dense(2)});
    EXPECT_NE(said(hook, model, [&] { model = other; }).find("another model was assigned to it"),
              std::string::npos)
        << hook;
    Sequential moved_to = test::small_dense(1);
    EXPECT_NE(said(hook, moved_to,
                   [&] {
                     moved_to = Sequential({Input({2}), Dense(2)});
                   })
                  .find("another model was assigned to it"),
              std::string::npos)
        << hook;
    EXPECT_EQ(model.layers().size(), 3u);
  }
}

TEST(MeddlingCallbacks, ThatSwapModelsAreAnErrorUnlessTheySwapBack) {
  for (const std::string& hook : kHooks) {
    Sequential model = test::small_dense(1), other = test::small_dense(2);
    EXPECT_NE(said(hook, model, [&] { std::swap(model, other); }).find("another model was assigned to it"),
              std::string::npos)
        << hook;
    Sequential twice = test::small_dense(1);
    EXPECT_EQ(said(hook, twice,
                   [&] {
                     std::swap(twice, other);
                     std::swap(twice, other);
                   }),
              "")
        << hook;
  }
}

TEST(MeddlingCallbacks, ThatAssignTheModelToItselfDoNoHarm) {
  for (const std::string& hook : kHooks) {
    Sequential model = test::small_dense(1);
    const Sequential copy = model;
    EXPECT_EQ(said(hook, model, [&] { model = copy; }), "") << hook;
  }
}

TEST(MeddlingCallbacks, ThatDestroyTheModelAreAnError) {
  for (const std::string& hook : kHooks) {
    auto model = std::make_unique<Sequential>(test::small_dense(1));
    EXPECT_NE(said(hook, *model, [&] { model.reset(); }).find("it was destroyed"), std::string::npos) << hook;
    auto shared = std::make_shared<Sequential>(test::small_dense(1));
    EXPECT_NE(said(hook, *shared, [&] { shared.reset(); }).find("it was destroyed"), std::string::npos)
        << hook;
  }
}

TEST(MeddlingCallbacks, ThatMakeItsContainerGrowAreAnErrorAndTheModelGoesOn) {
  for (const std::string& hook : kHooks) {
    std::vector<Sequential> models;
    models.push_back(test::small_dense(1));
    models.shrink_to_fit();
    EXPECT_NE(said(hook, models[0],
                   [&] {
                     for (int i = 0; i < 3; ++i) models.push_back(test::small_dense(2));
                   })
                  .find("moved to another place"),
              std::string::npos)
        << hook;
    EXPECT_EQ(said(hook, models[0], [] {}), "") << hook;
  }
}

TEST(MeddlingCallbacks, ThatRebuildTheModelAreAnError) {
  const Samples data = test::corners(40);
  for (const std::string& hook : kHooks) {
    const bool asked = hook.starts_with("predict");
    for (const std::string action : {"compile", "fit", "add", "pop"}) {
      Sequential model = test::small_dense(1);
      const std::string message = said(hook, model, [&] {
        if (action == "compile") model.compile({.optimizer = "sgd", .loss = "mse"});
        if (action == "fit") model.fit(data.x, data.y, {.verbose = 0});
        if (action == "add") model.add(Dense(2));
        if (action == "pop") model.pop();
      });
      EXPECT_NE(message.find(action + (asked ? " was called while" : " cannot be called by a callback")),
                std::string::npos)
          << hook << ": " << message;
      EXPECT_EQ(said(hook, model, [] {}), "") << hook << " " << action;
    }
  }
}

TEST(MeddlingCallbacks, MaySaveAskAndChangeTheWeights) {
  const Samples data = test::corners(40);
  const test::TemporaryFolder folder;
  for (const std::string& hook : kHooks) {
    const bool asked = hook.starts_with("predict");
    Sequential model = test::small_dense(1);
    EXPECT_EQ(said(hook, model,
                   [&] {
                     const std::vector<Tensor> weights = model.get_weights();
                     model.predict(data.x);
                     if (asked) return;  // the others want the model alone
                     model.set_weights(weights);
                     model.evaluate(data.x, data.y, {.verbose = 0});
                     model.train_on_batch(data.x, data.y);
                     model.restore(model.snapshot());
                   }),
              "")
        << hook;
  }
}

// The part belongs to the whole, wherever the variable goes.
TEST(MeddlingCallbacks, MayMoveAPartOfTheModelAway) {
  for (const std::string& hook : kHooks) {
    auto part = std::make_unique<Sequential>(std::initializer_list<AnyLayer>{Input({2}), Dense(4)});
    Sequential model({*part, Dense(1)}, {.seed = 1});
    model.compile({.optimizer = "sgd", .loss = "mse"});
    EXPECT_EQ(said(hook, model,
                   [&] {
                     const Sequential taken(std::move(*part));
                     part.reset();
                   }),
              "")
        << hook;
  }
}

// A model whose steps meddle.
class Unsteady : public LayerOf<Unsteady, Model> {
 public:
  Unsteady() : LayerOf<Unsteady, Model>(ModelOptions{.seed = 5}), network_({Input({2}), Dense(1)}) {
    track("network", std::make_shared<Sequential>(network_));
  }
  std::string class_name() const override { return "Unsteady"; }
  Tensor call(const Tensor& x, CallContext& context) const override { return network_(x, context); }
  void train_step(TrainStep& step) override {
    step.minimize(step.compute_loss(step.forward()));
    if (meddling) meddling();
  }
  void test_step(TrainStep& step) override {
    step.compute_loss(step.forward());
    if (meddling) meddling();
  }

  Meddling meddling;

 private:
  Sequential network_;
};

TEST(MeddlingSteps, AreAnError) {
  const Samples data = test::corners(40);
  const std::vector<std::function<void(Model&)>> uses = {
      [&](Model& model) { model.fit(data.x, data.y, {.verbose = 0}); },
      [&](Model& model) { model.train_on_batch(data.x, data.y); },
      [&](Model& model) { model.evaluate(data.x, data.y, {.verbose = 0}); },
      [&](Model& model) { model.test_on_batch(data.x, data.y); }};
  const std::vector<std::pair<std::string, std::function<void(std::unique_ptr<Unsteady>&)>>> meddlings = {
      {"it was destroyed", [](auto& model) { model.reset(); }},
      {"it was moved from", [](auto& model) { const Unsteady taken(std::move(*model)); }},
      {"another model was assigned to it", [](auto& model) { *model = Unsteady(); }},
      {"compile cannot be called", [](auto& model) { model->compile({.optimizer = "sgd", .loss = "mae"}); }},
      {"fit cannot be called", [&](auto& model) { model->fit(data.x, data.y, {.verbose = 0}); }}};
  for (const auto& use : uses) {
    for (const auto& [expected, meddle] : meddlings) {
      auto model = std::make_unique<Unsteady>();
      model->compile({.optimizer = "sgd", .loss = "mse"});
      model->predict(data.x);
      // What the step runs is kept: it may end with the model.
      auto kept = std::make_shared<Meddling>([&model, meddle = meddle] { meddle(model); });
      model->meddling = [kept] {
        const auto own = kept;
        (*own)();
      };
      const std::string message = test::message_of<InvalidArgument>([&] { use(*model); });
      EXPECT_NE(message.find(expected), std::string::npos) << expected << ": " << message;
    }
  }
}

}  // namespace
}  // namespace lamina
