// Outputs that are no numbers, on the command line: none of them is shown as a class or a figure.
#include <gtest/gtest.h>

#include <limits>

#include "lamina/formats/npy.h"
#include "lamina/formats/npz.h"
#include "lamina/nn/losses/crossentropy.h"
#include "tests/apps/data_on_the_command_line.h"

namespace lamina {
namespace {

TEST_F(DataOnTheCommandLine, NanIsNoClass) {
  sorter().save(file("pets.keras"));
  write_npy(file("x.npy"), Tensor::from<float>({{1}, {std::numeric_limits<float>::quiet_NaN()}, {3}}));
  const Outcome text = run({"predict", "pets.keras", "x.npy"});
  EXPECT_EQ(text.status, 1);
  ASSERT_EQ(text.lines().size(), 3u) << text.out;
  EXPECT_NE(text.lines()[1].find("x.npy[1]  NaN"), std::string::npos) << text.out;
  EXPECT_NE(text.err.find("1 of 3 outputs are NaN"), std::string::npos) << text.err;
  const Outcome json = run({"predict", "pets.keras", "x.npy", "--json"});
  const Json line = Json::parse(json.lines().at(1));
  EXPECT_TRUE(line.at("class").is_null());
  EXPECT_TRUE(line.at("label").is_null());
  EXPECT_EQ(Json::parse(json.lines().at(2)).at("class").as_int(), 2);
  adder().save(file("m.keras"));
  write("nan.csv", "inf,-inf\n1,2\n");
  const Outcome values = run({"predict", "m.keras", "nan.csv", "--json"});
  EXPECT_EQ(values.status, 1) << values.out;
  EXPECT_EQ(values.lines().size(), 2u);
}

// Every kind of output, and one bad sample among good ones.
TEST_F(DataOnTheCommandLine, NanIsSaidOfEveryKindOfOutput) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  write_npy(file("x.npy"), Tensor::from<float>({{1}, {2}, {nan}, {3}}));
  const auto save = [&](const char* name, const Tensor& input, const std::vector<Tensor>& outputs,
                        const Choice<Loss>& loss) {
    Model model({input}, outputs);
    if (outputs.size() == 1) model.compile({.optimizer = "sgd", .loss = loss});
    model.save(file(name));
  };
  const Tensor x = Input({1});
  save("binary.keras", x, {Dense(1, {.activation = "sigmoid"})(x)}, "binary_crossentropy");
  save("logits.keras", x, {Dense(3)(x)}, SparseCategoricalCrossentropy({.from_logits = true}));
  save("binary_logits.keras", x, {Dense(1)(x)}, BinaryCrossentropy({.from_logits = true}));
  save("labels.keras", x, {Dense(4, {.activation = "sigmoid"})(x)}, "binary_crossentropy");
  save("values.keras", x, {Dense(2)(x)}, "mse");
  save("two.keras", x,
       {Dense(1, {.name = "size"})(x), Dense(2, {.activation = "softmax", .name = "kind"})(x)}, {});
  for (const char* model :
       {"binary.keras", "logits.keras", "binary_logits.keras", "labels.keras", "values.keras", "two.keras"}) {
    for (const bool json : {false, true}) {
      Words words = {"predict", model, "x.npy"};
      if (json) words.emplace_back("--json");
      const Outcome outcome = run(words);
      EXPECT_EQ(outcome.status, 1) << model;
      EXPECT_NE(outcome.err.find("1 of 4 outputs are NaN"), std::string::npos) << model << outcome.err;
      ASSERT_EQ(outcome.lines().size(), 4u) << model << outcome.out;
      for (size_t i = 0; i < 4; ++i) {
        const std::string line = outcome.lines()[i];
        const bool told = line.find(json                                   ? "null"
                                    : model == std::string("binary.keras") ? "NaN"
                                                                           : "nan") != std::string::npos ||
                          line.find("NaN") != std::string::npos;
        EXPECT_EQ(told, i == 2) << model << ": " << line;
      }
    }
  }
  const Outcome raw = run({"run", "two.keras", "--input", "x.npy", "--output", "out"});
  EXPECT_EQ(raw.status, 0) << raw.err;
  EXPECT_NE(raw.err.find("1 of the 4 numbers of output 'size' are NaN"), std::string::npos) << raw.err;
  EXPECT_NE(raw.err.find("2 of the 8 numbers of output 'kind' are NaN"), std::string::npos) << raw.err;
}

TEST_F(DataOnTheCommandLine, InfiniteOutputsAreTold) {
  adder().save(file("m.keras"));
  write_npy(file("x.npy"), Tensor::from<float>({{1, 1}, {3e38f, 3e38f}, {-3e38f, -3e38f}}));
  for (const bool json : {false, true}) {
    Words words = {"predict", "m.keras", "x.npy"};
    if (json) words.emplace_back("--json");
    const Outcome outcome = run(words);
    EXPECT_EQ(outcome.status, 0);
    EXPECT_NE(outcome.err.find("2 of 3 outputs are infinite"), std::string::npos) << outcome.err;
    if (!json) {
      EXPECT_EQ(outcome.lines().at(2), "x.npy[2]  -inf");
    }
  }
  write_npz(file("d.npz"),
            {{"x", Tensor::from<float>({{1, 1}, {3e38f, 3e38f}})}, {"y", Tensor::from<float>({{3}, {1}})}});
  const Outcome judged = run({"evaluate", "m.keras", "--data", "d.npz", "--json"});
  EXPECT_EQ(judged.status, 0);
  EXPECT_TRUE(Json::parse(judged.out).at("metrics").at("loss").is_null()) << judged.out;
  EXPECT_NE(judged.err.find("infinite: loss, mae"), std::string::npos) << judged.err;
}

TEST_F(DataOnTheCommandLine, EvaluateSaysThatOutputsAreNan) {
  sorter().save(file("pets.keras"));
  const float nan = std::numeric_limits<float>::quiet_NaN();
  write_npz(file("d.npz"),
            {{"x", Tensor::from<float>({{1}, {nan}, {3}})}, {"y", Tensor::from<int32_t>({0, 0, 2})}});
  const Outcome text = run({"evaluate", "pets.keras", "--data", "d.npz"});
  EXPECT_EQ(text.status, 1);
  EXPECT_NE(text.out.find("loss: nan"), std::string::npos) << text.out;
  EXPECT_NE(text.err.find("1 of 3 outputs are NaN"), std::string::npos) << text.err;
  const Outcome json = run({"evaluate", "pets.keras", "--data", "d.npz", "--json"});
  EXPECT_EQ(json.status, 1);
  EXPECT_EQ(Json::parse(json.lines().at(0)).at("nan_outputs").as_int(), 1);
}

}  // namespace
}  // namespace lamina
