// The networks of Keras's applications: the same layers under the same names, as many weights, the same
// shapes.
#include "lamina/zoo/applications/applications.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "lamina/base/error.h"
#include "lamina/base/json.h"
#include "lamina/data/read_lines.h"
#include "lamina/formats/keras/keras.h"
#include "lamina/nn/detail/values_follow.h"
#include "lamina/ops/full.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/told.h"

namespace lamina {
namespace {

const Json& goldens() {
  static const Json all = Json::parse(
      read_file_or_gzip(std::string(LAMINA_SOURCE_DIR) + "/tests/golden/zoo/applications.json.gz"));
  return all.at("cases");
}

ApplicationOptions options_of(const Json& given) {
  ApplicationOptions options;
  for (const auto& [key, value] : given.as_object()) {
    if (key == "include_top") options.include_top = value.as_bool();
    if (key == "pooling") options.pooling = value.as_string();
    if (key == "alpha") options.alpha = value.as_double();
    if (key == "classes") options.classes = value.as_int();
    if (key == "classifier_activation") options.classifier_activation = value.as_string();
    if (key != "input_shape") continue;
    for (const Json& extent : value.as_list())
      options.input_shape.push_back(extent.is_null() ? -1 : extent.as_int());
  }
  return options;
}

TEST(Applications, AreThoseOfKeras) {
  const detail::ValuesFollow follow;  // no weights are drawn
  std::set<std::string> met;
  for (const Json& golden : goldens().as_list()) {
    const std::string& network = golden.at("network").as_string();
    SCOPED_TRACE(network + " " + golden.at("options").dump());
    met.insert(network);
    const Model model = application(network).make(options_of(golden.at("options")));
    EXPECT_EQ(model.name(), golden.at("name").as_string());
    EXPECT_EQ(model.count_params(), golden.at("params").as_int());
    Shape output;
    for (const Json& extent : golden.at("output").as_list())
      output.push_back(extent.is_null() ? -1 : extent.as_int());
    EXPECT_EQ(model.outputs()[0].shape(), output);
    const Json config = model.serialize().at("config");
    const Json::List& layers = config.at("layers").as_list();
    const Json::List& theirs = golden.at("layers").as_list();
    EXPECT_EQ(layers.size(), theirs.size());
    bool same = true;
    for (size_t i = 0; same && i < std::min(layers.size(), theirs.size()); ++i) {
      const std::string ours =
          layers[i].at("class_name").as_string() + " " + layers[i].at("config").at("name").as_string();
      same = ours == theirs[i].at(0).as_string() + " " + theirs[i].at(1).as_string();
      EXPECT_TRUE(same) << "layer " << i << " is " << ours << ", Keras's is " << theirs[i].dump();
    }
  }
  std::set<std::string> ours;
  for (const std::string& name : application_names()) ours.insert(name);
  for (const char* name : {"AlexNet", "ResNet18", "ResNet34"}) ours.erase(name);  // which Keras lacks
  EXPECT_EQ(met, ours);
}

// As many weights as the usual ones of these names.
TEST(Applications, HaveThoseThatKerasLacks) {
  const detail::ValuesFollow follow;
  EXPECT_EQ(application("resnet18").make({}).count_params(), 11703912);
  EXPECT_EQ(application("ResNet-34").make({}).count_params(), 21823208);
  EXPECT_EQ(application("alexnet").make({}).count_params(), 61100840);
  const Model small = application("alexnet").make({.input_shape = {32, 32, 3}, .classes = 10});
  EXPECT_EQ(small.outputs()[0].shape(), (Shape{-1, 10}));
}

TEST(Applications, TakeWeightsByName) {
  const test::TemporaryFolder folder;
  const ApplicationOptions small{.input_shape = {32, 32, 3}, .classes = 3, .seed = 1};
  Model first = application("mobilenet").make(small);
  save_weights(first, folder / "w.weights.h5");
  ApplicationOptions other = small;
  other.seed = 2;
  other.weights = folder / "w.weights.h5";
  Model second = application("mobilenet").make(other);
  const Tensor x = full({1, 32, 32, 3}, 0.25);
  EXPECT_EQ(second.predict(x).to_vector<float>(), first.predict(x).to_vector<float>());
}

TEST(Applications, RefuseWhatCannotBe) {
  const auto says = [](const std::string& network, const ApplicationOptions& options) {
    return test::message_of<InvalidArgument>([&] { application(network).make(options); });
  };
  EXPECT_NE(says("resnet50", {.input_shape = {16, 32, 3}}).find("at least 32"), std::string::npos);
  EXPECT_NE(says("resnet50", {.input_shape = {-1, -1, 3}}).find("is open"), std::string::npos);
  EXPECT_NE(says("resnet50", {.input_shape = {32, 32}}).find("(height, width, channels)"), std::string::npos);
  EXPECT_NE(says("vgg16", {.pooling = "mean"}).find("\"avg\""), std::string::npos);
  EXPECT_NE(says("vgg16", {.classes = 0}).find("classes"), std::string::npos);
  EXPECT_NE(says("mobilenet", {.alpha = 0}).find("alpha"), std::string::npos);
  EXPECT_NE(says("resnet51", {}).find("did you mean"), std::string::npos);
}

}  // namespace
}  // namespace lamina
