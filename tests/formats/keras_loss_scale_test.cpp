// A model of mixed_float16 that Keras trained: the state of the LossScaleOptimizer that its compile added.
#include <gtest/gtest.h>

#include "lamina/formats/keras/keras.h"
#include "lamina/nn/model.h"
#include "tests/support/golden.h"
#include "tests/support/temporary_folder.h"

namespace lamina {
namespace {

using test::expect_close;
using test::Golden;

// What float16 keeps of a number.
constexpr double kHalf = 2e-3;

TEST(KerasLossScale, GoesOnWhereKerasEnded) {
  const Golden golden("formats/mixed_float16");
  Model model = load_model(test::golden_path("formats/mixed_float16.keras"));
  const std::vector<Tensor> state = golden.numbered("state");
  const std::vector<WeightPtr> variables = model.optimizer_variables();
  ASSERT_EQ(variables.size(), state.size());
  for (size_t i = 0; i < state.size(); ++i)
    EXPECT_EQ(variables[i]->value.to_vector<double>(), state[i].to_vector<double>()) << variables[i]->name;
  expect_close(model.predict(golden.at("x")), golden.at("predictions"), "predictions", kHalf);
  model.train_on_batch(golden.at("x"), golden.at("y"));
  const std::vector<Tensor> after = golden.numbered("after");
  for (size_t i = 0; i < after.size(); ++i)
    expect_close(model.weights()[i]->value, after[i], model.weights()[i]->path, kHalf);
}

TEST(KerasLossScale, IsWrittenForAnyPolicyOfKeras) {
  const Model model = load_model(test::golden_path("formats/mixed_float16.keras"));
  const test::TemporaryFolder folder;
  for (const char* name : {"model.keras", "model.h5"}) {
    model.save(folder / name);
    const Model again = load_model(folder / name);
    EXPECT_EQ(again.compile_options().optimizer.get()->class_name(), "LossScaleOptimizer") << name;
    const std::vector<WeightPtr> expected = model.optimizer_variables(), found = again.optimizer_variables();
    ASSERT_EQ(found.size(), expected.size()) << name;
    for (size_t i = 0; i < found.size(); ++i)
      EXPECT_EQ(found[i]->value.to_vector<double>(), expected[i]->value.to_vector<double>())
          << name << " " << found[i]->name;
  }
}

}  // namespace
}  // namespace lamina
