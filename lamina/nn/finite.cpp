// Looks at every number of a model.
#include "lamina/nn/finite.h"

#include <algorithm>
#include <cmath>

namespace lamina {
namespace {

template <class T>
bool all_finite(const Tensor& tensor) {
  const std::vector<T> values = tensor.to_vector<T>();
  return std::all_of(values.begin(), values.end(), [](T value) { return std::isfinite(value); });
}

bool is_finite(const Tensor& tensor) {
  if (!is_floating(tensor.dtype())) return true;
  return tensor.dtype() == DType::kFloat64 ? all_finite<double>(tensor) : all_finite<float>(tensor);
}

bool is_finite(const std::vector<WeightPtr>& weights) {
  return std::all_of(weights.begin(), weights.end(),
                     [](const WeightPtr& weight) { return is_finite(weight->value); });
}

}  // namespace

bool all_finite(const Model& model) {
  return is_finite(model.weights()) && is_finite(model.optimizer_variables());
}

std::string describe(const History::BadLoss& where) {
  return "the loss is not finite since step " + std::to_string(where.step + 1) + " of epoch " +
         std::to_string(where.epoch + 1);
}

}  // namespace lamina
