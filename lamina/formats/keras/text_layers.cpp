// TextVectorization, StringLookup and Hashing, each as what turns texts into numbers and a layer of numbers.
#include "lamina/formats/keras/text_layers.h"

#include <algorithm>
#include <utility>

#include "lamina/formats/keras/text_json.h"

namespace lamina::detail {
namespace {

using Fail = std::function<void(const std::string& why)>;

Json one_number() { return Json::list({nullptr, int64_t{1}}); }

void must_be(const Json& config, const char* key, const Json& expected, const Fail& fail) {
  const Json* found = config.find(key);
  if (found && !found->is_null() && *found != expected)
    fail(std::string(key) + " is " + found->dump().substr(0, 60) + ", where " + expected.dump() + " was expected");
}

Json without(Json config, const std::vector<std::string>& keys) {
  std::erase_if(config.as_object(), [&](const Json::Member& member) {
    return std::find(keys.begin(), keys.end(), member.first) != keys.end();
  });
  return config;
}

TextLayer vectorization(const Json& layer, const Fail& fail) {
  const Json own = layer.at("config");
  must_be(own, "sparse", false, fail);
  must_be(own, "ragged", false, fail);
  must_be(own, "encoding", "utf-8", fail);
  const Json words = member_or_null(own, "vocabulary");
  if (!words.is_list() || words.size() == 0) fail("has no vocabulary, in the configuration or beside it");
  const bool numbers = member_or_null(own, "output_mode") == Json("int");
  Json width = member_or_null(own, "output_sequence_length");
  if (!numbers) {
    const Json size = member_or_null(own, "vocabulary_size");
    const bool full = member_or_null(own, "pad_to_max_tokens") == Json(true);
    width = full            ? member_or_null(own, "max_tokens")
            : size.is_int() ? size
                            : Json(static_cast<int64_t>(words.size()));
  }
  Json kept = layer;
  kept["config"] = without(std::move(kept["config"]), {"vocabulary", "idf_weights"});
  return {.text = {.encoder = Json::object({{"class_name", kVectorization}, {"config", own}})},
          .numbers = {Json::list({nullptr, width}), numbers ? "int64" : "float32"},
          .kept = std::move(kept)};
}

/// The encoder gives 0 for "", 1 for any other than the words, then their places.
Json encoder_of_words(Json words) {
  return Json::object({{"class_name", kVectorization},
                       {"config", Json::object({{"max_tokens", nullptr},
                                                {"standardize", nullptr},
                                                {"split", nullptr},
                                                {"ngrams", nullptr},
                                                {"output_mode", "int"},
                                                {"output_sequence_length", int64_t{1}},
                                                {"vocabulary", std::move(words)},
                                                {"encoding", "utf-8"}})}});
}

TextLayer lookup(const Json& layer, const Fail& fail) {
  Json own = layer.at("config");
  for (const char* key : {"invert", "sparse"}) must_be(own, key, false, fail);
  must_be(own, "num_oov_indices", int64_t{1}, fail);
  must_be(own, "mask_token", "", fail);
  must_be(own, "encoding", "utf-8", fail);
  must_be(own, "oov_method", "floormod", fail);
  if (member_or_null(own, "output_mode") == Json("tf_idf")) fail("its output_mode is 'tf_idf'");
  Json words = Json::list(), places = Json::list();
  const Json mask = member_or_null(own, "mask_token"), unknown = member_or_null(own, "oov_token"), listed = member_or_null(own, "vocabulary");
  if (!listed.is_list() || listed.size() == 0) fail("it has no vocabulary, in the configuration or beside it");
  for (const Json& word : listed.as_list()) {
    if (word != unknown && word != Json("")) words.push_back(word);
  }
  for (size_t i = 0; i < words.size(); ++i) places.push_back(static_cast<int64_t>(i) + 2);
  own = without(std::move(own), {"encoding", "idf_weights", "salt"});
  own["vocabulary"] = std::move(places);
  own["vocabulary_dtype"] = "int64";
  own["oov_token"] = int64_t{-1};
  own["mask_token"] = mask.is_null() ? Json() : Json(int64_t{0});
  Json behind = layer;
  behind["class_name"] = "IntegerLookup";
  behind["config"] = std::move(own);
  return {.text = {.encoder = encoder_of_words(std::move(words))},
          .numbers = {one_number(), "int64"},
          .behind = std::move(behind),
          .kept = layer};
}

/// Numbers of bins, and the modes that are not "int" as CategoryEncoding has them.
TextLayer hashing(const Json& layer, const Fail& fail) {
  const Json own = layer.at("config");
  must_be(own, "sparse", false, fail);
  const Json mode = member_or_null(own, "output_mode"), mask = member_or_null(own, "mask_value");
  if (!mask.is_null() && !mask.is_string()) fail("its mask_value is " + mask.dump().substr(0, 60) + ", where a text was expected");
  TextLayer result{.text = {.encoder = Json::object({{"class_name", kHashing},
                                                     {"config", Json::object({{"num_bins", member_or_null(own, "num_bins")},
                                                                              {"mask_value", mask},
                                                                              {"salt", member_or_null(own, "salt")}})}})},
                   .numbers = {one_number(), "int64"},
                   .kept = layer};
  if (mode.is_null() || mode == Json("int")) return result;
  Json behind = layer;
  behind["class_name"] = "CategoryEncoding";
  behind["config"] = Json::object({{"name", member_or_null(own, "name")},
                                   {"dtype", member_or_null(own, "dtype")},
                                   {"num_tokens", member_or_null(own, "num_bins")},
                                   {"output_mode", mode}});
  result.behind = std::move(behind);
  return result;
}

}  // namespace

bool takes_texts_only(const Json& layer) { return is_class(layer, kVectorization) || is_class(layer, kLookup); }

bool is_text_layer(const Json& layer) { return takes_texts_only(layer) || is_class(layer, kHashing); }

bool may_stand_for_text_layer(const Json& layer) {
  return is_class(layer, "Identity") || is_class(layer, "IntegerLookup") || is_class(layer, "CategoryEncoding");
}

TextLayer taken_apart(const Json& layer, const std::function<void(const std::string& why)>& fail) {
  if (is_class(layer, kLookup)) return lookup(layer, fail);
  return is_class(layer, kHashing) ? hashing(layer, fail) : vectorization(layer, fail);
}

}  // namespace lamina::detail
