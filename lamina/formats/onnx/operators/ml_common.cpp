// Rows, scores and names of classes.
#include "lamina/formats/onnx/operators/ml_common.h"

#include <fmt/format.h>

#include <cmath>

#include "lamina/ops/binary.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/compare.h"
#include "lamina/ops/reduce.h"
#include "lamina/ops/reshape.h"
#include "lamina/ops/softmax.h"
#include "lamina/ops/special.h"
#include "lamina/ops/take.h"
#include "lamina/ops/unary.h"
#include "lamina/ops/where.h"

namespace lamina::onnx {

Tensor feature_rows(const Call& call, size_t input) {
  Tensor x = call[input];
  if (x.rank() != 1 && x.rank() != 2)
    call.fail(fmt::format("takes (n, features); received {}", x.shape().str()));
  if (x.rank() == 1) x = reshape(x, {1, x.size()});
  return x.dtype() == DType::kFloat64 ? x : cast(x, DType::kFloat32);
}

Tensor post_transformed(const Tensor& scores, const std::string& how) {
  if (how == "NONE") return scores;
  if (how == "LOGISTIC") return sigmoid(scores);
  if (how == "SOFTMAX") return softmax(scores);
  if (how == "PROBIT") return multiply(erfinv(subtract(multiply(scores, 2.0), 1.0)), std::sqrt(2.0));
  if (how != "SOFTMAX_ZERO") throw InvalidArgument("attribute 'post_transform' is '" + how + "'");
  // Scores of 0 stay 0.
  const Tensor most = lamina::max(scores, {-1}, true);
  const Tensor weights = where(greater(lamina::abs(scores), 1e-7), lamina::exp(subtract(scores, most)),
                               multiply(scores, lamina::exp(negative(most))));
  const Tensor total = sum(weights, {-1}, true);
  return where(equal(total, 0.0), add(multiply(weights, 0.0), 0.5), divide(weights, total));
}

Value ClassLabels::of(const Tensor& index) const {
  if (strings.empty())
    return {take(Tensor::from(integers, {integers.size()}), index, 0), ElementType::kInt64};
  std::vector<std::string> names;
  for (const int64_t i : onnx::integers(index)) names.push_back(strings.at(static_cast<size_t>(i)));
  return Value::of_strings(std::move(names), index.shape());
}

ClassLabels class_labels(const Call& call, const char* integers, const char* strings) {
  ClassLabels labels{call.integer_list(integers).value_or(std::vector<int64_t>()),
                     call.text_list(strings).value_or(std::vector<std::string>())};
  if (!labels.integers.empty() && !labels.strings.empty()) call.fail("names its classes twice");
  return labels;
}

Tensor table(const std::vector<double>& numbers, const Shape& shape, DType dtype) {
  return cast(Tensor::from(numbers, shape), dtype);
}

}  // namespace lamina::onnx
