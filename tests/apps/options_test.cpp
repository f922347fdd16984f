// What options take: whole numbers within their range, and no empty words.
#include <algorithm>

#include "tests/support/training.h"

namespace lamina {
namespace {

using test::Outcome;

class Options : public test::Training {
 protected:
  // Expects that training with the option ends before it begins, with one line that holds all of `words`.
  void expect_usage(const std::string& option, const std::string& value,
                    const std::vector<std::string>& words) const {
    const Outcome outcome = train("m.keras", 1, {option, value});
    EXPECT_EQ(outcome.status, 2) << option << " " << value;
    EXPECT_EQ(outcome.out, "");
    EXPECT_EQ(std::count(outcome.err.begin(), outcome.err.end(), '\n'), 1) << outcome.err;
    EXPECT_NE(outcome.err.find(option), std::string::npos) << outcome.err;
    for (const std::string& word : words) EXPECT_NE(outcome.err.find(word), std::string::npos) << outcome.err;
  }
};

TEST_F(Options, NumbersThatAreNoneOrOutOfRangeAreToldWithTheRange) {
  const std::string seeds = "at least 0 and at most 18446744073709551615";
  expect_usage("--seed", "18446744073709551616", {"18446744073709551616 is out of range", seeds});
  expect_usage("--seed", "99999999999999999999999", {"is out of range", seeds});
  expect_usage("--seed", "-1", {"-1 is out of range", seeds});
  expect_usage("--seed", "1.5", {"'1.5' is no whole number", seeds});
  expect_usage("--threads", "99999999999", {"99999999999 is out of range", "at least 1", "2147483647"});
  expect_usage("--threads", "1.5", {"'1.5' is no whole number", "at least 1"});
  for (const char* text : {"1.5", "1e3", "0x10", "ten", "+-1", " 1", "1 "})
    expect_usage("--epochs", text, {std::string("'") + text + "' is no whole number", "at most 1000000"});
  expect_usage("--epochs", "0", {"0 is out of range", "at least 1 and at most 1000000"});
  expect_usage("--validation-split", "x", {"'x' is no number", "at least 0 and at most 0.99"});
  expect_usage("--validation-split", "nan", {"nan is out of range"});
}

TEST_F(Options, NumbersAreDecimalUpToTheLargest) {
  EXPECT_EQ(train("m.keras", 1, {"--seed", "18446744073709551615"}).status, 0);
  ASSERT_EQ(train("n.keras", 1, {"--epochs", "010"}).status, 0);
  EXPECT_EQ(epochs_of("n.keras"), 10);
}

TEST_F(Options, EmptyValuesAreRefused) {
  for (const char* option : {"--out", "--run-dir", "--separator", "--label-column", "--data",
                             "--validation-data", "--labels", "--scale", "--missing", "--device", "--epochs"})
    expect_usage(option, "", {"--help"});
  for (const char* option : {"--out", "--run-dir", "--separator", "--label-column"})
    expect_usage(option, "", {"the value is empty"});
  EXPECT_EQ(test::run_lamina(folder_.path(), {"summary", ""}).status, 2);
}

}  // namespace
}  // namespace lamina
