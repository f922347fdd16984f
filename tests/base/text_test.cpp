// Text from files in messages.
#include "lamina/base/detail/text.h"

#include <gtest/gtest.h>

namespace lamina::detail {
namespace {

TEST(Text, ExcerptShowsControlCharacters) {
  EXPECT_EQ(excerpt("plain, \xc3\xa9\n\tand more", 100), "plain, \xc3\xa9\n\tand more");
  EXPECT_EQ(excerpt(std::string("a\0b\x1b[31m\x7f", 9), 100), "a\\x00b\\x1b[31m\\x7f");
}

TEST(Text, ASentenceThatEndsGetsNoOtherSign) {
  EXPECT_EQ(continued("unknown loss 'x'", ".", "Known are y"), "unknown loss 'x'. Known are y");
  EXPECT_EQ(continued("did you mean 'mse'?", ".", "Known are y"), "did you mean 'mse'? Known are y");
  EXPECT_EQ(continued("", ";", "b"), "; b");
}

TEST(Text, ExcerptKeepsStartAndEnd) {
  const std::string text = "expected this" + std::string(100000, '.') + "do that";
  const std::string shown = excerpt(text, 100);
  EXPECT_TRUE(shown.starts_with("expected this.")) << shown;
  EXPECT_TRUE(shown.ends_with(".do that")) << shown;
  EXPECT_NE(shown.find(" [99,920 bytes left out] "), std::string::npos) << shown;
  EXPECT_LT(shown.size(), 140u);
}

// A character of several bytes is shown whole or not at all.
TEST(Text, ExcerptCutsBetweenCharacters) {
  std::string text;
  for (int i = 0; i < 1000; ++i) text += "\xe4\xb8\xad";
  for (size_t most = 40; most < 60; ++most) {
    std::string shown = excerpt(text, most);
    shown.erase(shown.find(" ["), shown.find("] ") + 2 - shown.find(" ["));
    EXPECT_EQ(shown.size() % 3, 0u) << most;
    for (size_t at = 0; at < shown.size(); at += 3) EXPECT_EQ(shown.substr(at, 3), "\xe4\xb8\xad") << most;
  }
}

}  // namespace
}  // namespace lamina::detail
