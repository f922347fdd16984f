// What tests of a recipe share: one training in a folder of its own, which all of them look at.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/support/program.h"
#include "tests/support/temporary_folder.h"

namespace lamina::test {

/// @tparam Suite  the class that derives from it, whose SetUpTestSuite makes both.
template <class Suite>
class RecipeTest : public ::testing::Test {
 protected:
  static void TearDownTestSuite() {
    delete trained_;
    delete folder_;
  }
  /// `lamina` in that folder.
  static Outcome run(const std::vector<std::string>& arguments) {
    return run_lamina(folder_->path(), arguments, {"OMP_WAIT_POLICY=passive"});
  }

  inline static TemporaryFolder* folder_ = nullptr;
  inline static Outcome* trained_ = nullptr;
};

}  // namespace lamina::test
