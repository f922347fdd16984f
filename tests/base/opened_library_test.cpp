// Libraries that are opened when they are needed.
#include "lamina/base/opened_library.h"

#include <gtest/gtest.h>

#include "lamina/base/error.h"

namespace lamina {
namespace {

TEST(OpenedLibrary, FindsFunctionsAndSaysWhatIsMissing) {
  const OpenedLibrary library("libm.so.6", "libc6", "tests");
  double (*magnitude)(double) = nullptr;
  library.find(magnitude, "fabs");
  EXPECT_EQ(magnitude(-3.0), 3.0);
  try {
    library.find(magnitude, "no_such_function");
    FAIL() << "nothing thrown";
  } catch (const Unsupported& error) {
    EXPECT_STREQ(error.what(), "the libm.so.6 of this machine lacks no_such_function");
  }
  try {
    OpenedLibrary("libnone.so.1", "libnone1", "tests");
    FAIL() << "nothing thrown";
  } catch (const Unsupported& error) {
    EXPECT_STREQ(
        error.what(),
        "tests need libnone.so.1, which is not on this machine; on Debian: apt-get install libnone1");
  }
}

}  // namespace
}  // namespace lamina
