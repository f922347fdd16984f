// Which of Keras's operations graphs and files can hold: each class of keras.ops, from a golden file made by
// tools/golden/operation_classes.py, is registered or has a reason here.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>

#include "lamina/base/files.h"
#include "lamina/base/json.h"
#include "lamina/core/operation.h"
#include "lamina/core/symbol.h"

namespace lamina {
namespace {

const char kNoTensor[] = "its result follows from no tensor, so that no graph holds it";
const char kValues[] = "the shape of its result depends on values";
const char kBranches[] = "its arguments are functions of Python";
const char kComplex[] = "there is no complex dtype";
const char kBase[] = "a base of others";
const char kMissing[] = "not written yet";

const std::map<std::string, std::string> kNotHere = {
    {"Arange", kNoTensor},
    {"Array", kNoTensor},
    {"Full", kNoTensor},
    {"Geomspace", kNoTensor},
    {"Linspace", kNoTensor},
    {"Logspace", kNoTensor},
    {"Ndim", kNoTensor},
    {"Bincount", kValues},
    {"Nonzero", kValues},
    {"AssociativeScan", kBranches},
    {"Cond", kBranches},
    {"ForiLoop", kBranches},
    {"JVP", kBranches},
    {"Map", kBranches},
    {"Scan", kBranches},
    {"Switch", kBranches},
    {"VectorizedMap", kBranches},
    {"WhileLoop", kBranches},
    {"Eig", kComplex},
    {"Polar", kComplex},
    {"ViewAsComplex", kComplex},
    {"ViewAsReal", kComplex},
    {"SegmentReduction", kBase},
    {"ConvTranspose", "Keras 3.15.1 mixes up its arguments in graphs"},
    {"Argpartition", kMissing},
    {"CTCDecode", kMissing},
    {"CTCLoss", kMissing},
    {"ElasticTransform", kMissing},
    {"Fold", kMissing},
    {"Histogram", kMissing},
    {"I0", kMissing},
    {"MapCoordinates", kMissing},
    {"Nextafter", kMissing},
    {"PerspectiveTransform", kMissing},
    {"SSIM", kMissing},
    {"ScaleAndTranslate", kMissing},
    {"SobelEdges", kMissing},
    {"Unfold", kMissing},
    {"View", kMissing},
};

TEST(KerasOperations, AreRegisteredOrHaveAReason) {
  const Json keras =
      Json::parse(read_file(std::string(LAMINA_SOURCE_DIR) + "/tests/golden/ops/operation_classes.json"));
  size_t here = 0, listed = 0;
  for (const char* module : {"core", "image", "linalg", "math", "nn", "numpy"}) {
    for (const Json& name : keras.at(module).as_list()) {
      const Operation* operation = find_operation(name.as_string());
      const bool has_reason = kNotHere.contains(name.as_string());
      EXPECT_NE(operation != nullptr, has_reason)
          << name.as_string() << (operation ? " is here: it needs no reason" : " is neither here nor listed");
      listed += has_reason;
      if (!operation) continue;
      ++here;
      EXPECT_EQ(operation->module, std::string("keras.src.ops.") + module) << name.as_string();
    }
  }
  EXPECT_EQ(listed, kNotHere.size()) << "a class that is listed is none of Keras's";
  EXPECT_GT(here, 250u);
}

}  // namespace
}  // namespace lamina
