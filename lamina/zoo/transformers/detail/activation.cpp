// Most are Keras's under another name.
#include "lamina/zoo/transformers/detail/activation.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "lamina/base/error.h"
#include "lamina/nn/activations/activation.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/detail/activation_formulas.h"
#include "lamina/ops/unary.h"

namespace lamina::detail {
namespace {

Tensor gelu_tanh(const Tensor& x) { return gelu(x, true); }
Tensor quick_gelu(const Tensor& x) { return x * sigmoid(x * 1.702); }
Tensor relu_squared(const Tensor& x) { return square(relu(x)); }

const std::vector<std::pair<std::string, Activation>>& own() {
  static const std::vector<std::pair<std::string, Activation>> all = {{"gelu_new", gelu_tanh},
                                                                      {"gelu_fast", gelu_tanh},
                                                                      {"gelu_pytorch_tanh", gelu_tanh},
                                                                      {"quick_gelu", quick_gelu},
                                                                      {"relu2", relu_squared}};
  return all;
}

}  // namespace

Activation pretrained_activation(const std::string& name) {
  for (const auto& [known, function] : own()) {
    if (known == name) return function;
  }
  const std::vector<std::string> names = activation_names();
  if (std::count(names.begin(), names.end(), name) == 0) {
    std::vector<std::string> known = names;
    for (const auto& [other, function] : own()) known.push_back(other);
    throw InvalidArgument("there is no activation '" + name + "'" + suggest(name, known));
  }
  return find_activation(name).function;
}

}  // namespace lamina::detail
