// .keras archives that ask for what is not known here and only training needs: they are read, and nothing is
// lost.
#include <gtest/gtest.h>

#include <functional>
#include <nlohmann/json.hpp>

#include "lamina/base/error.h"
#include "lamina/base/log.h"
#include "lamina/formats/keras/legacy_config.h"
#include "lamina/nn/compile_for_evaluation.h"
#include "tests/support/keras_file.h"
#include "tests/support/temporary_folder.h"

namespace lamina {
namespace {

using test::archive_of_file;
using test::message_of;
using test::small_model;
using test::TemporaryFolder;

// Warnings while it lives.
class Said {
 public:
  Said() : before_(set_log_sink([this](LogLevel, const std::string& text) { texts.push_back(text); })) {}
  ~Said() { set_log_sink(before_); }
  Said(const Said&) = delete;
  Said& operator=(const Said&) = delete;
  std::vector<std::string> texts;

 private:
  LogSink before_;
};

Json foreign(const std::string& class_name) {
  return Json::object({{"module", nullptr},
                       {"class_name", class_name},
                       {"config", Json::object({{"strength", 0.5}})},
                       {"registered_name", "Mine>" + class_name}});
}

// A trained model in a file, after a change to its configuration.
std::string changed_file(const TemporaryFolder& folder, const std::function<void(Json&)>& change) {
  Sequential model = small_model();
  model.train_on_batch(Tensor::from<float>({1, 2, 3, 4}, {1, 4}), Tensor::from<float>({0, 1}, {1, 2}));
  const std::string path = folder / "foreign.keras";
  model.save(path);
  detail::KerasArchive archive = archive_of_file(path);
  change(archive.config);
  write_file(path, detail::keras_archive_bytes(archive));
  return path;
}

TEST(Keras, WhatOnlyTrainingNeedsDoesNotBarPrediction) {
  const std::vector<std::pair<std::string, std::function<void(Json&)>>> cases = {
      {"optimizer 'Sharp'", [](Json& c) { c["compile_config"]["optimizer"] = foreign("Sharp"); }},
      {"optimizer 'Adams'", [](Json& c) { c["compile_config"]["optimizer"]["class_name"] = "Adams"; }},
      {"'Wave'",
       [](Json& c) { c["compile_config"]["optimizer"]["config"]["learning_rate"] = foreign("Wave"); }},
      {"'use_emas'|use_emas", [](Json& c) { c["compile_config"]["optimizer"]["config"]["use_emas"] = true; }},
      {"loss 'Mine'", [](Json& c) { c["compile_config"]["loss"] = foreign("Mine"); }},
      {"loss 'best_loss'", [](Json& c) { c["compile_config"]["loss"] = "best_loss"; }},
      {"loss 'other'", [](Json& c) { c["compile_config"]["loss"] = Json::list({"other"}); }},
      {"metric 'Odd'", [](Json& c) { c["compile_config"]["metrics"] = Json::list({foreign("Odd")}); }},
      {"metric 'odd'",
       [](Json& c) {
         c["compile_config"]["weighted_metrics"] = Json::object({{"dense_1", Json::list({"odd"})}});
       }},
      {"regularizer 'Even'",
       [](Json& c) { c["config"]["layers"].as_list()[1]["config"]["kernel_regularizer"] = foreign("Even"); }},
      {"regularizer 'Calm'",
       [](Json& c) {
         c["config"]["layers"].as_list()[1]["config"]["activity_regularizer"] = foreign("Calm");
       }},
      {"constraint 'Tight'",
       [](Json& c) { c["config"]["layers"].as_list()[2]["config"]["bias_constraint"] = foreign("Tight"); }},
      {"initializer 'First'",
       [](Json& c) {
         c["config"]["layers"].as_list()[1]["config"]["kernel_initializer"] = foreign("First");
       }},
  };
  const Tensor x = Tensor::from<float>({1, 2, 3, 4}, {1, 4}), y = Tensor::from<float>({0, 1}, {1, 2});
  for (const auto& [name, change] : cases) {
    TemporaryFolder folder;
    const std::vector<float> expected =
        load_keras(changed_file(folder, [](Json&) {})).predict(x).to_vector<float>();
    const std::string path = changed_file(folder, change);
    const Json written = archive_of_file(path).config;
    Said said;
    Model model = load_model(path);
    EXPECT_EQ(model.predict(x).to_vector<float>(), expected) << name;
    ASSERT_EQ(said.texts.size(), 1u) << name;
    const std::string wanted = name.substr(name.find('|') == std::string::npos ? 0 : name.find('|') + 1);
    EXPECT_NE(said.texts[0].find(wanted), std::string::npos) << said.texts[0];
    EXPECT_NE(said.texts[0].find(path), std::string::npos) << said.texts[0];

    // Training says what is missing, unless nothing is: initial values are in the file.
    if (name != "initializer 'First'") {
      const std::string message = message_of<InvalidArgument>([&] { model.train_on_batch(x, y); });
      EXPECT_NE(message.find(wanted), std::string::npos) << message;
    }
    // Nothing is lost when it is saved, the optimizer's state included.
    model.save(folder / "again.keras");
    const detail::KerasArchive again = archive_of_file(folder / "again.keras");
    EXPECT_EQ(again.config.at("compile_config").dump(), written.at("compile_config").dump()) << name;
    EXPECT_EQ(nlohmann::json::parse(again.config.at("config").dump()),
              nlohmann::json::parse(written.at("config").dump()))
        << name;
    EXPECT_TRUE(again.weights.arrays.contains("optimizer/vars/9")) << name;

    EXPECT_FALSE(load_model(path, {.compile = false}).compiled());
    model.compile({.optimizer = "sgd", .loss = "mse"});
    if (name.find("regularizer") == std::string::npos && name.find("constraint") == std::string::npos) {
      EXPECT_NO_THROW(model.train_on_batch(x, y)) << name;
    }
  }
}

TEST(Keras, SaysAllThatIsMissingInOneWarning) {
  TemporaryFolder folder;
  const std::string path = changed_file(folder, [](Json& c) {
    c["compile_config"]["loss"] = "best_loss";
    c["compile_config"]["metrics"] = Json::list({foreign("Odd")});
    for (Json& layer : c["config"]["layers"].as_list()) {
      if (layer.at("class_name") == Json("Dense")) layer["config"]["kernel_regularizer"] = foreign("Even");
    }
  });
  Said said;
  load_model(path);
  ASSERT_EQ(said.texts.size(), 1u);
  for (const char* what :
       {"best_loss", "'Odd'", "'Even' (kernel_regularizer of Dense 'dense')", "Dense 'dense_1'"})
    EXPECT_NE(said.texts[0].find(what), std::string::npos) << said.texts[0];
}

TEST(Keras, EvaluationNeedsNoOptimizerAndLeavesOutUnknownMetrics) {
  TemporaryFolder folder;
  const Tensor x = Tensor::from<float>({1, 2, 3, 4}, {1, 4}), y = Tensor::from<float>({0, 1}, {1, 2});
  const auto file = [&](const std::function<void(Json&)>& change) {
    return changed_file(folder, [&](Json& c) { change(c["compile_config"]); });
  };
  Model whole = load_model(file([](Json& c) { c["metrics"] = Json::list({"mae"}); }));
  const Logs expected = whole.evaluate(x, y, {.verbose = 0});
  const std::string path = file([](Json& c) {
    c["optimizer"] = foreign("MyOpt");
    c["metrics"] = Json::list({"mae", foreign("Odd")});
    c["weighted_metrics"] = Json::list({"odd_accuracy"});
  });
  Said said;
  Model model = load_model(path);
  EXPECT_FALSE(model.compiled());
  compile_for_evaluation(model);
  EXPECT_EQ(model.evaluate(x, y, {.verbose = 0}).items(), expected.items());
  ASSERT_EQ(said.texts.size(), 2u);
  for (const char* what : {"without the metrics", "'Odd'", "'odd_accuracy'"})
    EXPECT_NE(said.texts[1].find(what), std::string::npos) << said.texts[1];
  compile_for_evaluation(model);
  EXPECT_EQ(said.texts.size(), 2u);

  const auto refused = [&](const std::function<void(Json&)>& change) {
    Model other = load_model(file(change));
    return message_of<InvalidArgument>([&] { compile_for_evaluation(other); });
  };
  const std::string unknown = refused([](Json& c) { c["loss"] = "best_loss"; });
  EXPECT_NE(unknown.find("cannot be evaluated: unknown loss 'best_loss'"), std::string::npos) << unknown;
  const std::string none = refused([](Json& c) {
    c["optimizer"] = foreign("MyOpt");
    c["loss"] = nullptr;
  });
  EXPECT_NE(none.find("saved without a loss"), std::string::npos) << none;
}

TEST(Keras, AMissingOptimizerIsKerassDefault) {
  TemporaryFolder folder;
  const std::string path = changed_file(folder, [](Json& c) {
    Json without = Json::object();
    for (const auto& [key, value] : c.at("compile_config").as_object()) {
      if (key != "optimizer") without[key] = value;
    }
    c["compile_config"] = without;
  });
  Said said;
  const Model model = load_model(path);
  EXPECT_TRUE(said.texts.empty());
  EXPECT_EQ(model.compile_options().optimizer.get()->class_name(), "RMSprop");
}

TEST(Keras, MetricsAreKeptInEveryForm) {
  TemporaryFolder folder;
  const std::vector<std::pair<Json, Json>> forms = {
      // as written by some Keras, as written back
      {Json::list({nullptr}), nullptr},
      {Json::list({"mae", nullptr}), Json::list({"mae"})},
      {Json::list({Json::list({"mae", "mse"})}), Json::list({"mae", "mse"})},
      {Json::object({{"dense_1", Json::list({"mae"})}}), Json::object({{"dense_1", Json::list({"mae"})}})},
      {Json::object({{"dense_1", "mae"}}), Json::object({{"dense_1", Json::list({"mae"})}})},
      {"mae", Json::list({"mae"})},
  };
  for (const char* key : {"metrics", "weighted_metrics"}) {
    for (const auto& [given, expected] : forms) {
      const std::string path =
          changed_file(folder, [&, &given = given](Json& c) { c["compile_config"][key] = given; });
      Said said;
      load_model(path).save(folder / "again.keras");
      EXPECT_TRUE(said.texts.empty()) << given.dump();
      EXPECT_EQ(archive_of_file(folder / "again.keras").config.at("compile_config").at(key), expected)
          << key << " " << given.dump();
    }
  }
}

// Of several outputs Keras takes a list with an entry for each, and writes lists of lists.
TEST(Keras, MetricsOfSeveralOutputsAreKept) {
  TemporaryFolder folder;
  const Tensor x = Input({4});
  Model model(x, {Dense(2, {.name = "a"})(x), Dense(3, {.name = "b"})(x)});
  model.compile({.optimizer = "sgd", .loss = "mse", .metrics = {"mae"}});
  const std::string path = folder / "m.keras";
  model.save(path);
  const Json each = Json::list({Json::list({"mae"}), Json::list({"mae"})});
  EXPECT_EQ(archive_of_file(path).config.at("compile_config").at("metrics"), each);
  const std::vector<std::pair<Json, Json>> forms = {
      {each, each},
      {Json::list({"mae", nullptr}), Json::list({Json::list({"mae"}), Json::list()})},
      {Json::list({nullptr, Json::list({"mse", "mae"})}),
       Json::list({Json::list(), Json::list({"mse", "mae"})})},
      {Json::object({{"b", "mae"}}), Json::object({{"b", Json::list({"mae"})}})},
  };
  for (const auto& [given, expected] : forms) {
    detail::KerasArchive archive = archive_of_file(path);
    archive.config["compile_config"]["weighted_metrics"] = given;
    write_file(folder / "n.keras", detail::keras_archive_bytes(archive));
    load_model(folder / "n.keras").save(folder / "o.keras");
    EXPECT_EQ(archive_of_file(folder / "o.keras").config.at("compile_config").at("weighted_metrics"),
              expected)
        << given.dump();
  }
}

// Keras before 2.11 wrote there how fast Nadam's momentum grows.
TEST(Keras, DecayOfOldNadamsIsNoneOfTheLearningRate) {
  const auto learning_rate = [](const char* class_name) {
    const Json config = Json::object({{"learning_rate", 0.5}, {"decay", 0.004}});
    const Json training =
        Json::object({{"optimizer_config", Json::object({{"class_name", class_name}, {"config", config}})},
                      {"loss", "mse"}});
    return detail::compile_config_from(training).at("optimizer").at("config").at("learning_rate");
  };
  EXPECT_EQ(learning_rate("Nadam"), Json(0.5));
  EXPECT_TRUE(learning_rate("Adam").is_object());
}

}  // namespace
}  // namespace lamina
