// Golden files: arrays and configurations that Keras wrote (tools/golden/README.md), and comparison with
// them.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "lamina/base/json.h"
#include "lamina/core/tensor.h"

namespace lamina::test {

/// "tests/golden/<name>" in the source tree, or "<name>" in the folder that the environment variable
/// LAMINA_GOLDEN names: scripts/conformance puts fresh files there.
std::string golden_path(const std::string& name);

/// Names, without ".npz" and sorted, of the golden files in that folder.
std::vector<std::string> golden_cases(const std::string& folder, const std::string& extension = ".npz");

/// The file as text.
std::string golden_text(const std::string& name);

/// One golden .npz.
class Golden {
 public:
  /// `name` like "nn/layers/dense".
  explicit Golden(const std::string& name);

  bool contains(const std::string& key) const { return arrays_.contains(key); }
  /// The array of that name; throws InvalidArgument when there is none.
  const Tensor& at(const std::string& key) const;
  /// The JSON text of that name.
  Json json(const std::string& key) const;
  /// "prefix_0", "prefix_1", ... as far as there are such arrays.
  std::vector<Tensor> numbered(const std::string& prefix) const;

 private:
  std::string name_;
  std::map<std::string, Tensor> arrays_;
};

/// The largest difference that is put down to float32: two libraries sum in different orders, which costs a
/// few units in the last place (6e-8) for each doubling of the number of terms.
inline constexpr double kFloat32Tolerance = 2e-6;
/// After ten training steps: what a step leaves over, later steps carry on and amplify.
inline constexpr double kTrainingTolerance = 2e-5;

/// `actual` has dtype and shape of `expected`, and no element differs by more than `tolerance` times the
/// largest magnitude of `expected`, or times `scale` if that is larger: the magnitude of what was added up,
/// where much of it cancels. NaN and infinities must be the same. `what` names them.
void expect_close(const Tensor& actual, const Tensor& expected, const std::string& what,
                  double tolerance = kFloat32Tolerance, double scale = 0);

/// `actual` says what `expected`, written by Keras, says: members in the same order, but without members that
/// are null on one side and absent on the other (Keras adds such from version to version), without the
/// defaults of arguments younger than Keras 3.0, and without the identities of shared objects. Numbers may
/// differ in the last place of float32.
void expect_same_config(const Json& actual, const Json& expected, const std::string& what);

/// The same of an object of a class, {"class_name", "config", ...}, whose other members are not compared.
void expect_same_object(const Json& actual, const Json& expected, const std::string& what);

/// Test names from the names of golden files.
struct CaseName {
  std::string operator()(const ::testing::TestParamInfo<std::string>& info) const { return info.param; }
};

}  // namespace lamina::test
