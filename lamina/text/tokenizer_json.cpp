// Tokenizers as Keras saves them: dictionaries travel as JSON texts inside of the JSON.
#include <algorithm>
#include <charconv>

#include "lamina/base/error.h"
#include "lamina/base/utf8.h"
#include "lamina/nn/config.h"
#include "lamina/text/detail/saved_object.h"
#include "lamina/text/detail/tokenizer_state.h"
#include "lamina/text/tokenizer.h"

namespace lamina {
namespace {

constexpr int64_t kMost = int64_t{1} << 53;

Json dictionary(const detail::WordTable& words, const std::vector<int64_t>& values) {
  Json::Object object;
  for (size_t i = 0; i < words.size(); ++i) object.emplace_back(words[i], values[i]);
  return Json(std::move(object)).dump();
}

// A dictionary of words and whole numbers of at least `least`.
template <class Add>
void read_dictionary(ConfigReader& reader, const char* key, int64_t least, Add&& add) {
  const Json text = reader.json(key);
  if (!text.is_string()) reader.fail(key, "is no JSON text");
  const Json json = Json::parse(text.as_string(), key);
  if (!json.is_object()) reader.fail(key, "holds no object");
  for (const auto& [word, value] : json.as_object()) {
    if (!value.is_int() || value.as_int() < least || value.as_int() > kMost)
      reader.fail(key, "'" + word.substr(0, 40) + "' has the value " + value.dump().substr(0, 40) +
                           " where a whole number from " + std::to_string(least) + " was expected");
    add(word, value.as_int());
  }
}

int64_t number_from(ConfigReader& reader, const char* key, const std::string& text) {
  int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size())
    reader.fail(key, "the key '" + text.substr(0, 40) + "' is no whole number");
  return number;
}

// index_word says the same as word_index: it is checked and not kept.
void check_index_word(ConfigReader& reader, const detail::TokenizerState& state) {
  const char* key = "index_word";
  const Json text = reader.json(key);
  if (!text.is_string()) reader.fail(key, "is no JSON text");
  const Json json = Json::parse(text.as_string(), key);
  if (!json.is_object() || json.size() != state.index.size())
    reader.fail(key, "does not hold the words of word_index");
  for (const auto& [number, word] : json.as_object()) {
    const int64_t index = number_from(reader, key, number);
    const bool inside = index > 0 && index < static_cast<int64_t>(state.by_index.size());
    const int32_t place = inside ? state.by_index[static_cast<size_t>(index)] : -1;
    if (place < 0 || !word.is_string() || word.as_string() != state.index_words[static_cast<size_t>(place)])
      reader.fail(key, "the number " + std::to_string(index) + " is another word's in word_index");
  }
}

}  // namespace

Json Tokenizer::to_json() const {
  const detail::TokenizerState& s = *state_;
  Json::Object index_word, index_docs;
  for (size_t i = 0; i < s.index.size(); ++i)
    index_word.emplace_back(std::to_string(s.index[i]), s.index_words[i]);
  std::vector<std::pair<int64_t, int64_t>> docs(s.index_docs.begin(), s.index_docs.end());
  std::sort(docs.begin(), docs.end());
  for (const auto& [index, count] : docs) index_docs.emplace_back(std::to_string(index), count);
  const TokenizerOptions& options = s.options;
  return detail::saved_object(
      "Tokenizer", Json::object({{"num_words", options.num_words > 0 ? Json(options.num_words) : Json()},
                                 {"filters", options.filters},
                                 {"lower", options.lower},
                                 {"split", options.split},
                                 {"char_level", options.char_level},
                                 {"oov_token", options.oov_token ? Json(*options.oov_token) : Json()},
                                 {"document_count", s.document_count},
                                 {"word_counts", dictionary(s.words, s.counts)},
                                 {"word_docs", dictionary(s.words, s.docs)},
                                 {"index_docs", Json(std::move(index_docs)).dump()},
                                 {"index_word", Json(std::move(index_word)).dump()},
                                 {"word_index", dictionary(s.index_words, s.index)}}));
}

Tokenizer Tokenizer::from_json(const Json& json, const std::string& name) {
  return detail::read_saved(json, "Tokenizer", name, [](const Json& config) {
    ConfigReader reader(config, "Tokenizer");
    auto state = std::make_shared<detail::TokenizerState>();
    TokenizerOptions& options = state->options;
    options.num_words = reader.integer("num_words", 0);
    options.filters = reader.string("filters", kTokenizerFilters);
    options.lower = reader.boolean("lower", true);
    options.split = reader.string("split", " ");
    options.char_level = reader.boolean("char_level", false);
    if (const Json oov = reader.json("oov_token"); !oov.is_null()) options.oov_token = oov.as_string();
    options.document_count = state->document_count = reader.integer("document_count", 0);
    detail::check_tokenizer(options);
    read_dictionary(reader, "word_counts", 1, [&](const std::string& word, int64_t count) {
      state->words.add(word);
      state->counts.push_back(count);
    });
    state->docs.resize(state->counts.size());
    read_dictionary(reader, "word_docs", 1, [&](const std::string& word, int64_t count) {
      const int32_t number = state->words.find(word);
      if (number < 0) reader.fail("word_docs", "'" + word.substr(0, 40) + "' is not among word_counts");
      state->docs[static_cast<size_t>(number)] = count;
    });
    read_dictionary(reader, "word_index", 1, [&](const std::string& word, int64_t index) {
      state->index_words.add(word);
      state->index.push_back(index);
    });
    state->order();
    check_index_word(reader, *state);
    read_dictionary(reader, "index_docs", 0, [&](const std::string& index, int64_t count) {
      state->index_docs[number_from(reader, "index_docs", index)] = count;
    });
    reader.done();
    Tokenizer tokenizer;
    tokenizer.state_ = std::move(state);
    return tokenizer;
  });
}

Tokenizer tokenizer_from_json(const std::string& text) {
  return Tokenizer::from_json(Json::parse(text, "tokenizer_from_json"), "tokenizer_from_json");
}

}  // namespace lamina
