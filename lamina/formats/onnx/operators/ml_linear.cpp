// LinearRegressor and LinearClassifier.
#include <fmt/format.h>

#include "lamina/formats/onnx/operators/ml_common.h"
#include "lamina/ops/argreduce.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/compare.h"
#include "lamina/ops/concatenate.h"
#include "lamina/ops/full.h"
#include "lamina/ops/matmul.h"
#include "lamina/ops/reshape.h"
#include "lamina/ops/unary.h"
#include "lamina/ops/where.h"

namespace lamina::onnx {
namespace {

// (n, lines) of rows and the attribute `coefficients`, with intercepts.
Tensor lines(const Call& call, const Tensor& x) {
  const std::vector<double> coefficients = call.number_list("coefficients").value_or(std::vector<double>());
  const std::vector<double> intercepts = call.number_list("intercepts").value_or(std::vector<double>());
  const int64_t width = x.shape()[1];
  const auto size = static_cast<int64_t>(coefficients.size());
  if (width == 0 || size == 0 || size % width != 0)
    call.fail(fmt::format("{} coefficients do not fit {} features", size, width));
  const int64_t count = size / width;
  const Tensor y = matmul(x, table(coefficients, {count, width}, x.dtype()), false, true);
  if (intercepts.empty()) return y;
  if (static_cast<int64_t>(intercepts.size()) != count && intercepts.size() != 1)
    call.fail(fmt::format("{} intercepts for {} lines", intercepts.size(), count));
  return add(y, table(intercepts, {intercepts.size()}, x.dtype()));
}

std::vector<Value> regress(Call& call) {
  const Tensor y = lines(call, feature_rows(call));
  if (y.shape()[1] != call.integer("targets", 1))
    call.fail(fmt::format("has coefficients for {} targets", y.shape()[1]));
  return {Value(cast(post_transformed(y, call.text("post_transform", "NONE")), DType::kFloat32))};
}

std::vector<Value> classify(Call& call) {
  call.ignore({"multi_class"});  // says how it was trained
  const ClassLabels labels = class_labels(call, "classlabels_ints", "classlabels_strings");
  const std::string how = call.text("post_transform", "NONE");
  Tensor scores = lines(call, feature_rows(call));
  const int64_t columns = scores.shape()[1];
  if (columns == 1 && labels.size() == 2) scores = concatenate({negative(scores), scores}, 1);
  if (scores.shape()[1] != static_cast<int64_t>(labels.size()) && !(columns == 1 && labels.size() <= 1))
    call.fail(fmt::format("has {} scores for {} classes", columns, labels.size()));
  const Tensor raw = scores;
  scores = post_transformed(scores, how);
  if (scores.shape()[1] > 1) return {labels.of(argmax(raw, 1)), Value(cast(scores, DType::kFloat32))};
  if (!labels.strings.empty()) throw Unsupported("has one class with a name, and none for the others");
  // One class: whether it is that.
  const Tensor found = reshape(greater_equal(scores, how == "NONE" ? 0.0 : 0.5), {scores.shape()[0]});
  const int64_t name = labels.integers.empty() ? 1 : labels.integers[0];
  return {Value(multiply(cast(found, DType::kInt64), Tensor::from<int64_t>({name}))),
          Value(cast(scores, DType::kFloat32))};
}

const bool kMlLinearRegistered[] = {register_operator("LinearRegressor", 1, regress, {}, kMl),
                            register_operator("LinearClassifier", 1, classify, {}, kMl)};

}  // namespace
}  // namespace lamina::onnx
