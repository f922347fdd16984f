// CountVectorizer to and from JSON: its arguments, and its terms in the order of the columns.
#include "lamina/base/error.h"
#include "lamina/base/utf8.h"
#include "lamina/nn/config.h"
#include "lamina/text/detail/count_vectorizer_state.h"
#include "lamina/text/detail/saved_object.h"

namespace lamina {

using State = detail::CountVectorizerState;

Json CountVectorizer::to_json() const {
  const CountVectorizerOptions& options = state_->options;
  if (options.preprocessor || options.tokenizer)
    throw Unsupported("CountVectorizer: a function cannot be saved; leave out preprocessor and tokenizer");
  const auto [shortest, longest] = options.ngram_range;
  return detail::saved_object(
      "CountVectorizer",
      Json::object({{"lowercase", options.lowercase},
                    {"stop_words", detail::list_of(options.stop_words)},
                    {"token_pattern", options.token_pattern},
                    {"ngram_range", Json::list({shortest, longest})},
                    {"analyzer", options.analyzer},
                    {"max_df", options.max_df.to_json()},
                    {"min_df", options.min_df.to_json()},
                    {"max_features", options.max_features > 0 ? Json(options.max_features) : Json()},
                    {"binary", options.binary},
                    {"fixed_vocabulary", !options.vocabulary.empty()},
                    {"terms", detail::list_of(state_->terms.words())}}));
}

CountVectorizer CountVectorizer::from_json(const Json& json, const std::string& name) {
  return detail::read_saved(json, "CountVectorizer", name, [](const Json& config) {
    ConfigReader reader(config, "CountVectorizer");
    CountVectorizerOptions options;
    options.lowercase = reader.boolean("lowercase", true);
    if (const Json words = reader.json("stop_words"); !words.is_null())
      options.stop_words = detail::strings_from(words, "stop_words");
    options.token_pattern = reader.string("token_pattern", options.token_pattern);
    if (const Json range = reader.json("ngram_range"); !range.is_null()) {
      const std::vector<int64_t> lengths = reader.integers("ngram_range");
      if (lengths.size() != 2) reader.fail("ngram_range", "must be two numbers, received " + range.dump());
      options.ngram_range = {static_cast<int>(lengths[0]), static_cast<int>(lengths[1])};
    }
    options.analyzer = reader.string("analyzer", "word");
    if (const Json limit = reader.json("max_df"); !limit.is_null())
      options.max_df = DocumentLimit::from_json(limit);
    if (const Json limit = reader.json("min_df"); !limit.is_null())
      options.min_df = DocumentLimit::from_json(limit);
    options.max_features = reader.integer("max_features", 0);
    options.binary = reader.boolean("binary", false);
    const bool fixed = reader.boolean("fixed_vocabulary", false);
    std::vector<std::string> terms = detail::strings_from(reader.json("terms"), "terms");
    reader.done();
    if (fixed && terms.empty()) reader.fail("terms", "is empty where the vocabulary was given");
    // The terms are checked as a vocabulary is, and kept as what they were.
    options.vocabulary = std::move(terms);
    auto state = std::make_shared<State>(std::move(options));
    if (!fixed) state->options.vocabulary.clear();
    CountVectorizer vectorizer;
    vectorizer.state_ = std::move(state);
    return vectorizer;
  });
}

}  // namespace lamina
