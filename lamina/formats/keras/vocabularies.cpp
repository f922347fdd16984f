// Vocabularies of an archive's assets into the configurations of their layers.
#include "lamina/formats/keras/vocabularies.h"

#include <cctype>
#include <charconv>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "lamina/base/error.h"
#include "lamina/nn/detail/snake_case.h"
#include "lamina/ops/cast.h"

namespace lamina::detail {
namespace {

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  for (size_t start = 0; start <= text.size();) {
    const size_t end = std::min(text.find('\n', start), text.size());
    std::string line = text.substr(start, end - start);
    if (line.ends_with('\r')) line.pop_back();
    lines.push_back(std::move(line));
    start = end + 1;
  }
  while (!lines.empty() && lines.back().empty()) lines.pop_back();
  return lines;
}

constexpr const char* kTermWeights[] = {"/_lookup_layer/vars/idf_weights", "/vars/idf_weights"};

/// visit(config, class, place) for each layer, those of models inside included; the place is its group in the archive.
template <class Visit>
void for_each_layer(Json& model, const std::string& prefix, const Visit& visit) {
  Json* config = model.is_object() && model.contains("config") ? &model["config"] : nullptr;
  if (!config || !config->is_object()) return;
  const Json* list = config->find("layers");
  if (!list || !list->is_list()) return;
  std::map<std::string, int> seen;
  for (Json& layer : (*config)["layers"].as_list()) {
    const Json* class_name = layer.is_object() ? layer.find("class_name") : nullptr;
    if (!class_name || !class_name->is_string() || !layer.contains("config")) continue;
    const std::string stem = snake_case(class_name->as_string());
    const int number = seen[stem]++;
    const std::string place = prefix + "layers/" + stem + (number ? "_" + std::to_string(number) : "");
    if (layer.at("config").is_object()) visit(layer["config"], class_name->as_string(), place);
    for_each_layer(layer, place + "/", visit);
  }
}

class Filler {
 public:
  Filler(const KerasArchive& archive, const std::string& name) : archive_(archive), name_(name) {}

  void fill(Json& config, const std::string& class_name, const std::string& place) const {
    const Json* given = config.find("vocabulary");
    if (!given || given->is_null()) {
      if (const std::string* text = vocabulary_of(place))
        config["vocabulary"] = class_name == "IntegerLookup" ? integers(*text, place) : words(*text);
    }
    const Json* mode = config.find("output_mode");
    if (!mode || *mode != Json("tf_idf")) return;
    for (const char* inside : kTermWeights) {
      const auto found = archive_.weights.arrays.find(place + inside);
      if (found == archive_.weights.arrays.end()) continue;
      Json weights = Json::list();
      for (const double weight : cast(found->second, DType::kFloat64).to_vector<double>())
        weights.push_back(weight);
      config["idf_weights"] = std::move(weights);
      return;
    }
  }

 private:
  const std::string* vocabulary_of(const std::string& place) const {
    for (const char* inside : {"/vocabulary.txt", "/_lookup_layer/vocabulary.txt"}) {
      const auto found = archive_.assets.find("assets/" + place + inside);
      if (found != archive_.assets.end()) return &found->second;
    }
    return nullptr;
  }

  static Json words(const std::string& text) {
    Json list = Json::list();
    for (std::string& line : lines_of(text)) list.push_back(std::move(line));
    return list;
  }

  Json integers(const std::string& text, const std::string& place) const {
    Json list = Json::list();
    for (const std::string& line : lines_of(text)) {
      int64_t number = 0;
      const auto [end, failed] = std::from_chars(line.data(), line.data() + line.size(), number);
      if (failed != std::errc() || end != line.data() + line.size())
        throw FileError("'" + name_ + "': the vocabulary of " + place + " holds '" + line.substr(0, 40) +
                        "', where an integer was expected");
      list.push_back(number);
    }
    return list;
  }

  const KerasArchive& archive_;
  const std::string& name_;
};

}  // namespace

Json with_vocabularies(const KerasArchive& archive, const std::string& name) {
  Json config = archive.config;
  const Filler filler(archive, name);
  for_each_layer(config, "", [&](Json& layer, const std::string& class_name, const std::string& place) {
    filler.fill(layer, class_name, place);
  });
  return config;
}

void store_term_weights(KerasArchive& archive) {
  for_each_layer(archive.config, "", [&](Json& layer, const std::string&, const std::string& place) {
    const Json* mode = layer.find("output_mode");
    const Json* weights = layer.find("idf_weights");
    if (!mode || *mode != Json("tf_idf") || !weights || !weights->is_list()) return;
    std::vector<float> numbers;
    for (const Json& weight : weights->as_list()) numbers.push_back(static_cast<float>(weight.as_double()));
    const Tensor values = Tensor::from(numbers, {static_cast<int64_t>(numbers.size())});
    for (const char* inside : kTermWeights) archive.weights.arrays[place + inside] = values;
  });
}

}  // namespace lamina::detail
