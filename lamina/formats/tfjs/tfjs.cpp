// Reading layers models of TensorFlow.js.
#include "lamina/formats/tfjs/tfjs.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <map>

#include "lamina/base/error.h"
#include "lamina/base/files.h"
#include "lamina/formats/detail/reading.h"
#include "lamina/formats/keras/legacy_weights.h"
#include "lamina/formats/keras/model.h"
#include "lamina/nn/detail/load_notes.h"
#include "lamina/ops/cast.h"

namespace lamina {
namespace detail {
namespace {

// A shard lies beside the model: no way leads out of its folder.
std::string shard_path(const std::string& model, const std::string& shard) {
  const std::filesystem::path given(shard);
  bool inside = !shard.empty() && given.is_relative() && shard.find('\0') == std::string::npos;
  for (const auto& part : given) inside = inside && part != "..";
  if (!inside || shard.find('\\') != std::string::npos || shard.find(':') != std::string::npos)
    throw FileError("'" + model + "' names the shard '" + shard + "', which is not in its own folder");
  return (std::filesystem::path(model).parent_path() / given).string();
}

DType dtype_of(const std::string& name, const std::string& weight) {
  static const std::map<std::string, DType> known{{"float32", DType::kFloat32}, {"float16", DType::kFloat16},
                                                  {"int32", DType::kInt32},     {"uint8", DType::kUInt8},
                                                  {"bool", DType::kBool},       {"int64", DType::kInt64}};
  const auto found = known.find(name);
  if (found == known.end())
    throw FileError("weight '" + weight + "' has the dtype '" + name + "', which is not known");
  return found->second;
}

Shape shape_of(const Json& spec) {
  Shape shape;
  constexpr int64_t kMost = int64_t{1} << 40;
  int64_t size = 1;
  const Json& extents = spec.at("shape");
  if (extents.size() > static_cast<size_t>(Shape::kMaxRank)) throw FileError("a weight has too many axes");
  for (const Json& one : extents.as_list()) {
    const int64_t extent = one.as_int();
    if (extent < 0 || (extent > 0 && size > kMost / extent))
      throw FileError("weight '" + spec.at("name").as_string() +
                      "' has a shape that cannot be: " + extents.dump());
    size *= std::max<int64_t>(extent, 1);
    shape.push_back(extent);
  }
  return shape;
}

// The next weight of a group's bytes.
Tensor take(std::string_view& bytes, const Json& spec) {
  const std::string& name = spec.at("name").as_string();
  const Shape shape = shape_of(spec);
  const Json* quantization = spec.find("quantization");
  std::string stored = spec.at("dtype").as_string();
  if (quantization && quantization->is_object()) stored = quantization->at("dtype").as_string();
  const bool is_uint16 = stored == "uint16";
  const DType dtype = is_uint16 ? DType::kInt16 : dtype_of(stored, name);
  const auto count = static_cast<size_t>(shape.size());
  const size_t size = count * size_of(dtype);
  if (size > bytes.size())
    throw FileError("weight '" + name + "' needs " + std::to_string(size) + " bytes where its shards have " +
                    std::to_string(bytes.size()) + " left");
  const std::string_view own = bytes.substr(0, size);
  bytes.remove_prefix(size);
  if (!quantization || !quantization->is_object() || stored == "float16") {
    const auto from = [&]<class T>(T) {
      std::vector<T> values(count);
      if (size > 0) std::memcpy(values.data(), own.data(), size);
      return Tensor::from<T>(values, shape);
    };
    if (dtype == DType::kFloat16) {
      std::vector<uint16_t> bits(count);
      if (size > 0) std::memcpy(bits.data(), own.data(), size);
      std::vector<float> values(count);
      for (size_t i = 0; i < count; ++i) {
        const int exponent = (bits[i] >> 10) & 31, fraction = bits[i] & 1023;
        const float sign = bits[i] & 0x8000 ? -1.0f : 1.0f;
        values[i] = exponent == 31
                        ? (fraction ? NAN : sign * INFINITY)
                        : sign * std::ldexp(static_cast<float>(exponent ? fraction + 1024 : fraction),
                                            (exponent ? exponent : 1) - 25);
      }
      return Tensor::from<float>(values, shape);
    }
    if (dtype == DType::kInt32) return from(int32_t{});
    if (dtype == DType::kInt64) return from(int64_t{});
    if (dtype == DType::kFloat32) return from(float{});
    return cast(from(uint8_t{}), dtype);
  }
  if (dtype != DType::kUInt8 && !is_uint16)
    throw FileError("weight '" + name + "' is quantised to '" + stored +
                    "'; uint8, uint16 and float16 can be read");
  const double scale = quantization->at("scale").as_double(), least = quantization->at("min").as_double();
  std::vector<float> values(count);
  for (size_t i = 0; i < count; ++i) {
    uint32_t number = static_cast<unsigned char>(own[is_uint16 ? 2 * i : i]);
    if (is_uint16) number |= uint32_t{static_cast<unsigned char>(own[2 * i + 1])} << 8;
    values[i] = static_cast<float>(number * scale + least);
  }
  return Tensor::from<float>(values, shape);
}

// All weights by name, in the layout of .h5 files: "dense/kernel" belongs to the layer that is called so.
Hdf5Tree tree_of(const Json& manifest, const std::string& path) {
  Hdf5Tree tree;
  for (const Json& group : manifest.as_list()) {
    std::string bytes;
    for (const Json& shard : group.at("paths").as_list())
      bytes += read_file(shard_path(path, shard.as_string()));
    std::string_view left = bytes;
    for (const Json& spec : group.at("weights").as_list()) {
      const std::string& name = spec.at("name").as_string();
      if (!tree.arrays.emplace(name, take(left, spec)).second)
        throw FileError("'" + path + "' has two weights named '" + name + "'");
    }
    if (!left.empty())
      throw FileError("'" + path + "': its shards have " + std::to_string(left.size()) +
                      " bytes more than its weights");
  }
  return tree;
}

// The layer of the model that a weight belongs to: the longest name that opens the weight's, with or without
// the model's own before it.
std::string owner_of(const std::string& weight, const Model& model) {
  std::string longest;
  for (const auto& layer : model.layers()) {
    const std::string& name = layer->name();
    const bool opens = weight.starts_with(name + "/") || weight.find("/" + name + "/") != std::string::npos;
    if (opens && name.size() > longest.size()) longest = name;
  }
  return longest;
}

// weight_names of each layer, in the order of the layer's weights where the names tell it.
Hdf5Tree by_layer(const Hdf5Tree& flat, const std::vector<std::string>& order, const Model& model) {
  Hdf5Tree tree;
  std::map<std::string, std::vector<std::string>> names;
  for (const std::string& name : order) {
    const std::string owner = owner_of(name, model);
    const std::string layer = owner.empty() ? "(none)" : owner;
    tree.arrays[layer + "/" + name] = flat.arrays.at(name);
    names[layer].push_back(name);
  }
  std::vector<std::string> layers;
  for (const auto& layer : model.layers()) {
    if (names.contains(layer->name())) layers.push_back(layer->name());
  }
  tree.attributes[""]["layer_names"] = {layers, /*list=*/true};
  for (const auto& [layer, weights] : names)
    tree.attributes[layer]["weight_names"] = {weights, /*list=*/true};
  return tree;
}

std::string text_of(const Json& json, const char* key) {
  const Json* value = json.find(key);
  return value && value->is_string() ? value->as_string() : "";
}

Model read_model(const std::string& path, LoadReport* report, const LoadOptions& options) {
  const Json json = Json::parse(read_file(path), path);
  const std::string format = text_of(json, "format");
  const Json* topology = json.find("modelTopology");
  if (format == "graph-model" || (topology && topology->contains("node")))
    throw FileError("'" + path + "' is a graph model of TensorFlow.js, which has operations and no layers; " +
                    "convert the Keras model that it came from to a layers model");
  if (!topology || !topology->is_object())
    throw FileError("'" + path + "' has no modelTopology: it holds weights alone");
  const Json* manifest = json.find("weightsManifest");
  if (!manifest || !manifest->is_list()) throw FileError("'" + path + "' has no weightsManifest");
  LegacyWriter writer{text_of(*topology, "keras_version"), text_of(*topology, "backend")};
  // Files that TensorFlow.js itself saved state its own version.
  if (writer.version.starts_with("tfjs")) writer.version = "2.4.0";
  const Json* config = topology->find("model_config");
  const Json* training = topology->find("training_config");
  const Hdf5Tree flat = tree_of(*manifest, path);
  std::vector<std::string> order;
  for (const Json& group : manifest->as_list()) {
    for (const Json& spec : group.at("weights").as_list()) order.push_back(spec.at("name").as_string());
  }
  int64_t stored = 0;
  for (const auto& [name, tensor] : flat.arrays) stored += tensor.size();
  const LoadNotes notes(path);
  Model model = configured_model(
      keras3_config(config ? *config : *topology, training ? *training : Json(), writer), stored, options);
  if (!model.built()) throw FileError("'" + path + "': its configuration does not say for which input it is");
  Hdf5Tree tree = by_layer(flat, order, model);
  tree.attributes[""]["keras_version"] = {{writer.version.empty() ? "2.4.0" : writer.version},
                                          /*list=*/false};
  LoadReport result;
  if (!flat.arrays.empty() || !model.weights().empty())
    result = apply_legacy_weights(model, tree, LegacyPairing::kByOrder);
  if (!result.complete())
    throw FileError("'" + path + "' does not fit its own configuration:" + result.problems());
  warn_of_nan(model, path);
  if (report) *report = result;
  return model;
}

}  // namespace
}  // namespace detail

bool is_tfjs_model(const std::string& text) {
  const size_t start = text.find_first_not_of(" \t\r\n");
  if (start == std::string::npos || text[start] != '{') return false;
  if (text.find("\"modelTopology\"") == std::string::npos &&
      text.find("\"weightsManifest\"") == std::string::npos)
    return false;
  const Json json = Json::parse(text, "model.json");
  return json.contains("modelTopology") || json.contains("weightsManifest");
}

Model load_tfjs(const std::string& path, LoadReport* report, const LoadOptions& options) {
  return detail::reading(path, [&] { return detail::read_model(path, report, options); });
}

}  // namespace lamina
