// Nearest names in error messages.
#include "lamina/base/error.h"

#include <gtest/gtest.h>

namespace lamina {
namespace {

TEST(Suggest, NamesWhatWasMeantAndNothingElse) {
  EXPECT_EQ(suggest("adm", {"sgd", "adam"}), "; did you mean 'adam'?");
  EXPECT_EQ(suggest("MAE", {"mse", "mae"}), "; did you mean 'mae'?");
  EXPECT_EQ(suggest("ab", {"a", "b"}), "; did you mean 'a'?");
  EXPECT_EQ(suggest("zz", {"a", "b"}), "; known: a, b");
  EXPECT_EQ(suggest("2", {"a", "b"}), "; known: a, b");
  EXPECT_EQ(suggest("", {"a", "b"}), "; known: a, b");
  EXPECT_EQ(suggest("x", {}), "");
}

}  // namespace
}  // namespace lamina
