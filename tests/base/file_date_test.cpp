// The date of files: the clock's, or SOURCE_DATE_EPOCH.
#include "lamina/base/file_date.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include "lamina/base/error.h"
#include "tests/support/temporary_folder.h"

namespace lamina {
namespace {

std::string date_for(const char* seconds) {
  ::setenv("SOURCE_DATE_EPOCH", seconds, 1);
  struct Unset {
    ~Unset() { ::unsetenv("SOURCE_DATE_EPOCH"); }
  } const unset;
  const std::tm date = file_date();
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &date);
  return text;
}

// What `date -u -d @SECONDS` prints.
TEST(FileDate, IsWhatTheEnvironmentSaysInUtc) {
  EXPECT_EQ(date_for("0"), "1970-01-01 00:00:00");
  EXPECT_EQ(date_for("951782400"), "2000-02-29 00:00:00");
  EXPECT_EQ(date_for("1700000000"), "2023-11-14 22:13:20");
  EXPECT_EQ(date_for("2147483648"), "2038-01-19 03:14:08");
  EXPECT_EQ(date_for("253402300799"), "9999-12-31 23:59:59");
}

TEST(FileDate, RefusesWhatIsNoTime) {
  for (const char* text :
       {"", " ", "yesterday", "1.5", "-1", "1e9", "12 ", "253402300800", "99999999999999999999"}) {
    const std::string message = test::message_of<InvalidArgument>([&] { date_for(text); });
    EXPECT_NE(message.find("SOURCE_DATE_EPOCH"), std::string::npos) << text;
  }
}

TEST(FileDate, IsNowElsewhere) {
  const std::time_t before = std::time(nullptr);
  std::tm date = file_date();
  date.tm_isdst = -1;
  const std::time_t stated = std::mktime(&date);
  EXPECT_GE(stated, before);
  EXPECT_LE(stated, std::time(nullptr));
}

}  // namespace
}  // namespace lamina
