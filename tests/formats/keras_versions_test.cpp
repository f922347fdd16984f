// What Lamina writes, against what the oldest Keras 3 takes (tools/golden/oldest.py).
#include <gtest/gtest.h>

#include <algorithm>

#include "lamina/nn/detail/model_impl.h"
#include "tests/support/golden.h"
#include "tests/support/keras_file.h"

namespace lamina {
namespace {

// Classes and members of configurations that Keras 3.0 refuses, wherever they are.
void collect_refused(const Json& json, const Json& accepted, std::vector<std::string>& refused) {
  if (json.is_list()) {
    for (const Json& element : json.as_list()) collect_refused(element, accepted, refused);
  }
  if (!json.is_object()) return;
  const Json* class_name = json.find("class_name");
  const Json* config = json.find("config");
  const Json* known =
      class_name && class_name->is_string() ? accepted.find(class_name->as_string()) : nullptr;
  const Json* module = json.find("module");
  const bool of_keras =
      module && module->is_string() && module->as_string().starts_with("keras.") &&
      !module->as_string().starts_with("keras.src.");  // of functions: models and operations
  if (of_keras && class_name && class_name->is_string() && !known) refused.push_back(class_name->as_string());
  if (known && config && config->is_object()) {
    for (const auto& [key, value] : config->as_object()) {
      const auto& names = known->as_list();
      if (std::find(names.begin(), names.end(), Json(key)) == names.end())
        refused.push_back(class_name->as_string() + "." + key + " = " + value.dump());
    }
  }
  for (const auto& [key, value] : json.as_object()) collect_refused(value, accepted, refused);
}

// Every class that the golden files of layers, losses, metrics, optimizers and initializers hold, as Lamina
// writes it.
TEST(Keras, WritesNothingThatTheOldestKerasRefuses) {
  const Json accepted = test::Golden("formats/keras_3_0").json("arguments");
  ASSERT_GE(accepted.size(), 150u);
  std::vector<std::string> refused;
  size_t written = 0;
  const auto look = [&](const Json& json) {
    ++written;
    collect_refused(json, accepted, refused);
  };
  for (const std::string folder : {"nn/layers/", "nn/layers_multi/", "nn/recurrent/"}) {
    for (const std::string& name : test::golden_cases(folder)) {
      const test::Golden golden(folder + name);
      if (golden.contains("config")) look(detail::layer_from_json(golden.json("config"))->serialize());
    }
  }
  for (const std::string& name : test::golden_cases("nn/losses"))
    look(Registry<Loss>::from_json(test::Golden("nn/losses/" + name).json("config"))->serialize());
  for (const std::string& name : test::golden_cases("nn/metrics"))
    look(Registry<Metric>::from_json(test::Golden("nn/metrics/" + name).json("config"))->serialize());
  for (const std::string& name : test::golden_cases("nn/optimizers"))
    look(Registry<Optimizer>::from_json(test::Golden("nn/optimizers/" + name).json("config"))->serialize());
  look(load_keras(LAMINA_SOURCE_DIR "/tests/golden/formats/every_layer.keras").serialize());
  EXPECT_GE(written, 120u);
  // Classes that came later, and nothing else, are among what is refused as a whole.
  const std::set<std::string> later = {"AdaptiveAveragePooling1D",
                                       "AdaptiveAveragePooling2D",
                                       "AdaptiveAveragePooling3D",
                                       "AdaptiveMaxPooling1D",
                                       "AdaptiveMaxPooling2D",
                                       "AdaptiveMaxPooling3D",
                                       "BinaryFocalCrossentropy",
                                       "CTC",
                                       "CategoricalFocalCrossentropy",
                                       "CategoricalGeneralizedCrossEntropy",
                                       "Circle",
                                       "ConcordanceCorrelation",
                                       "Dice",
                                       "Lamb",
                                       "MelSpectrogram",
                                       "MultiOptimizer",
                                       "Muon",
                                       "OptimizerMap",
                                       "PearsonCorrelation",
                                       "Pipeline",
                                       "RMSNormalization",
                                       "ReversibleEmbedding",
                                       "STFTSpectrogram",
                                       "ScheduleFreeAdamW",
                                       "Tversky"};
  std::set<std::string> found;
  std::erase_if(refused, [&](const std::string& what) {
    if (!later.contains(what)) return false;
    found.insert(what);
    return true;
  });
  EXPECT_EQ(found, later);
  // What only newer versions know stays as it is: some cases use it.
  EXPECT_EQ(refused, (std::vector<std::string>{
                         "BatchNormalization.renorm = true",
                         "BatchNormalization.renorm_clipping = {}",
                         "BatchNormalization.renorm = true",
                         R"(BatchNormalization.renorm_clipping = {"rmin": 0.8, "rmax": 1.5, "dmax": 0.4})",
                         "BatchNormalization.renorm_momentum = 0.7",
                         "RandomContrast.value_range = [-1, 1.5]",
                         "Resizing.antialias = true",
                         "Resizing.antialias = true",
                         "Resizing.antialias = true",
                         "Resizing.pad_to_aspect_ratio = true",
                         "Resizing.fill_value = 0.5",
                         "Resizing.pad_to_aspect_ratio = true",
                         "Resizing.fill_value = 0.5",
                         "MultiHeadAttention.use_gate = true",
                         "GroupQueryAttention.use_gate = true",
                         "GroupQueryAttention.sliding_window = 2",
                         "MultiHeadAttention.sliding_window = 2",
                         "BatchNormalization.renorm = true",
                         R"(BatchNormalization.renorm_clipping = {"rmax": 1.2})",
                         "SparseTopKCategoricalAccuracy.from_sorted_ids = true"}));
}

}  // namespace
}  // namespace lamina
