// Lines of a text file, whatever ends them.
#include "lamina/data/read_lines.h"

#include <gtest/gtest.h>

#include "lamina/base/error.h"
#include "lamina/base/files.h"
#include "tests/support/temporary_folder.h"

namespace lamina {
namespace {

TEST(ReadLines, EndAsAnySystemEndsThem) {
  const test::TemporaryFolder folder;
  const auto lines = [&](const std::string& text) {
    write_file(folder / "t.txt", text);
    return read_lines(folder / "t.txt");
  };
  using Lines = std::vector<std::string>;
  EXPECT_EQ(lines("a\nb\r\n\rc"), (Lines{"a", "b", "", "c"}));
  EXPECT_EQ(lines("\xef\xbb\xbf"
                  "a\n"),
            (Lines{"a"}));
  EXPECT_EQ(lines(std::string("\xff\xfe"
                              "a\0\n\0"
                              "b\0",
                              8)),
            (Lines{"a", "b"}));
  EXPECT_EQ(lines(""), Lines{});
  EXPECT_THROW(lines(std::string("a\0b", 3)), FileError);
  EXPECT_THROW(read_lines(folder / "none.txt"), FileError);
}

}  // namespace
}  // namespace lamina
