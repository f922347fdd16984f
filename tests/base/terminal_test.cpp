// What the terminal can show, by environment; text measured in columns.
#include "lamina/base/terminal.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <map>
#include <optional>

namespace lamina {
namespace {

// Sets variables for one test and puts the old values back.
class Environment {
 public:
  explicit Environment(const std::map<std::string, std::optional<std::string>>& values) {
    for (const auto& [name, value] : values) {
      const char* old = std::getenv(name.c_str());
      old_[name] = old ? std::optional<std::string>(old) : std::nullopt;
      set(name, value);
    }
  }
  ~Environment() {
    for (const auto& [name, value] : old_) set(name, value);
  }

 private:
  static void set(const std::string& name, const std::optional<std::string>& value) {
    if (value) {
      setenv(name.c_str(), value->c_str(), 1);
    } else {
      unsetenv(name.c_str());
    }
  }
  std::map<std::string, std::optional<std::string>> old_;
};

TEST(Terminal, AFileIsNoTerminalButHasTheLocalesCharacters) {
  std::FILE* file = std::tmpfile();
  ASSERT_NE(file, nullptr);
  {
    Environment environment({{"LC_ALL", ""}, {"LC_CTYPE", "en_US.UTF-8"}, {"LANG", "C"}, {"COLUMNS", "57"}});
    Terminal terminal = terminal_of(file);
    EXPECT_FALSE(terminal.interactive);
    EXPECT_EQ(terminal.colours, Colours::kNone);
    EXPECT_TRUE(terminal.utf8);
    EXPECT_EQ(terminal.width, 57);
  }
  {
    Environment environment({{"LC_ALL", "POSIX"}, {"LC_CTYPE", "en_US.UTF-8"}});
    EXPECT_FALSE(terminal_of(file).utf8);
  }
  std::fclose(file);
}

TEST(Terminal, ColumnsCountsCodePoints) {
  EXPECT_EQ(columns("abc"), 3);
  EXPECT_EQ(columns("━━é"), 3);
  EXPECT_EQ(columns(""), 0);
}

TEST(Terminal, CutNeverSplitsACodePoint) {
  EXPECT_EQ(cut("a━b", 2), "a━");
  EXPECT_EQ(cut("a━b", 9), "a━b");
  EXPECT_EQ(cut("a━b", 0), "");
  EXPECT_EQ(cut("a━b", -3), "");
}

TEST(Terminal, PrintableTakesTheTeethOutOfEscapes) {
  EXPECT_EQ(printable("a\x1b[2Jb\n"), "a?[2Jb?");
  EXPECT_EQ(printable("a\xC2\x9B"
                      "2Jb"),
            "a?2Jb");  // the escape sequence's short form
  EXPECT_EQ(printable("été\xC2\xA0\xC2"), "été\xC2\xA0\xC2");
}

TEST(Terminal, StyledIsPlainWithoutColours) {
  Terminal terminal;
  EXPECT_EQ(styled(terminal, "1", "x"), "x");
  terminal.colours = Colours::kAnsi256;
  EXPECT_EQ(styled(terminal, "1", "x"), "\x1b[1mx\x1b[0m");
}

}  // namespace
}  // namespace lamina
