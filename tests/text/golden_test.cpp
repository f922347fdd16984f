// Characters as Python knows them, and texts as Keras and scikit-learn turn them into numbers
// (tools/golden/text.py).
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "lamina/base/utf8.h"
#include "lamina/text/detail/unicode.h"
#include "lamina/text/text_vectorization.h"
#include "lamina/text/tfidf_vectorizer.h"
#include "lamina/text/tokenizer.h"
#include "tests/support/golden.h"

namespace lamina {
namespace {

using test::Golden;

std::vector<std::string> strings(const Json& list) {
  std::vector<std::string> result;
  for (const Json& value : list.as_list()) result.push_back(value.as_string());
  return result;
}

template <class T>
std::vector<T> numbers(const Json& list) {
  std::vector<T> result;
  for (const Json& value : list.as_list()) result.push_back(static_cast<T>(value.as_double()));
  return result;
}

void expect_near(const std::vector<double>& actual, const std::vector<double>& expected, double tolerance) {
  ASSERT_EQ(actual.size(), expected.size());
  for (size_t i = 0; i < actual.size(); ++i)
    ASSERT_NEAR(actual[i], expected[i], tolerance * std::max(1.0, std::abs(expected[i]))) << "at " << i;
}

bool in(const std::vector<int64_t>& ranges, int64_t code) {
  const auto at = std::upper_bound(ranges.begin(), ranges.end(), code) - ranges.begin();
  return at % 2 == 1 || (at > 0 && ranges[static_cast<size_t>(at - 1)] == code);
}

// Every character of Unicode; those that this Python does not know yet may be anything.
TEST(TextGolden, CharactersAreWhatPythonSays) {
  const Json characters = Golden("text/text").json("characters");
  const auto word = numbers<int64_t>(characters.at("word")), space = numbers<int64_t>(characters.at("space")),
             unassigned = numbers<int64_t>(characters.at("unassigned"));
  std::map<std::string, std::string> lower;
  for (const auto& [from, to] : characters.at("lower").as_object()) lower[from] = to.as_string();
  EXPECT_GT(lower.size(), 1300u);
  int wrong = 0;
  for (uint32_t code = 0; code < 0x110000 && wrong < 10; ++code) {
    if ((code >= 0xD800 && code < 0xE000) || in(unassigned, code)) continue;
    std::string text;
    append_utf8(text, code);
    EXPECT_EQ(detail::is_word_character(code), in(word, code)) << code << ++wrong;
    EXPECT_EQ(detail::is_space(code), in(space, code)) << code << ++wrong;
    const auto other = lower.find(text);
    const std::string expected = other == lower.end() ? text : other->second, actual = detail::lower(text);
    if (actual == expected && detail::is_word_character(code) == in(word, code)) continue;
    EXPECT_EQ(actual, expected) << code << ++wrong;
  }
  for (const auto& [text, expected] : characters.at("sigmas").as_object())
    EXPECT_EQ(detail::lower(text), expected.as_string()) << text;
}

TokenizerOptions tokenizer_options(const Json& json) {
  TokenizerOptions options;
  for (const auto& [key, value] : json.as_object()) {
    if (key == "num_words") options.num_words = value.as_int();
    if (key == "filters") options.filters = value.as_string();
    if (key == "lower") options.lower = value.as_bool();
    if (key == "split") options.split = value.as_string();
    if (key == "char_level") options.char_level = value.as_bool();
    if (key == "oov_token") options.oov_token = value.as_string();
    if (key == "document_count") options.document_count = value.as_int();
  }
  return options;
}

// The JSON of a tokenizer with its inner dictionaries read, their members in the order of their names.
Json comparable(const Json& json) {
  Json result = json;
  for (const char* key : {"word_counts", "word_docs", "index_docs", "index_word", "word_index"}) {
    Json::Object members = Json::parse(json.at("config").at(key).as_string()).as_object();
    std::sort(members.begin(), members.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
    result["config"][key] = Json(std::move(members));
  }
  return result;
}

TEST(TextGolden, TokenizerIsKeras) {
  const Json cases = Golden("text/text").json("tokenizers");
  EXPECT_GE(cases.size(), 10u);
  for (const auto& [name, expected] : cases.as_object()) {
    SCOPED_TRACE(name);
    Tokenizer tokenizer(tokenizer_options(expected.at("options")));
    for (const Json& part : expected.at("train").as_list()) tokenizer.fit_on_texts(strings(part));
    const Json theirs = Json::parse(expected.at("json").as_string());
    EXPECT_EQ(comparable(tokenizer.to_json()).dump(1), comparable(theirs).dump(1));
    // Which came first of those that are as frequent shows in the order.
    EXPECT_EQ(tokenizer.to_json().at("config").at("word_index").as_string().size(),
              Json::parse(theirs.at("config").at("word_index").as_string()).dump().size());

    const std::vector<std::string> test = strings(expected.at("test"));
    const Tokenizer read = tokenizer_from_json(expected.at("json").as_string());
    for (const Tokenizer& one : {tokenizer, read, tokenizer_from_json(read.to_json().dump())}) {
      EXPECT_EQ(one.to_json().dump(), read.to_json().dump());
      std::vector<Tokenizer::Sequence> sequences;
      for (const Json& sequence : expected.at("sequences").as_list())
        sequences.push_back(numbers<int32_t>(sequence));
      EXPECT_EQ(one.texts_to_sequences(test), sequences);
      for (const auto& [mode, matrix] : expected.at("matrices").as_object()) {
        SCOPED_TRACE(mode);
        std::vector<double> all;
        for (const Json& row : matrix.as_list()) {
          for (const Json& value : row.as_list()) all.push_back(value.as_double());
        }
        const Tensor actual = one.texts_to_matrix(test, mode);
        EXPECT_EQ(actual.dtype(), DType::kFloat64);
        expect_near(actual.to_vector<double>(), all, 1e-15);
      }
      sequences.push_back({0, 1, 2, 1000000});
      EXPECT_EQ(one.sequences_to_texts(sequences), strings(expected.at("texts")));
    }
  }
}

TextVectorizationOptions vectorization_options(const Json& json) {
  TextVectorizationOptions options;
  const auto name = [](const Json& value) { return value.is_null() ? "none" : value.as_string(); };
  for (const auto& [key, value] : json.as_object()) {
    if (key == "max_tokens") options.max_tokens = value.as_int();
    if (key == "standardize") options.standardize = name(value);
    if (key == "split") options.split = name(value);
    if (key == "ngrams")
      options.ngrams = value.is_int() ? ngrams_of(value.as_int()) : numbers<int64_t>(value);
    if (key == "output_mode") options.output_mode = value.as_string();
    if (key == "output_sequence_length") options.output_sequence_length = value.as_int();
    if (key == "pad_to_max_tokens") options.pad_to_max_tokens = value.as_bool();
    if (key == "vocabulary") options.vocabulary = strings(value);
    if (key == "idf_weights") options.idf_weights = numbers<double>(value);
  }
  return options;
}

TEST(TextGolden, TextVectorizationIsKeras) {
  const Json cases = Golden("text/text").json("vectorizations");
  EXPECT_GE(cases.size(), 15u);
  for (const auto& [name, expected] : cases.as_object()) {
    SCOPED_TRACE(name);
    TextVectorization vectorize(vectorization_options(expected.at("options")));
    if (!expected.at("options").contains("vocabulary")) vectorize.adapt(strings(expected.at("train")));
    const TextVectorization read =
        TextVectorization::from_json(Json::parse(vectorize.to_json().dump()), "saved");
    for (const TextVectorization& one : {vectorize, read}) {
      EXPECT_EQ(one.get_vocabulary(), strings(expected.at("vocabulary")));
      std::vector<double> idf;
      for (const float weight : one.idf_weights()) idf.push_back(weight);
      std::vector<double> theirs = numbers<double>(expected.at("idf"));
      theirs.resize(std::min(theirs.size(), idf.size()));  // without the padding
      expect_near(idf, theirs, 1e-6);
      const Tensor output = one(strings(expected.at("test")));
      EXPECT_EQ(lamina::name(output.dtype()), expected.at("dtype").as_string());
      EXPECT_EQ(output.shape(), Shape(numbers<int64_t>(expected.at("shape"))));
      expect_near(output.to_vector<double>(), numbers<double>(expected.at("output")), 1e-6);
    }
  }
}

CountVectorizerOptions terms_options(const Json& json, TfidfOptions& tfidf) {
  CountVectorizerOptions options;
  const auto limit = [](const Json& value) { return DocumentLimit::from_json(value); };
  for (const auto& [key, value] : json.as_object()) {
    if (key == "lowercase") options.lowercase = value.as_bool();
    if (key == "stop_words") options.stop_words = strings(value);
    if (key == "token_pattern") options.token_pattern = value.as_string();
    if (key == "ngram_range")
      options.ngram_range = {value.at(size_t{0}).as_int(), value.at(size_t{1}).as_int()};
    if (key == "analyzer") options.analyzer = value.as_string();
    if (key == "max_df") options.max_df = limit(value);
    if (key == "min_df") options.min_df = limit(value);
    if (key == "vocabulary") options.vocabulary = strings(value);
    if (key == "binary") options.binary = value.as_bool();
    if (key == "norm") tfidf.norm = value.is_null() ? "none" : value.as_string();
    if (key == "use_idf") tfidf.use_idf = value.as_bool();
    if (key == "smooth_idf") tfidf.smooth_idf = value.as_bool();
    if (key == "sublinear_tf") tfidf.sublinear_tf = value.as_bool();
  }
  return options;
}

void expect_matrix(const CsrMatrix& actual, const Json& expected) {
  EXPECT_EQ(actual.rows, expected.at("shape").at(size_t{0}).as_int());
  EXPECT_EQ(actual.cols, expected.at("shape").at(size_t{1}).as_int());
  EXPECT_EQ(actual.indptr, numbers<int64_t>(expected.at("indptr")));
  EXPECT_EQ(actual.indices, numbers<int32_t>(expected.at("indices")));
  expect_near(actual.values, numbers<double>(expected.at("values")), 1e-14);
}

template <class Vectorizer>
void expect_terms(Vectorizer vectorizer, const Json& expected) {
  expect_matrix(vectorizer.fit_transform(strings(expected.at("train"))), expected.at("fitted"));
  const Vectorizer read = Vectorizer::from_json(Json::parse(vectorizer.to_json().dump()), "saved");
  for (const Vectorizer& one : {vectorizer, read}) {
    EXPECT_EQ(one.get_feature_names(), strings(expected.at("features")));
    expect_matrix(one.transform(strings(expected.at("test"))), expected.at("transformed"));
  }
}

TEST(TextGolden, VectorizersAreScikitLearns) {
  const Json cases = Golden("text/text").json("terms");
  EXPECT_GE(cases.size(), 15u);
  for (const auto& [name, expected] : cases.as_object()) {
    SCOPED_TRACE(name);
    TfidfOptions tfidf;
    const CountVectorizerOptions counts = terms_options(expected.at("options"), tfidf);
    if (expected.at("class").as_string() == "CountVectorizer") {
      expect_terms(CountVectorizer(counts), expected);
    } else {
      expect_terms(TfidfVectorizer(counts, tfidf), expected);
    }
  }
}

}  // namespace
}  // namespace lamina
