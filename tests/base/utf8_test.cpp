// UTF-8: what is written reads back, and what is no UTF-8 is known.
#include "lamina/base/utf8.h"

#include <gtest/gtest.h>

namespace lamina {
namespace {

TEST(Utf8, WritesCharactersOfEveryLength) {
  std::string text;
  for (const uint32_t code : {0x41u, 0xE4u, 0x20ACu, 0x1D11Eu, 0x110000u}) append_utf8(text, code);
  EXPECT_EQ(text, "A\xC3\xA4\xE2\x82\xAC\xF0\x9D\x84\x9E\xEF\xBF\xBD");
  EXPECT_TRUE(is_utf8(text));
}

TEST(Utf8, KnowsWhatIsNone) {
  EXPECT_TRUE(is_utf8(""));
  for (const char* text : {"caf\xE9", "\x80", "\xC3", "\xC0\x80", "\xE0\x80\x80", "\xED\xA0\x80",
                           "\xF0\x80\x80\x80", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xE2\x82"}) {
    EXPECT_FALSE(is_utf8(text)) << text;
  }
}

TEST(Utf8, ReplacesWhatIsNone) {
  EXPECT_EQ(valid_utf8("caf\xE9, \xC3\xA4, \xE2\x82"), "caf\xEF\xBF\xBD, \xC3\xA4, \xEF\xBF\xBD\xEF\xBF\xBD");
}

}  // namespace
}  // namespace lamina
