// Operations of keras.ops in a file that Keras wrote, against what Keras computes; and in the file that comes
// of it.
#include <gtest/gtest.h>

#include <algorithm>

#include "lamina/formats/keras/keras.h"
#include "lamina/nn/model.h"
#include "tests/support/golden.h"
#include "tests/support/temporary_folder.h"

namespace lamina {
namespace {

// The inputs' values by their names.
std::vector<Tensor> inputs_of(const Model& model, const test::Golden& golden) {
  std::vector<Tensor> inputs;
  for (const std::string& name : model.input_names()) inputs.push_back(golden.at(name));
  return inputs;
}

void expect_outputs(const Model& model, const test::Golden& golden, const std::string& file) {
  const std::vector<Tensor> expected = golden.numbered("output");
  const std::vector<Tensor> outputs = model.outputs(inputs_of(model, golden), {}, false);
  ASSERT_EQ(outputs.size(), expected.size());
  ASSERT_GT(outputs.size(), 10u);
  for (size_t j = 0; j < outputs.size(); ++j)
    test::expect_close(outputs[j], expected[j], file + ": " + model.output_names()[j]);
}

// The configurations of all layers.
std::vector<std::string> operations_of(const Model& model) {
  std::vector<std::string> layers;
  const Json graph = model.serialize();
  for (const Json& layer : graph.at("config").at("layers").as_list())
    layers.push_back(layer.at("config").dump());
  std::sort(layers.begin(), layers.end());
  return layers;
}

class OperationsGolden : public ::testing::TestWithParam<std::string> {};

TEST_P(OperationsGolden, ComputeWhatKerasComputes) {
  const test::Golden golden("formats/" + GetParam());
  const Model model = load_model(test::golden_path("formats/" + GetParam() + ".keras"));
  expect_outputs(model, golden, "Keras's file");
  const test::TemporaryFolder folder;
  const std::string path = folder.path() + "/again.keras";
  model.save(path);
  const Model again = load_model(path);
  expect_outputs(again, golden, "the file written here");
  EXPECT_EQ(operations_of(again), operations_of(model));
}

/// The golden files of tools/golden/operations*.py; operations_more.py has calls by name among them.
std::vector<std::string> files_of_operations() {
  std::vector<std::string> names;
  for (const std::string& name : test::golden_cases("formats")) {
    if (name.rfind("operations", 0) == 0) names.push_back(name);
  }
  return names;
}

INSTANTIATE_TEST_SUITE_P(All, OperationsGolden, ::testing::ValuesIn(files_of_operations()), test::CaseName());

}  // namespace
}  // namespace lamina
