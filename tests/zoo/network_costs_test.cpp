// Every network of the zoo knows its cost, and layers of a row add up to their model, but for masks.
#include <gtest/gtest.h>

#include "lamina/nn/cost.h"
#include "lamina/zoo/photo_networks.h"
#include "lamina/zoo/tutorial_models.h"

namespace lamina {
namespace {

void expect_known(const Model& model, const std::string& name) {
  int64_t sum = 0, masked = 0;
  for (const auto& layer : model.layers()) {
    sum += layer_cost(*layer).flops.value();
    // A mean of what a mask leaves multiplies each number by it.
    if (layer->class_name() == "GlobalAveragePooling1D")
      masked += layer->input_shape()[1] * layer->input_shape()[2];
  }
  // A model counts what masks cost between its layers, too.
  EXPECT_GE(layer_cost(model).flops.value(), sum) << name;
  EXPECT_LE(layer_cost(model).flops.value(), sum + sum / 100 + masked) << name;
  EXPECT_GT(sum, layer_cost(model).parameters / 100) << name;
}

TEST(NetworkCosts, AreKnownForAll) {
  for (const TutorialModel& model : tutorial_models()) expect_known(model.build(0), model.name);
  expect_known(photo_network(10, 32, 0), "photos");
}

}  // namespace
}  // namespace lamina
