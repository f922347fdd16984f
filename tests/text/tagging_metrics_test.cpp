// Spans of tags and their scores beside seqeval (tools/golden/tagging.py), by hand, and what is no tag.
#include "lamina/text/tagging_metrics.h"

#include <gtest/gtest.h>

#include "lamina/base/error.h"
#include "lamina/base/json.h"
#include "tests/support/golden.h"

namespace lamina {
namespace {

using Texts = std::vector<std::vector<std::string>>;

Texts texts_of(const Json& lists) {
  Texts all;
  for (const Json& list : lists.as_list()) {
    all.emplace_back();
    for (const Json& tag : list.as_list()) all.back().push_back(tag.as_string());
  }
  return all;
}

void expect_score(const TagScore& score, const Json& expected, const std::string& of) {
  EXPECT_NEAR(score.precision, expected.at(0).as_double(), 1e-12) << of;
  EXPECT_NEAR(score.recall, expected.at(1).as_double(), 1e-12) << of;
  EXPECT_NEAR(score.f1, expected.at(2).as_double(), 1e-12) << of;
  EXPECT_EQ(score.support, expected.at(3).as_int()) << of;
}

TEST(TaggingMetrics, AreSeqevals) {
  const Json cases = Json::parse(test::golden_text("text/tagging.json"), "tagging.json");
  ASSERT_EQ(cases.size(), 7u * 2 * 6);
  int64_t correct = 0;
  for (const Json& one : cases.as_list()) {
    const TagOptions options{one.at("scheme").as_string(), one.at("suffix").as_bool()};
    const Texts truth = texts_of(one.at("truth"));
    const TagScores scores = score_tags(truth, texts_of(one.at("predicted")), options);
    for (size_t text = 0; text < truth.size(); ++text) {
      std::vector<TaggedSpan> expected;
      for (const Json& span : one.at("spans").at(text).as_list())
        expected.push_back({span.at(0).as_string(), span.at(1).as_int(), span.at(2).as_int()});
      EXPECT_EQ(tagged_spans(truth[text], options), expected) << options.scheme << " text " << text;
    }
    ASSERT_EQ(scores.types.size(), one.at("types").size()) << options.scheme;
    for (const auto& [type, score] : scores.types) expect_score(score, one.at("types").at(type), type);
    expect_score(scores.all, one.at("micro"), options.scheme + " micro");
    expect_score(scores.macro, one.at("macro"), options.scheme + " macro");
    expect_score(scores.weighted, one.at("weighted"), options.scheme + " weighted");
    EXPECT_NEAR(scores.accuracy, one.at("accuracy").as_double(), 1e-12);
    correct += scores.all.correct;
  }
  EXPECT_GT(correct, 500);  // or nothing was compared
}

// Ten words, three true spans: one found, one with a wrong end, one of a wrong type, one that is none.
TEST(TaggingMetrics, CountWholeSpans) {
  const Texts truth{{"B-PER", "I-PER", "O", "B-LOC", "O"}, {"O", "B-ORG", "I-ORG", "O", "O"}};
  const Texts found{{"B-PER", "I-PER", "O", "B-ORG", "O"}, {"O", "B-ORG", "O", "O", "B-LOC"}};
  const TagScores scores = score_tags(truth, found);
  EXPECT_EQ(scores.all.correct, 1);
  EXPECT_DOUBLE_EQ(scores.all.precision, 1.0 / 4);
  EXPECT_DOUBLE_EQ(scores.all.recall, 1.0 / 3);
  EXPECT_DOUBLE_EQ(scores.all.f1, 2.0 / 7);
  EXPECT_DOUBLE_EQ(scores.macro.f1, 1.0 / 3);
  EXPECT_DOUBLE_EQ(scores.accuracy, 7.0 / 10);
}

TEST(TaggingMetrics, SayNothingOfNothing) {
  const TagScores scores = score_tags({{"O", "O"}, {}}, {{"O", "O"}, {}}, {.scheme = "IOB2"});
  EXPECT_EQ(scores.all.f1, 0);
  EXPECT_EQ(scores.macro.f1, 0);
  EXPECT_EQ(scores.accuracy, 1);
  EXPECT_TRUE(scores.types.empty());
}

std::string error_of(const Texts& truth, const Texts& found, const TagOptions& options = {}) {
  try {
    score_tags(truth, found, options);
  } catch (const InvalidArgument& error) {
    return error.what();
  }
  return "";
}

TEST(TaggingMetrics, RefuseWhatIsNoTag) {
  EXPECT_NE(error_of({{"O", "O"}}, {{"O"}}).find("text 0 has 2 tags, and 1 were predicted"),
            std::string::npos);
  EXPECT_NE(error_of({{"O"}}, {}).find("tags of 1 texts"), std::string::npos);
  EXPECT_NE(error_of({{"X-PER"}}, {{"O"}}).find("'X-PER' begins with 'X'"), std::string::npos);
  EXPECT_NE(error_of({{""}}, {{"O"}}).find("a tag is empty"), std::string::npos);
  EXPECT_NE(error_of({{"S-PER"}}, {{"O"}}, {.scheme = "IOB2"}).find("IOB2 has one of IOB"),
            std::string::npos);
  EXPECT_NE(error_of({{"O"}}, {{"O"}}, {.scheme = "IOB"}).find("did you mean"), std::string::npos);
}

}  // namespace
}  // namespace lamina
