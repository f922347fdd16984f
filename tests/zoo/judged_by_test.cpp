// Figures beside loss and metrics: what a model keeps of them, and what they are.
#include "lamina/zoo/judged_by.h"

#include <gtest/gtest.h>

#include "lamina/base/error.h"
#include "tests/support/temporary_folder.h"

namespace lamina {
namespace {

using test::message_of;

TEST(JudgedBy, IsKeptInWhatAModelKnows) {
  DataInfo info;
  EXPECT_TRUE(JudgedBy::of(info).names.empty());
  JudgedBy{{"auc"}, "no device"}.save(info);
  const JudgedBy read = JudgedBy::of(DataInfo::from_json(info.to_json(), "it"));
  EXPECT_EQ(read.names, (std::vector<std::string>{"auc"}));
  EXPECT_EQ(read.notice, "no device");
  DataInfo other;
  EXPECT_NE(message_of<InvalidArgument>([&] { JudgedBy{{"aux"}}.save(other); }).find("did you mean 'auc'"), std::string::npos);
  info.sections["judged_by"] = Json::object({{"names", Json::list({"tomorrow"})}});
  EXPECT_NE(message_of<FileError>([&] { JudgedBy::of(info); }).find("does not know"), std::string::npos);
  info.sections["judged_by"] = Json::object({{"names", 3}});
  EXPECT_NE(message_of<FileError>([&] { JudgedBy::of(info); }).find("no list of names"), std::string::npos);
}

TEST(JudgedBy, FiguresByHand) {
  const std::vector<std::vector<float>> two{{0.9F, 0.1F}, {0.4F, 0.6F}, {0.7F, 0.3F}, {0.2F, 0.8F}};
  const auto figures = judgements({judgement_names()}, two, {0, 0, 1, 1});
  ASSERT_EQ(figures.size(), 2u);
  EXPECT_DOUBLE_EQ(figures[0].second, 0.75);
  EXPECT_NEAR(figures[1].second, (0.1 + 0.6 + 0.7 + 0.2) / 4, 1e-6);
  // A sample whose class is not known does not count; of one class alone there is no area.
  EXPECT_EQ(judgements({{"auc"}}, two, {0, 0, -1, 1})[0].second, 1);
  EXPECT_TRUE(judgements({{"auc"}}, two, {0, 0, 0, 0}).empty());
  const std::vector<std::vector<float>> three{{0.8F, 0.1F, 0.1F}, {0.1F, 0.8F, 0.1F}, {0.1F, 0.1F, 0.8F}};
  EXPECT_EQ(judgements({{"auc"}}, three, {0, 1, 2})[0].second, 1);
}

}  // namespace
}  // namespace lamina
