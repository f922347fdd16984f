// The config of TextVectorization, which Keras's from_config takes, vocabulary included.
#include <cmath>

#include "lamina/base/error.h"
#include "lamina/nn/config.h"
#include "lamina/text/detail/saved_object.h"
#include "lamina/text/detail/text_vectorization_state.h"

namespace lamina {
namespace {

Json name_or_null(const std::string& name) { return name == "none" ? Json() : Json(name); }

Json positive_or_null(int64_t number) { return number > 0 ? Json(number) : Json(); }

}  // namespace

Json TextVectorization::to_json() const {
  const TextVectorizationOptions& options = state_->options;
  if (options.standardize.function || options.split.function)
    throw Unsupported("TextVectorization: a function cannot be saved; say standardize and split by name");
  Json::List ngrams(options.ngrams.begin(), options.ngrams.end());
  Json vocabulary, idf;
  if (state_->has_vocabulary) {
    vocabulary = detail::list_of(get_vocabulary());
    if (state_->mode == detail::OutputMode::kTfIdf) {
      Json::List weights;
      for (const float weight : state_->idf) weights.emplace_back(static_cast<double>(weight));
      idf = Json(std::move(weights));
    }
  }
  return detail::saved_object(
      "TextVectorization",
      Json::object({{"max_tokens", positive_or_null(options.max_tokens)},
                    {"standardize", name_or_null(options.standardize.name)},
                    {"split", name_or_null(options.split.name)},
                    {"ngrams", ngrams.empty() ? Json() : Json(std::move(ngrams))},
                    {"output_mode", options.output_mode},
                    {"output_sequence_length", positive_or_null(options.output_sequence_length)},
                    {"pad_to_max_tokens", options.pad_to_max_tokens},
                    {"vocabulary", std::move(vocabulary)},
                    {"idf_weights", std::move(idf)},
                    {"encoding", "utf-8"}}));
}

TextVectorization TextVectorization::from_json(const Json& json, const std::string& name) {
  return detail::read_saved(json, "TextVectorization", name, [](const Json& config) {
    ConfigReader reader(config, "TextVectorization");
    TextVectorizationOptions options;
    options.max_tokens = reader.integer("max_tokens", 0);
    // null is Keras's None; what is absent has its default.
    const auto named = [&](const char* key, std::string otherwise) {
      return reader.string(key, config.contains(key) ? "none" : std::move(otherwise));
    };
    options.standardize = named("standardize", options.standardize.name);
    options.split = named("split", options.split.name);
    if (const Json ngrams = reader.json("ngrams"); ngrams.is_int()) {
      options.ngrams = ngrams_of(ngrams.as_int());
    } else if (!ngrams.is_null()) {
      options.ngrams = reader.integers("ngrams");
    }
    options.output_mode = reader.string("output_mode", "int");
    options.output_sequence_length = reader.integer("output_sequence_length", 0);
    options.pad_to_max_tokens = reader.boolean("pad_to_max_tokens", false);
    if (const Json words = reader.json("vocabulary"); !words.is_null())
      options.vocabulary = detail::strings_from(words, "vocabulary");
    if (const Json weights = reader.json("idf_weights"); !weights.is_null()) {
      options.idf_weights = reader.numbers("idf_weights");
      for (const double weight : options.idf_weights) {
        if (!std::isfinite(weight)) reader.fail("idf_weights", "holds a number that is not finite");
      }
    }
    reader.only("sparse", false);
    reader.only("ragged", false);
    reader.only("encoding", "utf-8");
    for (const char* key : {"name", "trainable", "dtype", "vocabulary_size"}) reader.allow(key);
    reader.done();
    return TextVectorization(std::move(options));
  });
}

}  // namespace lamina
