// Regular expressions: the patterns written by hand against PCRE2, Oniguruma's meanings, and bounded work.
#include "lamina/text/tokenizers/detail/regex.h"

#include <gtest/gtest.h>

#include <random>

#include "lamina/base/error.h"
#include "lamina/base/utf8.h"
#include "tests/support/temporary_folder.h"

namespace lamina::detail::tokenizers {
namespace {

Matches matches_of(const std::string& pattern, const std::string& text) {
  Matches matches;
  Regex(pattern).find_all(text, matches);
  return matches;
}

std::string random_text(std::mt19937& random) {
  static const std::vector<uint32_t> kOften = {
      ' ', ' ', '\n', '\r',  '\t', '\'',  's',    'T',  'L',    'l',    'r',    'e',     '1',  '2',
      '.', ',', 'a',  0x17F, 0xE9, 0x300, 0x3000, 0xA0, 0x4E2D, 0x6587, 0x0662, 0x1F600, 0x85, 0x2028};
  std::string text;
  const int length = static_cast<int>(random() % 30);
  for (int i = 0; i < length; ++i) {
    uint32_t code = random() % 4 != 0 ? kOften[random() % kOften.size()] : random() % 0x2FFFF + 1;
    if (code >= 0xD800 && code < 0xE000) code = 'x';
    append_utf8(text, code);
  }
  return text;
}

TEST(TokenizerRegex, PatternsByHandAreThoseOfPcre2) {
  std::mt19937 random(7);
  const std::vector<std::string> patterns = known_patterns();
  ASSERT_GE(patterns.size(), 3u);
  for (int i = 0; i < 2000; ++i) {
    const std::string text = random_text(random);
    for (const std::string& pattern : patterns) {
      Matches by_hand, by_pcre2;
      Regex(pattern).find_all(text, by_hand);
      if (i % 20 == 0 || !text.empty()) find_all_by_pcre2(pattern, text, by_pcre2);
      if (text.empty()) continue;
      ASSERT_EQ(by_hand, by_pcre2) << pattern << "\non '" << text << "'";
    }
  }
}

TEST(TokenizerRegex, MeansWhatOnigurumaMeans) {
  EXPECT_EQ(matches_of(R"(\h+)", "xyzCAFE09g"), (Matches{{3, 9}}));
  EXPECT_EQ(matches_of("^b", "a\nb"), (Matches{{2, 3}}));       // lines, always
  EXPECT_EQ(matches_of("a.b", "a\nb"), Matches());              // the dot stops at line breaks
  EXPECT_EQ(matches_of("(?m)a.b", "a\nb"), (Matches{{0, 3}}));  // but with m
  EXPECT_EQ(matches_of(R"([\h]+)", "gF0"), (Matches{{1, 3}}));
  EXPECT_EQ(matches_of(R"(\s)", "a\xC2\xA0z"), (Matches{{1, 3}}));
  std::string newer;
  append_utf8(newer, 0x2EBF0);  // of Unicode 15.1
  EXPECT_EQ(matches_of(R"(\p{L})", newer), (Matches{{0, 4}}));
  EXPECT_EQ(matches_of(R"([^\p{L}])", newer), Matches());
  EXPECT_EQ(matches_of(R"(\P{L})", newer), Matches());
  append_utf8(newer = "", 0x10D40);  // a digit of Unicode 16
  EXPECT_EQ(matches_of(R"(\d)", newer), (Matches{{0, 4}}));
  EXPECT_EQ(matches_of(R"(\w\W?)", newer), (Matches{{0, 4}}));
  append_utf8(newer = "", 0x180E);  // was white space once
  EXPECT_EQ(matches_of(R"(\s)", newer), Matches());
  EXPECT_EQ(matches_of(R"(\S)", newer), (Matches{{0, 3}}));
  EXPECT_EQ(matches_of(R"([]a]+)", "x]a"), (Matches{{1, 3}}));
}

TEST(TokenizerRegex, WorkIsBounded) {
  const std::string message =
      test::message_of<InvalidArgument>([] { matches_of("(x+x+)+[yz]", std::string(60, 'x')); });
  EXPECT_NE(message.find("takes too much work"), std::string::npos) << message;
  EXPECT_NE(message.find("(x+x+)+[yz]"), std::string::npos) << message;
}

// Each match takes many steps, but not too many: all of them together do.
TEST(TokenizerRegex, WorkOnALongTextIsBounded) {
  std::string text;
  for (int i = 0; i < 3000; ++i) text += std::string(13, 'x') + ".";
  EXPECT_NE(test::message_of<InvalidArgument>([&] {
              matches_of("(x+x+)+[yz]|\\.", text);
            }).find("takes too much work"),
            std::string::npos);
  // What takes many steps and gets far is let go on.
  EXPECT_EQ(matches_of("(?s).*?END", std::string(20000, 'a') + "END").size(), 1u);
}

TEST(TokenizerRegex, SaysWhatDoesNotCompile) {
  for (const char* pattern : {"(", "[", "a{2,1}", "*a", "(?<n", "\\C", "[a&&b]", "[a[b]]"}) {
    const std::string message = test::message_of<InvalidArgument>([&] { Regex regex{std::string(pattern)}; });
    EXPECT_NE(message.find(std::string("'") + pattern + "'"), std::string::npos) << message;
  }
  EXPECT_THROW(Regex(std::string(70000, 'a')), InvalidArgument);
  EXPECT_THROW(Regex(std::string(5000, '(') + std::string(5000, ')')), InvalidArgument);
}

}  // namespace
}  // namespace lamina::detail::tokenizers
