// The one list of what Keras added to configurations after 3.0. tools/golden/oldest.py tells what Keras 3.0
// takes, and a test compares with that what every layer, loss, metric and optimizer writes: a new one that
// fails there gets a row here.
#include "lamina/nn/detail/keras_additions.h"

#include <algorithm>
#include <initializer_list>
#include <vector>

namespace lamina::detail {
namespace {

struct Addition {
  const char* argument;
  Json value;  ///< its default
  /// The classes that got it; empty for all. Named where others had it before, with another default.
  std::vector<std::string> classes = {};
};

const std::vector<Addition>& additions() {
  static const std::vector<Addition> all = {
      {"quantization_config", nullptr},
      {"renorm", false},
      {"renorm_clipping", nullptr},
      {"renorm_momentum", 0.99},
      {"optional", false, {"InputLayer"}},
      {"ragged", false, {"InputLayer"}},
      {"sliding_window", nullptr},
      {"use_gate", false, {"MultiHeadAttention", "GroupQueryAttention", "GroupedQueryAttention"}},
      {"flash_attention", nullptr},
      {"seed", nullptr, {"MultiHeadAttention", "GroupQueryAttention", "GroupedQueryAttention"}},
      {"input_axes", nullptr},
      {"output_axes", nullptr},
      {"ignore_class", nullptr, {"SparseCategoricalCrossentropy"}},
      {"salt", nullptr, {"StringLookup", "IntegerLookup"}},
      {"oov_method", "floormod", {"StringLookup", "IntegerLookup"}},
      {"antialias", false, {"Resizing"}},
      {"fill_mode", "constant", {"Resizing"}},
      {"fill_value", 0.0, {"Resizing"}},
      {"pad_to_aspect_ratio", false, {"Resizing"}},
      {"value_range", Json::list({0, 255}), {"RandomContrast"}},
      {"data_format", "channels_last", {"RandomBrightness", "RandomContrast", "RandomFlip", "ZeroPadding1D"}},
  };
  return all;
}

bool says_nothing(const std::string& class_name, const std::string& argument, const Json& value) {
  return std::any_of(additions().begin(), additions().end(), [&](const Addition& addition) {
    const std::vector<std::string>& classes = addition.classes;
    return argument == addition.argument && value == addition.value &&
           (classes.empty() || std::find(classes.begin(), classes.end(), class_name) != classes.end());
  });
}

}  // namespace

Json without_young_defaults(const std::string& class_name, Json config) {
  if (!config.is_object()) return config;
  std::erase_if(config.as_object(), [&](const Json::Member& member) {
    return says_nothing(class_name, member.first, member.second);
  });
  return config;
}

}  // namespace lamina::detail
