// UnigramSegmenter: it finds the words that a text was made of, and keeps them; TextPreprocessing: texts to
// inputs and through a model's file.
#include "lamina/text/unigram_segmenter.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <set>

#include "lamina/base/error.h"
#include "lamina/base/threads.h"
#include "lamina/nn/layers/layers.h"
#include "lamina/nn/model.h"
#include "lamina/text/text_preprocessing.h"
#include "tests/support/temporary_folder.h"

namespace lamina {
namespace {

using test::message_of;
using Strings = std::vector<std::string>;

bool holds(const std::string& text, const std::string& words) {
  return text.find(words) != std::string::npos;
}

// Sentences of a made-up language of thirty words over forty characters, without spaces, and what they are
// made of.
struct Language {
  Strings words, texts;
  std::vector<Strings> parts;
  Language() {
    std::mt19937 random(7);
    const auto character = [&] {
      std::string text = "\xE4\xB8\x80";  // U+4E00
      text[2] = static_cast<char>(0x80 + random() % 40);
      return text;
    };
    for (int i = 0; i < 30; ++i) {
      std::string word;
      for (int j = 0; j < 1 + i % 4; ++j) word += character();
      words.push_back(word);
    }
    for (int i = 0; i < 600; ++i) {
      Strings sentence;
      std::string text;
      for (int j = 0; j < 12; ++j) {
        sentence.push_back(words[random() % words.size()]);
        text += sentence.back();
      }
      parts.push_back(sentence);
      texts.push_back(text);
    }
  }
};

const Language& language() {
  static const Language made;
  return made;
}

const UnigramSegmenter& trained() {
  static const UnigramSegmenter segmenter = UnigramSegmenter::train(language().texts, {.vocab_size = 60});
  return segmenter;
}

TEST(UnigramSegmenter, FindsTheWords) {
  std::set<std::string> found;
  double sum = 0;
  for (const auto& [word, score] : trained().words()) {
    found.insert(word);
    sum += std::exp(score);
  }
  EXPECT_NEAR(sum, 1, 1e-9);
  EXPECT_LE(found.size(), 66u);
  int known = 0;
  for (const std::string& word : language().words) known += static_cast<int>(found.count(word));
  EXPECT_GE(known, 27);
  // Boundaries between words: of those that it sets, and of those there are.
  int right = 0, set = 0, there = 0;
  for (size_t i = 0; i < language().texts.size(); ++i) {
    const auto ends = [](const Strings& words) {
      std::set<size_t> at;
      size_t end = 0;
      for (const std::string& word : words) at.insert(end += word.size());
      return at;
    };
    const Strings words = trained().segment(language().texts[i]);
    std::string whole;
    for (const std::string& word : words) whole += word;
    EXPECT_EQ(whole, language().texts[i]);
    const auto ours = ends(words), theirs = ends(language().parts[i]);
    set += static_cast<int>(ours.size());
    there += static_cast<int>(theirs.size());
    for (const size_t end : ours) right += static_cast<int>(theirs.count(end));
  }
  EXPECT_GT(right, 0.9 * set);
  EXPECT_GT(right, 0.9 * there);
}

TEST(UnigramSegmenter, LeavesOtherScriptsAndMarksAlone) {
  EXPECT_EQ(trained().segment("wifi\xEF\xBC\x8Cx_1 3.5\xF0\x9F\x98\x80"),
            (Strings{"wifi", "\xEF\xBC\x8C", "x_1", "3", ".", "5", "\xF0\x9F\x98\x80"}));
  EXPECT_EQ(trained().segment("\xE9\xBE\x8D\xE9\xBE\x8D"),
            (Strings{"\xE9\xBE\x8D", "\xE9\xBE\x8D"}));  // unknown
  EXPECT_EQ(trained().segment(""), Strings{});
  EXPECT_EQ(trained().join({"a  b!", ""}), (Strings{"a b !", ""}));
  EXPECT_EQ(split_characters("a \xE4\xB8\x80\xE3\x80\x80!"), (Strings{"a", "\xE4\xB8\x80", "!"}));
}

TEST(UnigramSegmenter, IsTheSameWithAnyThreadsAndThroughItsFile) {
  const int before = num_threads();
  for (const int threads : {1, 3}) {
    set_num_threads(threads);
    const UnigramSegmenter again = UnigramSegmenter::train(language().texts, {.vocab_size = 60});
    EXPECT_EQ(again.words(), trained().words()) << threads;
  }
  set_num_threads(before);
  const UnigramSegmenter read = UnigramSegmenter::from_json(Json::parse(trained().to_json().dump()));
  EXPECT_EQ(read.words(), trained().words());
  EXPECT_EQ(read.join(language().texts), trained().join(language().texts));
}

TEST(UnigramSegmenter, RefusesNonsense) {
  const auto says = [](const UnigramOptions& options) {
    return message_of<InvalidArgument>([&] { UnigramSegmenter::train({"\xE4\xB8\x80"}, options); });
  };
  EXPECT_TRUE(holds(says({.vocab_size = 0}), "vocab_size is 0"));
  EXPECT_TRUE(holds(says({.max_word_length = 17}), "max_word_length is 17"));
  EXPECT_TRUE(holds(says({.seed_size = 10}), "less than vocab_size"));
  EXPECT_TRUE(holds(says({.num_iterations = 0}), "num_iterations is 0"));
  EXPECT_TRUE(holds(says({.shrinking_factor = 1}), "shrinking_factor is 1"));
  EXPECT_TRUE(holds(message_of<InvalidArgument>([] { UnigramSegmenter::train({"plain words"}); }),
                    "need no segmenter"));
  const Json good = trained().to_json();
  const auto refused = [&](const char* key, Json value, const std::string& words) {
    Json bad = good;
    bad["config"][key] = std::move(value);
    const std::string message = message_of<FileError>([&] { UnigramSegmenter::from_json(bad, "m"); });
    EXPECT_TRUE(holds(message, words)) << message;
  };
  refused("words", Json::list(), "numbers for 0 words");
  refused("words", 1, "list");
  refused("log_probabilities", Json::list({-1.0}), "1 numbers for");
  Json two = good;
  two["config"]["log_probabilities"] = Json::list({-1.0, -2.0});
  two["config"]["words"] = Json::list({"a", "a"});
  EXPECT_TRUE(holds(message_of<FileError>([&] { UnigramSegmenter::from_json(two); }), "twice"));
  two["config"]["words"] = Json::list({"a", ""});
  EXPECT_TRUE(holds(message_of<FileError>([&] { UnigramSegmenter::from_json(two); }), "is empty"));
  two["config"]["words"] = Json::list({"a", std::string(100, 'b')});
  EXPECT_TRUE(holds(message_of<FileError>([&] { UnigramSegmenter::from_json(two); }), "100 characters"));
  two["config"]["words"] = Json::list({"a", "b"});
  two["config"]["log_probabilities"] = Json::list({-1.0, 0.5});
  EXPECT_TRUE(holds(message_of<FileError>([&] { UnigramSegmenter::from_json(two); }), "log-probability 0.5"));
}

const Strings kTexts = {"a wonderful flight", "the flight was late", "wonderful, wonderful!"};

TEST(TextPreprocessing, GoesThroughAModelsFile) {
  Tokenizer tokenizer({.oov_token = "?"});
  tokenizer.fit_on_texts(trained().join(language().texts));
  TextVectorization ids({.output_sequence_length = 4}), bags({.output_mode = "count"});
  ids.adapt(kTexts);
  bags.adapt(kTexts);
  CountVectorizer counts;
  counts.fit(kTexts);
  TfidfVectorizer tfidf({.ngram_range = {1, 2}});
  tfidf.fit(kTexts);
  const test::TemporaryFolder folder;
  Strings texts = kTexts;
  texts.push_back(language().texts[0]);
  for (const TextPreprocessing& text :
       {TextPreprocessing(tokenizer, {.maxlen = 5, .padding = "post"}).segmented_by(trained()),
        TextPreprocessing(tokenizer, {.maxlen = 5}), TextPreprocessing(ids), TextPreprocessing(bags),
        TextPreprocessing(counts), TextPreprocessing(tfidf)}) {
    const Tensor expected = text(texts);
    Sequential model({Input({expected.shape()[1]}), Dense(1)}, {.seed = 1});
    DataInfo info;
    info.text = text.info();
    model.set_data_info(info);
    model.save(folder / "m.keras");
    const DataInfo read = load_model(folder / "m.keras").data_info();
    ASSERT_TRUE(read.text);
    const Tensor actual = TextPreprocessing(*read.text)(texts);
    EXPECT_EQ(actual.dtype(), expected.dtype());
    EXPECT_EQ(actual.shape(), expected.shape());
    EXPECT_EQ(actual.to_vector<float>(), expected.to_vector<float>());
    EXPECT_EQ(TextPreprocessing(*read.text).info(), text.info());
  }
}

TEST(TextPreprocessing, RefusesWhatHasNoLengthOrClass) {
  Tokenizer tokenizer;
  EXPECT_TRUE(holds(message_of<InvalidArgument>([&] { TextPreprocessing(tokenizer, {}); }), "give a maxlen"));
  EXPECT_TRUE(holds(
      message_of<InvalidArgument>([&] { TextPreprocessing(tokenizer, {.maxlen = 3, .padding = "end"}); }),
      "unknown padding"));
  EXPECT_THROW(TextPreprocessing(tokenizer, {.maxlen = 3, .value = 1}), InvalidArgument);
  EXPECT_TRUE(holds(message_of<InvalidArgument>([] { TextPreprocessing{TextVectorization()}; }),
                    "give an output_sequence_length"));
  EXPECT_THROW(TextPreprocessing{CountVectorizer()}, InvalidArgument);
  TextInfo info = TextPreprocessing(tokenizer, {.maxlen = 3}).info();
  info.maxlen = 0;
  EXPECT_TRUE(holds(message_of<InvalidArgument>([&] { TextPreprocessing{info}; }), "without a maxlen"));
  info.encoder["class_name"] = "Tokeniser";
  EXPECT_TRUE(holds(message_of<InvalidArgument>([&] { TextPreprocessing{info}; }),
                    "unknown class 'Tokeniser'; did you mean 'Tokenizer'?"));
  info = TextPreprocessing(tokenizer, {.maxlen = 3}).info();
  info.segmenter = Json::object({{"class_name", "Tokenizer"}, {"config", Json::object()}});
  EXPECT_THROW(TextPreprocessing{info}, FileError);
}

}  // namespace
}  // namespace lamina
