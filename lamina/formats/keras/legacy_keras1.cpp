// Keras 1's names and options in Keras 2's words.
#include <map>
#include <string_view>
#include <utility>
#include <vector>

#include "lamina/base/error.h"
#include "lamina/formats/keras/legacy_config.h"

namespace lamina::detail {
namespace {

using Pairs = std::vector<std::pair<const char*, const char*>>;

const std::map<std::string, std::string, std::less<>>& classes() {
  static const std::map<std::string, std::string, std::less<>> names{
      {"Convolution1D", "Conv1D"},
      {"Convolution2D", "Conv2D"},
      {"Convolution3D", "Conv3D"},
      {"AtrousConvolution1D", "Conv1D"},
      {"AtrousConvolution2D", "Conv2D"},
      {"Deconvolution2D", "Conv2DTranspose"},
      {"SeparableConvolution2D", "SeparableConv2D"},
      {"TimeDistributedDense", "Dense"},
  };
  return names;
}

// Options that mean the same in every layer that has them.
const Pairs& options() {
  static const Pairs pairs{
      {"nb_filter", "filters"},
      {"filter_length", "kernel_size"},
      {"subsample_length", "strides"},
      {"subsample", "strides"},
      {"atrous_rate", "dilation_rate"},
      {"border_mode", "padding"},
      {"dim_ordering", "data_format"},
      {"bias", "use_bias"},
      {"pool_length", "pool_size"},
      {"stride", "strides"},
      {"p", "rate"},
      {"sigma", "stddev"},
      {"inner_init", "recurrent_initializer"},
      {"inner_activation", "recurrent_activation"},
      {"U_regularizer", "recurrent_regularizer"},
      {"U_constraint", "recurrent_constraint"},
      {"dropout_W", "dropout"},
      {"dropout_U", "recurrent_dropout"},
      {"b_regularizer", "bias_regularizer"},
      {"b_constraint", "bias_constraint"},
      {"beta_init", "beta_initializer"},
      {"gamma_init", "gamma_initializer"},
  };
  return pairs;
}

// What only told how to compute, or is known otherwise.
constexpr const char* kNeedless[] = {"consume_less", "input_length", "input_dtype", "weights",
                                     "go_backwards_"};

// A regularizer or constraint: {"name": "L1L2Regularizer", "l1": ..., "l2": ...}.
void object_from_name(Json& value) {
  const Json* name = value.is_object() ? value.find("name") : nullptr;
  if (!name || !name->is_string() || value.contains("class_name")) return;
  std::string class_name = name->as_string();
  Json config = Json::object();
  for (const auto& [key, member] : value.as_object()) {
    if (key != "name") config[key] = member;
  }
  if (class_name == "WeightRegularizer" || class_name == "L1L2Regularizer" ||
      class_name == "ActivityRegularizer")
    class_name = "L1L2";
  rename_member(config, "m", "max_value");
  value = Json::object({{"class_name", class_name}, {"config", std::move(config)}});
}

[[noreturn]] void refuse(const std::string& class_name, const Json& config, const std::string& what) {
  const Json* name = config.find("name");
  throw Unsupported("layer '" + (name && name->is_string() ? name->as_string() : class_name) + "' (" +
                    class_name + " of Keras 1): " + what);
}

// Merge(mode): one of the layers that do one thing each.
void merge(Json& layer) {
  Json& config = layer["config"];
  const Json* mode = config.find("mode");
  static const std::map<std::string, std::string, std::less<>> by_mode{
      {"sum", "Add"}, {"mul", "Multiply"}, {"ave", "Average"}, {"max", "Maximum"}, {"concat", "Concatenate"}};
  const auto found = mode && mode->is_string() ? by_mode.find(mode->as_string()) : by_mode.end();
  if (found == by_mode.end() || config.contains("layers"))
    refuse("Merge", config, "only the modes sum, mul, ave, max and concat within a graph can be read");
  layer["class_name"] = found->second;
  Json merged = Json::object({{"name", config["name"]}, {"trainable", true}});
  if (found->second == "Concatenate") merged["axis"] = config["concat_axis"];
  config = std::move(merged);
}

}  // namespace

void rename_member(Json& config, const char* from, const char* to) {
  const Json* found = config.find(from);
  if (!found) return;
  Json value = *found;
  drop_member(config, from);
  if (!value.is_null()) config[to] = std::move(value);
}

void drop_member(Json& config, const char* name) {
  std::erase_if(config.as_object(), [name](const Json::Member& member) { return member.first == name; });
}

void from_keras1(Json& layer) {
  const std::string given = layer.at("class_name").as_string();
  if (given == "Merge") return merge(layer);
  if (given == "Highway" || given == "MaxoutDense")
    refuse(given, layer.at("config"), "Keras dropped this class in version 2; there is no layer for it");
  const auto renamed = classes().find(given);
  const std::string class_name = renamed == classes().end() ? given : renamed->second;
  layer["class_name"] = class_name;
  Json& config = layer["config"];
  if (!config.is_object()) return;

  if (config.contains("kernel_dim1") && config.contains("kernel_dim2") && config.contains("kernel_dim3")) {
    config["kernel_size"] =
        Json::list({config.at("kernel_dim1"), config.at("kernel_dim2"), config.at("kernel_dim3")});
    for (const char* key : {"kernel_dim1", "kernel_dim2", "kernel_dim3"}) drop_member(config, key);
  }
  if (config.contains("nb_row") && config.contains("nb_col")) {
    config["kernel_size"] = Json::list({config.at("nb_row"), config.at("nb_col")});
    drop_member(config, "nb_row");
    drop_member(config, "nb_col");
  }
  // One name for the weights of all layers.
  const bool embeds = class_name == "Embedding", separable = class_name == "SeparableConv2D";
  rename_member(config, "init", embeds ? "embeddings_initializer" : "kernel_initializer");
  rename_member(config, "W_regularizer", embeds ? "embeddings_regularizer" : "kernel_regularizer");
  rename_member(config, "W_constraint", embeds ? "embeddings_constraint" : "kernel_constraint");
  if (separable) {
    for (const char* kind : {"initializer", "regularizer", "constraint"})
      drop_member(config, (std::string("kernel_") + kind).c_str());
  }
  if (!embeds) {
    rename_member(config, "output_dim", "units");
    drop_member(config, "input_dim");
  } else if (const Json* rate = config.find("dropout"); rate && *rate != Json(0.0) && *rate != Json(0)) {
    refuse(given, config, "dropout within an Embedding cannot be read");
  } else {
    drop_member(config, "dropout");
  }
  if (class_name == "Conv2DTranspose") drop_member(config, "output_shape");
  if (class_name == "UpSampling1D") rename_member(config, "length", "size");
  if (class_name == "BatchNormalization") {
    const Json* mode = config.find("mode");
    if (mode && *mode != Json(0))
      refuse(given, config, "mode " + mode->dump() + " (statistics of each sample or batch) cannot be read");
    drop_member(config, "mode");
  }
  if (config.contains("forget_bias_init")) {
    const Json forget = config.at("forget_bias_init");
    config["unit_forget_bias"] =
        forget.is_string() && (forget.as_string() == "one" || forget.as_string() == "ones");
    drop_member(config, "forget_bias_init");
  }
  for (const auto& [from, to] : options()) rename_member(config, from, to);
  for (const char* key : kNeedless) drop_member(config, key);
  if (const Json* order = config.find("data_format"); order && order->is_string()) {
    const std::string text = order->as_string();
    if (text == "th") config["data_format"] = "channels_first";
    if (text == "tf") config["data_format"] = "channels_last";
    if (text == "default") drop_member(config, "data_format");
  }
  for (auto& [key, value] : config.as_object()) {
    if (key.ends_with("regularizer") || key.ends_with("constraint")) object_from_name(value);
  }
}

}  // namespace lamina::detail
