// Looks for NaN in weights that came from a file.
#include <cmath>

#include "lamina/base/log.h"
#include "lamina/formats/keras/model.h"
#include "lamina/formats/tensor_statistics.h"
#include "lamina/ops/cast.h"

namespace lamina::detail {

void warn_of_nan(const Model& model, const std::string& name) {
  std::string text;
  size_t others = 0;
  const std::vector<std::string> names = model.weight_names();
  const std::vector<WeightPtr> weights = model.weights();
  for (size_t i = 0; i < weights.size(); ++i) {
    const Tensor& value = weights[i]->value;
    if (!has_nan(value)) continue;
    size_t count = 0;
    const Tensor floats = value.dtype() == DType::kFloat32 ? value : cast(value, DType::kFloat32);
    for (const float element : floats.to_vector<float>()) count += std::isnan(element) ? 1 : 0;
    if (count == 0) continue;
    constexpr size_t kMost = 200;
    if (text.size() > kMost) {
      ++others;
      continue;
    }
    text += (text.empty() ? "'" : ", '") + names[i] + "' (" + std::to_string(count) + " of " +
            std::to_string(value.size()) + ")";
  }
  if (text.empty()) return;
  warn("'" + name + "': weights are NaN (not a number): " + text +
       (others > 0 ? " and " + std::to_string(others) + " more" : "") +
       "; the model computes NaN from them: it was saved after its training had failed, or the file is "
       "damaged");
}

}  // namespace lamina::detail
