// What the operators of ai.onnx.ml share. Internal header.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lamina/formats/onnx/operator.h"

namespace lamina::onnx {

inline constexpr const char* kMl = "ai.onnx.ml";

/// x as rows of floats (n, features): float64 stays, all else becomes float32; one axis is one row.
Tensor feature_rows(const Call& call, size_t input = 0);

/// "NONE", "LOGISTIC", "SOFTMAX", "SOFTMAX_ZERO" or "PROBIT" of scores (n, classes). Throws for others.
Tensor post_transformed(const Tensor& scores, const std::string& how);

/// Names of classes: of one kind, integers or strings.
struct ClassLabels {
  std::vector<int64_t> integers;
  std::vector<std::string> strings;
  size_t size() const { return strings.empty() ? integers.size() : strings.size(); }
  /// The names of classes `index` (n,), integers from 0 to size() - 1: strings look at values.
  Value of(const Tensor& index) const;
};
/// From the attributes of these names. Throws InvalidArgument where both are there.
ClassLabels class_labels(const Call& call, const char* integers, const char* strings);

/// Numbers of an attribute as a tensor of `dtype`.
Tensor table(const std::vector<double>& numbers, const Shape& shape, DType dtype);

}  // namespace lamina::onnx
