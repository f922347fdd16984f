// Checks of x and y, once for all estimators.
#include "lamina/classic/detail/matrix.h"

#include <algorithm>
#include <cmath>

#include "lamina/base/error.h"
#include "lamina/ops/cast.h"

namespace lamina::classic::detail {
namespace {

void check_length(const Tensor& y, int64_t samples, const std::string& where) {
  if (!y.defined()) throw InvalidArgument(where + ": y is no tensor");
  const bool column = y.rank() == 2 && y.shape()[1] == 1;
  if ((y.rank() != 1 && !column) || y.shape()[0] != samples) {
    throw InvalidArgument(where + ": y must have one value for each sample of x, the shape (" +
                          std::to_string(samples) + ",), received " + y.shape().str());
  }
}

}  // namespace

Matrix matrix_of(const Tensor& x, const std::string& where, Missing nan) {
  if (!x.defined()) throw InvalidArgument(where + ": x is no tensor");
  if (x.rank() != 2) {
    throw InvalidArgument(where + ": x must have the shape (samples, features), received " + x.shape().str());
  }
  if (x.shape()[0] == 0 || x.shape()[1] == 0)
    throw InvalidArgument(where + ": x needs at least one sample and one feature, received " +
                          x.shape().str());
  Matrix m{x.shape()[0], x.shape()[1], nullptr, cast(x.to(Device{}), DType::kFloat32).eval()};
  m.data = m.holder.data<float>();
  for (int64_t i = 0; i < m.rows * m.columns; ++i) {
    if (std::isfinite(m.data[i]) || (nan == Missing::kAllowed && std::isnan(m.data[i]))) continue;
    const std::string at =
        "row " + std::to_string(i / m.columns) + ", column " + std::to_string(i % m.columns);
    if (std::isnan(m.data[i]))
      throw InvalidArgument(where + ": x has NaN at " + at + "; fill gaps first, with SimpleImputer");
    throw InvalidArgument(where + ": x has an infinite value, or one beyond float32, at " + at);
  }
  return m;
}

std::vector<int32_t> labels_of(const Tensor& y, int64_t samples, const std::string& where) {
  check_length(y, samples, where);
  std::vector<int32_t> labels;
  labels.reserve(static_cast<size_t>(samples));
  for (const double label : y.to_vector<double>()) {
    if (!(std::abs(label) <= 2147483647.0) || label != std::floor(label)) {
      throw InvalidArgument(where + ": y must hold labels of classes, whole numbers, but y[" +
                            std::to_string(labels.size()) + "] is " + std::to_string(label) +
                            "; numbers are learned by regressors");
    }
    labels.push_back(static_cast<int32_t>(label));
  }
  return labels;
}

std::vector<double> values_of(const Tensor& y, int64_t samples, const std::string& where) {
  check_length(y, samples, where);
  std::vector<double> values = y.to_vector<double>();
  for (size_t i = 0; i < values.size(); ++i) {
    if (!std::isfinite(values[i]))
      throw InvalidArgument(where + ": y[" + std::to_string(i) + "] is no finite number");
  }
  return values;
}

std::vector<int32_t> distinct(std::vector<int32_t> labels) {
  std::sort(labels.begin(), labels.end());
  labels.erase(std::unique(labels.begin(), labels.end()), labels.end());
  return labels;
}

Tensor float_tensor(const std::vector<double>& values, int64_t rows, int64_t width) {
  const std::vector<float> floats(values.begin(), values.end());
  return Tensor::from(floats, width ? Shape{rows, width} : Shape{rows});
}

}  // namespace lamina::classic::detail
