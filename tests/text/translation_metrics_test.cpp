// BLEU and chrF beside sacreBLEU (tools/golden/translation.py), and what is no translation.
#include "lamina/text/translation_metrics.h"

#include <gtest/gtest.h>

#include "lamina/base/error.h"
#include "lamina/base/json.h"
#include "lamina/base/threads.h"
#include "tests/support/golden.h"
#include "tests/support/told.h"
#include "tests/support/words.h"

namespace lamina {
namespace {

struct Corpus {
  std::vector<std::string> hypotheses;
  std::vector<std::vector<std::string>> references;
};

std::vector<std::string> strings(const Json& list) {
  std::vector<std::string> result;
  for (const Json& each : list.as_list()) result.push_back(each.as_string());
  return result;
}

Corpus corpus_of(const Json& golden, const Json& the_case) {
  const Json& json = golden.at("corpora").at(the_case.at("corpus").as_string());
  Corpus corpus{strings(json.at("hypotheses")), {}};
  for (const Json& list : json.at("references").as_list()) corpus.references.push_back(strings(list));
  return corpus;
}

std::vector<std::string> references_of(const Corpus& corpus, size_t segment) {
  std::vector<std::string> result;
  for (const auto& list : corpus.references) result.push_back(list[segment]);
  return result;
}

BleuOptions bleu_options(const Json& json) {
  BleuOptions options;
  for (const auto& [name, value] : json.as_object()) {
    if (name == "lowercase") options.lowercase = value.as_bool();
    if (name == "tokenize") options.tokenize = value.as_string();
    if (name == "smooth_method") options.smooth_method = value.as_string();
    if (name == "smooth_value") options.smooth_value = value.as_double();
    if (name == "max_ngram_order") options.max_ngram_order = static_cast<int>(value.as_int());
    if (name == "effective_order") options.effective_order = value.as_bool();
  }
  return options;
}

ChrfOptions chrf_options(const Json& json) {
  ChrfOptions options;
  for (const auto& [name, value] : json.as_object()) {
    if (name == "char_order") options.char_order = static_cast<int>(value.as_int());
    if (name == "word_order") options.word_order = static_cast<int>(value.as_int());
    if (name == "beta") options.beta = static_cast<int>(value.as_int());
    if (name == "lowercase") options.lowercase = value.as_bool();
    if (name == "whitespace") options.whitespace = value.as_bool();
    if (name == "eps_smoothing") options.eps_smoothing = value.as_bool();
  }
  return options;
}

// Sums are made in the same order: what is left are the last digits of exp and log.
constexpr double kClose = 1e-9;

TEST(TranslationMetrics, BleuIsSacreBleus) {
  const Json golden = Json::parse(test::golden_text("text/translation.json"));
  int above_zero = 0;
  for (const Json& each : golden.at("bleu").as_list()) {
    SCOPED_TRACE(each.at("corpus").as_string() + " " + each.at("options").dump());
    const Corpus corpus = corpus_of(golden, each);
    const BleuOptions options = bleu_options(each.at("options"));
    const BleuScore bleu = corpus_bleu(corpus.hypotheses, corpus.references, options);
    EXPECT_NEAR(bleu.score, each.at("score").as_double(), kClose);
    const auto precisions = each.at("precisions").as_list();
    ASSERT_EQ(bleu.precisions.size(), precisions.size());
    for (size_t i = 0; i < precisions.size(); ++i)
      EXPECT_NEAR(bleu.precisions[i], precisions[i].as_double(), kClose) << i;
    EXPECT_NEAR(bleu.brevity_penalty, each.at("bp").as_double(), kClose);
    EXPECT_EQ(bleu.sys_len, each.at("sys_len").as_int());
    EXPECT_EQ(bleu.ref_len, each.at("ref_len").as_int());
    EXPECT_EQ(bleu.signature, each.at("signature").as_string());
    EXPECT_EQ(bleu.str(), each.at("text").as_string());
    BleuOptions single = options;
    single.effective_order = true;
    for (size_t i = 0; i < corpus.hypotheses.size(); ++i) {
      EXPECT_NEAR(sentence_bleu(corpus.hypotheses[i], references_of(corpus, i), single).score,
                  each.at("sentences").as_list()[i].as_double(), kClose)
          << "segment " << i << ": " << corpus.hypotheses[i];
    }
    above_zero += bleu.score > 1;
  }
  EXPECT_GT(above_zero, 70);
}

TEST(TranslationMetrics, ChrfIsSacreBleus) {
  const Json golden = Json::parse(test::golden_text("text/translation.json"));
  int above_zero = 0;
  for (const Json& each : golden.at("chrf").as_list()) {
    SCOPED_TRACE(each.at("corpus").as_string() + " " + each.at("options").dump());
    const Corpus corpus = corpus_of(golden, each);
    const ChrfOptions options = chrf_options(each.at("options"));
    const ChrfScore chrf = corpus_chrf(corpus.hypotheses, corpus.references, options);
    EXPECT_NEAR(chrf.score, each.at("score").as_double(), kClose);
    EXPECT_EQ(chrf.name, each.at("name").as_string());
    EXPECT_EQ(chrf.signature, each.at("signature").as_string());
    EXPECT_EQ(chrf.str(), each.at("text").as_string());
    for (size_t i = 0; i < corpus.hypotheses.size(); ++i) {
      EXPECT_NEAR(sentence_chrf(corpus.hypotheses[i], references_of(corpus, i), options).score,
                  each.at("sentences").as_list()[i].as_double(), kClose)
          << "segment " << i << ": " << corpus.hypotheses[i];
    }
    above_zero += chrf.score > 1;
  }
  EXPECT_GT(above_zero, 50);
}

TEST(TranslationMetrics, BytesThatAreNoTextBecomeReplacementCharacters) {
  const std::string broken = "the \xFF dog \xE4\xBD",
                    mended = "the \xEF\xBF\xBD dog \xEF\xBF\xBD\xEF\xBF\xBD";
  const std::vector<std::vector<std::string>> references = {{"the dog barks"}};
  const test::Told told;
  EXPECT_EQ(corpus_bleu({broken}, references).score, corpus_bleu({mended}, references).score);
  EXPECT_TRUE(told.holds("BLEU, hypotheses: 3 bytes are no UTF-8")) << told.text();
  EXPECT_EQ(corpus_bleu({mended}, {{broken}}).counts, corpus_bleu({mended}, {{mended}}).counts);
  EXPECT_EQ(corpus_chrf({broken}, references).score, corpus_chrf({mended}, references).score);
  EXPECT_NEAR(corpus_chrf({broken}, {{mended}}, {.word_order = 2}).score, 100, kClose);
}

TEST(TranslationMetrics, AreTheSameForAnyNumberOfThreads) {
  std::vector<std::string> hypotheses, references;
  for (int i = 0; i < 1000; ++i) {
    hypotheses.push_back("segment " + std::to_string(i * i) + " of the text, or not");
    references.push_back("segment " + std::to_string(i * i + i % 3) + " of the text, or a line");
  }
  const auto scores = [&](int threads) {
    set_num_threads(threads);
    return std::pair(corpus_bleu(hypotheses, {references}).score,
                     corpus_chrf(hypotheses, {references}).score);
  };
  const int before = num_threads();
  const auto one = scores(1), two = scores(2);
  set_num_threads(before);
  EXPECT_EQ(one, two);
  EXPECT_GT(one.first, 10);
}

TEST(TranslationMetrics, SayWhatCannotBe) {
  const std::vector<std::string> two = {"a", "b"};
  const auto refused = [](const auto& ask, const std::vector<std::string>& words) {
    try {
      ask();
      ADD_FAILURE() << "no error; expected: " << words[0];
    } catch (const InvalidArgument& error) {
      test::expect_words(error.what(), words);
    }
  };
  refused([&] { corpus_bleu({}, {{}}); }, {"no hypotheses"});
  refused([&] { corpus_bleu(two, {}); }, {"no references"});
  refused(
      [&] {
        corpus_bleu(two, {two, {"a"}});
      },
      {"list 1 of the references has 1 segments", "the hypotheses have 2"});
  refused([&] { corpus_chrf(two, {{"a", "b", "c"}}); }, {"chrF", "has 3 segments"});
  refused([&] { sentence_chrf("a", {}); }, {"no references"});
  refused([&] { corpus_bleu(two, {two}, {.tokenize = "13b"}); }, {"tokenize '13b'", "13a"});
  refused([&] { corpus_bleu(two, {two}, {.smooth_method = "expp"}); },
          {"smooth_method 'expp'", "did you mean 'exp'"});
  refused([&] { corpus_bleu(two, {two}, {.smooth_value = 1}); }, {"smooth_value", "'exp'"});
  refused([&] { corpus_bleu(two, {two}, {.smooth_method = "floor", .smooth_value = -1}); },
          {"smooth_value must be finite and at least 0"});
  refused([&] { corpus_bleu(two, {two}, {.max_ngram_order = 0}); }, {"max_ngram_order", "got 0"});
  refused([&] { corpus_chrf(two, {two}, {.char_order = 65}); }, {"char_order must be 1 to 64"});
  refused([&] { corpus_chrf(two, {two}, {.word_order = -1}); }, {"word_order", "got -1"});
  refused([&] { corpus_chrf(two, {two}, {.beta = -1}); }, {"beta", "got -1"});
}

}  // namespace
}  // namespace lamina
