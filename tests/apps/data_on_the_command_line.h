// What the tests of data on the command line share: models whose answers are known, and ways to ask.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "lamina/base/files.h"
#include "lamina/base/json.h"
#include "lamina/nn/layers/layers.h"
#include "lamina/nn/model.h"
#include "lamina/nn/optimizers/sgd.h"
#include "tests/support/program.h"
#include "tests/support/temporary_folder.h"

namespace lamina {

using test::Outcome;

class DataOnTheCommandLine : public ::testing::Test {
 protected:
  Outcome run(const std::vector<std::string>& arguments) const {
    return test::run_lamina(folder_.path(), arguments, {"OMP_WAIT_POLICY=passive"});
  }
  std::string file(const std::string& name) const { return folder_ / name; }
  void write(const std::string& name, const std::string& text) const { write_file(file(name), text); }

  // One input, whose whole part from 1 on is the class: 1, 2, 3 for classes 0, 1, 2.
  Sequential sorter() const {
    Sequential model({Input({1}), Dense(3, {.activation = "softmax"})}, {.seed = 1});
    model.compile({.optimizer = SGD({.learning_rate = 0.0}),
                   .loss = "sparse_categorical_crossentropy",
                   .metrics = {"accuracy"}});
    // Scores 10, 20, 30 times x, less what makes them meet at 1.5 and 2.5.
    model.set_weights({Tensor::from<float>({{10, 20, 30}}), Tensor::from<float>({0, -15, -40})});
    return model;
  }
  // y = 2 a + b.
  Sequential adder() const {
    Sequential model({Input({2}), Dense(1)}, {.seed = 1});
    model.compile({.optimizer = SGD({.learning_rate = 0.0}), .loss = "mse", .metrics = {"mae"}});
    model.set_weights({Tensor::from<float>({{2}, {1}}), Tensor::from<float>({0})});
    return model;
  }

  Json metrics(const std::vector<std::string>& arguments) const {
    std::vector<std::string> words = {"evaluate"};
    words.insert(words.end(), arguments.begin(), arguments.end());
    words.push_back("--json");
    const Outcome outcome = run(words);
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    return outcome.status == 0 ? Json::parse(outcome.out).at("metrics") : Json::object({{"loss", -1}});
  }
  // The member of each line that predict prints.
  std::vector<std::string> said(std::vector<std::string> arguments, const char* member) const {
    arguments.insert(arguments.begin(), "predict");
    arguments.push_back("--json");
    const Outcome outcome = run(arguments);
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    std::vector<std::string> result;
    for (const std::string& line : outcome.lines()) {
      const Json object = Json::parse(line);
      const Json* found = object.find(member);
      result.push_back(!found ? "" : found->is_string() ? found->as_string() : found->dump());
    }
    return result;
  }
  void expect_refused(const std::vector<std::string>& arguments, const std::string& words,
                      int status = 1) const {
    const Outcome outcome = run(arguments);
    EXPECT_EQ(outcome.status, status) << outcome.out << outcome.err;
    EXPECT_NE(outcome.err.find(words), std::string::npos) << outcome.err;
  }

  test::TemporaryFolder folder_;
};

using Words = std::vector<std::string>;

}  // namespace lamina
