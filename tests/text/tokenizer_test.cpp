// Tokenizer and the vectorizers where no reference goes: damaged text, damaged files, threads, and arguments
// that cannot be.
#include "lamina/text/tokenizer.h"

#include <gtest/gtest.h>

#include <cmath>
#include <thread>

#include "lamina/base/error.h"
#include "lamina/base/threads.h"
#include "lamina/text/text_vectorization.h"
#include "lamina/text/tfidf_vectorizer.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/told.h"

namespace lamina {
namespace {

using test::message_of;
using Strings = std::vector<std::string>;

bool holds(const std::string& text, const std::string& words) {
  return text.find(words) != std::string::npos;
}

TEST(Tokenizer, DamagedTextIsMendedAndCounted) {
  const Strings texts = {"good", "so \xFF\xFEso", "caf\xC3", "fine"};
  Tokenizer tokenizer;
  {
    const test::Told told;
    tokenizer.fit_on_texts(texts);
    EXPECT_EQ(told.text(),
              "Tokenizer: 3 bytes are no UTF-8 and became U+FFFD, in 2 of 4 texts (the first is text 1)\n");
  }
  EXPECT_TRUE(tokenizer.index_of("caf\xEF\xBF\xBD"));
  EXPECT_TRUE(tokenizer.index_of("\xEF\xBF\xBD\xEF\xBF\xBDso"));
  const test::Told told;
  CountVectorizer().fit_transform(texts);
  TextVectorization().adapt(texts);
  text_to_word_sequence("\x80");
  EXPECT_TRUE(told.holds("CountVectorizer: 3 bytes")) << told.text();
  EXPECT_TRUE(told.holds("TextVectorization: 3 bytes")) << told.text();
  EXPECT_TRUE(told.holds("text_to_word_sequence: 1 byte is no UTF-8 and became U+FFFD, in 1 of 1 text ("))
      << told.text();
}

TEST(Tokenizer, TakesTextsThatAreWords) {
  Tokenizer tokenizer({.num_words = 3, .oov_token = "?"});
  tokenizer.fit_on_words({{"Big dog", "cat"}, {"cat", "CAT", "dog"}});
  EXPECT_EQ(tokenizer.index_of("cat"), 2);
  EXPECT_EQ(tokenizer.index_of("big dog"), 3);
  EXPECT_EQ(tokenizer.words_to_sequences({{"cat", "dog", "bird"}}),
            (std::vector<Tokenizer::Sequence>{{2, 1, 1}}));
  EXPECT_EQ(tokenizer.index_word(4), "dog");
  EXPECT_EQ(tokenizer.index_word(5), std::nullopt);
  EXPECT_EQ(tokenizer.document_count(), 2);
  EXPECT_EQ(tokenizer.word_counts()[1], (std::pair<std::string, int64_t>("cat", 3)));
  EXPECT_EQ(tokenizer.word_docs()[1].second, 2);
  EXPECT_EQ(tokenizer.word_index()[0].first, "?");
  EXPECT_EQ(text_to_word_sequence("One, two;  THREE"), (Strings{"one", "two", "three"}));
}

TEST(Tokenizer, CountsSequencesForTfidf) {
  Tokenizer tokenizer({.num_words = 4});
  EXPECT_TRUE(holds(message_of<InvalidArgument>([&] { tokenizer.sequences_to_matrix({{1}}, "tfidf"); }),
                    "call fit_on_texts before"));
  tokenizer.fit_on_sequences({{1, 1, 2}, {1}});
  const Tensor x = tokenizer.sequences_to_matrix({{1, 1, 3, 9}}, "tfidf", DType::kFloat32);
  EXPECT_EQ(x.dtype(), DType::kFloat32);
  const std::vector<double> row = x.to_vector<double>();
  EXPECT_NEAR(row[1], (1 + std::log(2)) * std::log(1 + 2.0 / 3), 1e-6);
  EXPECT_NEAR(row[3], std::log(1 + 2.0), 1e-6);
}

TEST(Tokenizer, RefusesArgumentsThatCannotBe) {
  EXPECT_THROW(Tokenizer({.num_words = -1}), InvalidArgument);
  EXPECT_THROW(Tokenizer({.split = ""}), InvalidArgument);
  EXPECT_THROW(Tokenizer({.filters = "\xFF"}), InvalidArgument);
  EXPECT_THROW(Tokenizer({.document_count = -2}), InvalidArgument);
  Tokenizer tokenizer;
  EXPECT_TRUE(holds(message_of<InvalidArgument>([&] { tokenizer.texts_to_matrix({"a"}, "tf-idf"); }),
                    "unknown mode 'tf-idf'; did you mean 'tfidf'?"));
  EXPECT_TRUE(
      holds(message_of<InvalidArgument>([&] { tokenizer.texts_to_matrix({"a"}); }), "how many columns"));
  EXPECT_THROW(Tokenizer({.oov_token = "?"}).texts_to_sequences({"a"}), InvalidArgument);
  EXPECT_THROW(Tokenizer({.num_words = 5}).sequences_to_matrix({{-1}}), InvalidArgument);
  EXPECT_THROW(Tokenizer({.num_words = int64_t{1} << 50}).sequences_to_matrix({{1}}), InvalidArgument);
}

TEST(Tokenizer, DamagedFilesAreRefused) {
  Tokenizer tokenizer({.oov_token = "?"});
  tokenizer.fit_on_texts({"a b a"});
  const Json good = tokenizer.to_json();
  const auto refused = [&](const char* key, Json value, const std::string& words) {
    Json bad = good;
    bad["config"][key] = std::move(value);
    const std::string message = message_of<FileError>([&] { Tokenizer::from_json(bad, "m.keras"); });
    EXPECT_TRUE(holds(message, words)) << key << ": " << message;
  };
  refused("word_counts", "{\"a\": 2, \"b\": 0}", "'b' has the value 0 where a whole number from 1");
  refused("word_counts", "{\"a\": 2", "word_counts");
  refused("word_counts", Json::object(), "is no JSON text");
  refused("word_docs", "{\"c\": 1}", "'c' is not among word_counts");
  refused("word_docs", "[]", "holds no object");
  refused("word_index", "{\"?\": 1, \"a\": 1, \"b\": 3}", "the number 1 occurs twice");
  refused("word_index", "{\"?\": 1, \"a\": 1000000000, \"b\": 3}", "the number 1000000000 among 3 words");
  refused("index_word", "{\"1\": \"?\", \"2\": \"b\", \"3\": \"a\"}", "another word's in word_index");
  refused("index_word", "{\"1\": \"?\"}", "does not hold the words");
  refused("index_word", "{\"1x\": \"?\", \"2\": \"b\", \"3\": \"a\"}", "'1x' is no whole number");
  refused("index_docs", "{\"2\": -1}", "where a whole number from 0");
  refused("num_words", -3, "num_words is -3");
  refused("num_words", 2.5, "num_words");
  refused("oov_token", 3, "string");
  refused("split", "", "split is empty");
  refused("analyzer", "x", "analyzer");
  EXPECT_TRUE(
      holds(message_of<FileError>([] { tokenizer_from_json("{\"class_name\": \"Dense\", \"config\": {}}"); }),
            "it is a Dense where a Tokenizer was expected"));
  EXPECT_THROW(tokenizer_from_json("["), FileError);
  EXPECT_THROW(tokenizer_from_json("{}"), FileError);
}

TEST(TextVectorization, TakesFunctionsAndRefusesToSaveThem) {
  TextVectorization vectorize({.standardize = [](const std::string& text) { return text + " end"; },
                               .split = [](const std::string& text) -> Strings {
                                 return {text.substr(0, 1), ""};
                               }});
  vectorize.adapt({"ab", "ac", "b"});
  EXPECT_EQ(vectorize.get_vocabulary(), (Strings{"", "[UNK]", "a", "b"}));
  EXPECT_EQ(vectorize({"b", "x"}).to_vector<int>(), (std::vector<int>{3, 0, 1, 0}));
  EXPECT_TRUE(holds(message_of<Unsupported>([&] { vectorize.to_json(); }), "a function cannot be saved"));
  EXPECT_EQ(vectorize.get_vocabulary(false), (Strings{"a", "b"}));
  EXPECT_EQ(vectorize.vocabulary_size(), 4);
}

TEST(TextVectorization, RefusesArgumentsThatCannotBe) {
  const auto says = [](TextVectorizationOptions options) {
    return message_of<InvalidArgument>([&] { TextVectorization{std::move(options)}; });
  };
  EXPECT_TRUE(holds(says({.standardize = "lover"}), "unknown standardize 'lover'; did you mean 'lower'?"));
  EXPECT_TRUE(holds(says({.split = "spaces"}), "unknown split 'spaces'"));
  EXPECT_TRUE(holds(says({.output_mode = "one_hot"}), "unknown output_mode"));
  EXPECT_TRUE(holds(says({.max_tokens = 1}), "max_tokens is 1"));
  EXPECT_TRUE(holds(says({.max_tokens = 1 << 25, .pad_to_max_tokens = true}), "at most 16777216"));
  EXPECT_TRUE(holds(says({.pad_to_max_tokens = true}), "needs max_tokens"));
  EXPECT_TRUE(holds(says({.ngrams = {0}}), "ngrams holds 0"));
  EXPECT_TRUE(holds(says({.split = "none", .ngrams = {2}}), "ngrams need a split"));
  EXPECT_TRUE(holds(says({.output_mode = "count", .output_sequence_length = 3}), "is for output_mode 'int'"));
  EXPECT_TRUE(holds(says({.vocabulary = {"a", "a"}}), "'a' twice"));
  EXPECT_TRUE(holds(says({.vocabulary = {"a", ""}}), "stands for padding"));
  EXPECT_TRUE(holds(says({.max_tokens = 3, .vocabulary = {"a", "b"}}), "4 tokens"));
  EXPECT_TRUE(holds(says({.output_mode = "tf_idf", .vocabulary = {"a"}}), "needs idf_weights"));
  EXPECT_TRUE(holds(says({.vocabulary = {"a"}, .idf_weights = {1}}), "idf_weights are for"));
  EXPECT_TRUE(holds(message_of<InvalidArgument>([] { TextVectorization()({"a"}); }), "call adapt() first"));
  TextVectorization given({.vocabulary = {"a"}});
  EXPECT_TRUE(
      holds(message_of<InvalidArgument>([&] { given.adapt({"b"}); }), "after a vocabulary was given"));
  TextVectorization empty;
  empty.adapt({"", "..."});
  EXPECT_EQ(empty({"a b"}).to_vector<int>(), (std::vector<int>{1, 1}));
  empty.adapt({"b"});  // what was learned may be learned again
  EXPECT_EQ(empty.vocabulary_size(), 3);
}

// As Keras's from_config does it: what is absent has its default, and null is None.
TEST(TextVectorization, WhatAFileLeavesOutHasItsDefault) {
  const auto read = [](Json config) {
    return TextVectorization::from_json(
        Json::object({{"class_name", "TextVectorization"}, {"config", std::move(config)}}));
  };
  EXPECT_EQ(read(Json::object()).options().standardize.name, "lower_and_strip_punctuation");
  EXPECT_EQ(read(Json::object()).options().split.name, "whitespace");
  EXPECT_EQ(read(Json::object({{"standardize", nullptr}})).options().standardize.name, "none");
  Json config = Json::object({{"word_counts", "{}"},
                              {"word_docs", "{}"},
                              {"word_index", "{}"},
                              {"index_word", "{}"},
                              {"index_docs", "{}"}});
  const Json saved = Json::object({{"class_name", "Tokenizer"}, {"config", std::move(config)}});
  EXPECT_EQ(Tokenizer::from_json(saved).options().filters, kTokenizerFilters);
}

TEST(TextVectorization, DamagedFilesAreRefused) {
  TextVectorization vectorize({.output_mode = "tf_idf"});
  vectorize.adapt({"a b", "b"});
  const Json good = vectorize.to_json();
  const auto refused = [&](const char* key, Json value, const std::string& words) {
    Json bad = good;
    bad["config"][key] = std::move(value);
    const std::string message = message_of<FileError>([&] { TextVectorization::from_json(bad, "m"); });
    EXPECT_TRUE(holds(message, words)) << key << ": " << message;
  };
  refused("vocabulary", Json::list({"[UNK]", "a", 3}), "string");
  refused("vocabulary", Json::list({"a", "a", "b"}), "twice");
  refused("idf_weights", Json::list({1.0}), "1 for 3 tokens");
  refused("idf_weights", Json::list({1.0, 1.0, std::nan("")}), "not finite");
  refused("ngrams", Json::list({-1}), "ngrams holds -1");
  refused("words", 1, "words");
  Json other = good;
  other["config"]["encoding"] = "latin-1";
  EXPECT_TRUE(holds(message_of<Unsupported>([&] { TextVectorization::from_json(other); }), "encoding"));
}

TEST(CountVectorizer, RefusesArgumentsThatCannotBe) {
  const auto says = [](CountVectorizerOptions options) {
    return message_of<InvalidArgument>([&] { CountVectorizer{std::move(options)}; });
  };
  EXPECT_TRUE(holds(says({.ngram_range = {2, 1}}), "ngram_range (2, 1)"));
  EXPECT_TRUE(holds(says({.analyzer = "chars"}), "unknown analyzer 'chars'; did you mean 'char'?"));
  EXPECT_TRUE(holds(says({.max_df = 1.5}), "max_df and min_df"));
  EXPECT_TRUE(holds(says({.min_df = 0}), "max_df and min_df"));
  EXPECT_TRUE(holds(says({.max_features = -1}), "max_features is -1"));
  EXPECT_TRUE(holds(says({.stop_words = {"a"}, .analyzer = "char"}), "for the analyzer 'word'"));
  EXPECT_TRUE(holds(says({.stop_words = {"english"}}), "is not built in: give the words themselves"));
  EXPECT_TRUE(holds(says({.vocabulary = {"a", "a"}}), "'a' twice"));
  EXPECT_THROW(CountVectorizer({.token_pattern = "[a-z]+"}), Unsupported);
  EXPECT_THROW(TfidfVectorizer({}, {.norm = "max"}), InvalidArgument);
  EXPECT_TRUE(holds(message_of<InvalidArgument>([] { CountVectorizer().fit({"a", ""}); }), "no terms:"));
  EXPECT_TRUE(holds(message_of<InvalidArgument>([] {
                      CountVectorizer({.min_df = 2}).fit({"aa", "bb"});
                    }),
                    "no terms remain"));
  EXPECT_TRUE(
      holds(message_of<InvalidArgument>([] { CountVectorizer({.max_df = 1, .min_df = 2}).fit({"aa"}); }),
            "fewer documents"));
  EXPECT_TRUE(
      holds(message_of<InvalidArgument>([] { CountVectorizer().transform({"a"}); }), "call fit first"));
  EXPECT_TRUE(holds(message_of<InvalidArgument>([] { TfidfTransformer().transform({.cols = 1}); }),
                    "call fit first"));
}

// Of terms as frequent, the first by name: scikit-learn leaves this to the processor.
TEST(CountVectorizer, BreaksTiesByName) {
  CountVectorizer vectorizer({.max_features = 3});
  const CsrMatrix x = vectorizer.fit_transform({"dd cc bb aa zz zz", "ee"});
  EXPECT_EQ(vectorizer.get_feature_names(), (Strings{"aa", "bb", "zz"}));
  EXPECT_EQ(x.to_dense().to_vector<int>(), (std::vector<int>{1, 1, 2, 0, 0, 0}));
  EXPECT_EQ(vectorizer.column("zz"), 2);
  EXPECT_EQ(vectorizer.column("cc"), std::nullopt);
}

TEST(CountVectorizer, TakesFunctions) {
  const CountVectorizer vectorizer({.preprocessor = [](const std::string& text) { return text + "-x"; },
                                    .tokenizer = [](const std::string& text) -> Strings {
                                      return {text, "stop", text};
                                    },
                                    .stop_words = {"stop"},
                                    .ngram_range = {1, 2}});
  EXPECT_EQ(vectorizer.analyze("A"), (Strings{"A-x", "A-x", "A-x A-x"}));
  EXPECT_THROW(vectorizer.to_json(), Unsupported);
}

TEST(CountVectorizer, DamagedFilesAreRefused) {
  TfidfVectorizer vectorizer;
  vectorizer.fit({"aa bb", "bb"});
  const Json good = vectorizer.to_json();
  const auto refused = [&](auto&& damage, const std::string& words) {
    Json bad = good;
    damage(bad["config"]);
    const std::string message = message_of<FileError>([&] { TfidfVectorizer::from_json(bad, "m"); });
    EXPECT_TRUE(holds(message, words)) << message;
  };
  refused([](Json& config) { config["idf"] = Json::list({1.0}); }, "1 weights for 2 terms");
  refused([](Json& config) { config["norm"] = "l3"; }, "unknown norm 'l3'");
  refused([](Json& config) { config["counts"] = 1; }, "object");
  refused([](Json& config) { config["counts"]["config"]["terms"] = Json::list({"a", "a"}); }, "'a' twice");
  refused([](Json& config) { config["counts"]["config"]["ngram_range"] = Json::list({1}); }, "two numbers");
  refused([](Json& config) { config["counts"]["config"]["max_df"] = "all"; }, "number");
  refused([](Json& config) { config["counts"]["config"]["stop_words"] = Json::list({1}); }, "stop_words");
}

// The chunks of texts are the same for any number of threads, and so is what is made of them: a thousand
// texts on one thread, on four, and on two threads of the caller's (std::thread) at once.
TEST(TextThreads, ChangeNothing) {
  Strings texts;
  for (int i = 0; i < 1000; ++i) {
    std::string text;
    for (int j = 0; j < 8; ++j) text += "w" + std::to_string((i * 37 + j * j * 11) % 211) + " ";
    texts.push_back(text);
  }
  const auto all = [&] {
    Tokenizer tokenizer;
    tokenizer.fit_on_texts(texts);
    TextVectorization vectorize({.max_tokens = 100, .output_mode = "tf_idf"});
    vectorize.adapt(texts);
    TfidfVectorizer terms({.ngram_range = {1, 2}, .max_features = 50});
    std::string result = tokenizer.to_json().dump() + vectorize.to_json().dump();
    for (const double value : terms.fit_transform(texts).values) result += std::to_string(value);
    return result + terms.to_json().dump();
  };
  const int before = num_threads();
  set_num_threads(1);
  const std::string one = all();
  set_num_threads(4);
  EXPECT_EQ(all(), one);
  set_num_threads(before);
  std::string first, second;
  std::thread other([&] { first = all(); });
  second = all();
  other.join();
  EXPECT_EQ(first, one);
  EXPECT_EQ(second, one);
}

}  // namespace
}  // namespace lamina
