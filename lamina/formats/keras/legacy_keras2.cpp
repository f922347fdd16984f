// Keras 2's names and options in Keras 3's words.
#include <map>
#include <string_view>

#include "lamina/base/error.h"
#include "lamina/formats/keras/legacy_config.h"

namespace lamina::detail {
namespace {

const std::map<std::string, std::string, std::less<>>& classes() {
  static const std::map<std::string, std::string, std::less<>> names{
      {"BatchNormalizationV1", "BatchNormalization"},
      {"BatchNormalizationV2", "BatchNormalization"},
      {"SyncBatchNormalization", "BatchNormalization"},
      {"CuDNNLSTM", "LSTM"},
      {"CuDNNGRU", "GRU"},
      {"Convolution1D", "Conv1D"},
      {"Convolution2D", "Conv2D"},
      {"Convolution2DTranspose", "Conv2DTranspose"},
      {"SeparableConvolution2D", "SeparableConv2D"},
      {"MaxPool1D", "MaxPooling1D"},
      {"MaxPool2D", "MaxPooling2D"},
      {"AvgPool1D", "AveragePooling1D"},
      {"AvgPool2D", "AveragePooling2D"},
      {"GlobalAvgPool1D", "GlobalAveragePooling1D"},
      {"GlobalAvgPool2D", "GlobalAveragePooling2D"},
      {"GlobalMaxPool1D", "GlobalMaxPooling1D"},
      {"GlobalMaxPool2D", "GlobalMaxPooling2D"},
  };
  return names;
}

// What says how to compute, not what, or what the input says.
constexpr const char* kNeedless[] = {"batch_input_shape", "input_length", "input_dtype",
                                     "implementation",    "fused",        "virtual_batch_size",
                                     "adjustment"};

// Options that Keras 3 no longer has, where they hold what it does anyway.
struct Default {
  const char* key;
  Json value;
};
const std::vector<Default>& defaults() {
  static const std::vector<Default> all{{"time_major", false}, {"renorm", false},
                                        {"groups", 1},         {"ragged", false},
                                        {"sparse", false},     {"experimental_autocast", true},
                                        {"autocast", true},    {"return_runtime", false}};
  return all;
}

constexpr std::string_view kActivations[] = {"activation", "recurrent_activation"};

// An activation: a name, or how later versions wrote a function.
void translate_activation(Json& value) {
  if (value.is_object()) {
    const Json* class_name = value.find("class_name");
    const Json* config = value.find("config");
    if (class_name && class_name->is_string() && class_name->as_string() == "function" && config &&
        config->is_string()) {
      value = Json(std::string(config->as_string()));
    } else if (class_name && class_name->is_string() && class_name->as_string() == "ReLU" && config) {
      // The layer as a function.
      const Json* most = config->find("max_value");
      value = most && most->is_number() && most->as_double() == 6 ? "relu6" : "relu";
    }
  }
  if (!value.is_string()) return;
  if (value.as_string() == "hard_sigmoid") value = "keras2_hard_sigmoid";
  if (value.as_string() == "softmax_v2") value = "softmax";
  if (value.as_string() == "relu_v2") value = "relu";
}

// Initializers whose names changed.
void translate_initializer(Json& value) {
  static const std::map<std::string, std::string, std::less<>> names{
      {"zero", "zeros"}, {"one", "ones"}, {"uniform", "random_uniform"}, {"normal", "random_normal"}};
  if (value.is_string()) {
    const auto found = names.find(value.as_string());
    if (found != names.end()) value = found->second;
  }
  if (Json* config = value.is_object() && value.contains("config") ? &value["config"] : nullptr;
      config && config->is_object())
    drop_member(*config, "dtype");
}

void cudnn(Json& config, const std::string& given) {
  config["activation"] = "tanh";
  config["recurrent_activation"] = "sigmoid";
  if (given == "CuDNNGRU") config["reset_after"] = true;
}

}  // namespace

void from_keras2(Json& layer, const LegacyWriter& writer) {
  const std::string given = layer.at("class_name").as_string();
  if (given == "TFOpLambda" || given == "TensorFlowOpLayer" || given == "SlicingOpLambda")
    return from_tensorflow_op(layer);
  const auto renamed = classes().find(given);
  const std::string class_name = renamed == classes().end() ? given : renamed->second;
  layer["class_name"] = class_name;
  Json& config = layer["config"];
  if (!config.is_object()) return;
  if (class_name == "InputLayer") {
    rename_member(config, "batch_input_shape", "batch_shape");
    return;
  }
  for (const char* key : kNeedless) drop_member(config, key);
  // Depthwise and separable convolutions inherited arguments that nothing reads.
  if (config.contains("depthwise_initializer")) {
    for (const char* key : {"kernel_initializer", "kernel_regularizer", "kernel_constraint"}) drop_member(config, key);
  }
  for (const Default& one : defaults()) {
    const bool convolves =
        std::string_view(one.key) == "groups" && (class_name == "Conv2D" || class_name == "Conv1D");
    const Json* value = config.find(one.key);
    if (value && *value == one.value && !convolves) drop_member(config, one.key);
  }
  for (auto& [key, value] : config.as_object()) {
    for (const std::string_view name : kActivations) {
      if (key == name) translate_activation(value);
    }
    if (key.ends_with("_initializer")) translate_initializer(value);
  }
  if (given.starts_with("CuDNN")) cudnn(config, given);
  // What Keras 2 took where a configuration does not say it.
  if (class_name == "GRU" || class_name == "GRUCell") {
    if (!config.contains("reset_after")) config["reset_after"] = writer.resets_after();
  }
  const bool gated =
      class_name == "LSTM" || class_name == "GRU" || class_name == "LSTMCell" || class_name == "GRUCell";
  if (gated && !config.contains("recurrent_activation"))
    config["recurrent_activation"] = "keras2_hard_sigmoid";
  drop_member(config, "num_constants");
}

}  // namespace lamina::detail
