// The library's names; it calls one formula by several.
#include "lamina/zoo/transformers/detail/activation.h"

#include <utility>
#include <vector>

#include "lamina/base/error.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/activations.h"
#include "lamina/ops/unary.h"

namespace lamina::detail {
namespace {

Tensor gelu_exact(const Tensor& x) { return gelu(x, false); }
Tensor gelu_tanh(const Tensor& x) { return gelu(x, true); }
Tensor gelu_10(const Tensor& x) { return clip(gelu(x, false), -10, 10); }
Tensor quick_gelu(const Tensor& x) { return x * sigmoid(x * 1.702); }
Tensor relu_squared(const Tensor& x) { return square(relu(x)); }
Tensor leaky(const Tensor& x) { return leaky_relu(x, 0.01); }
Tensor mish(const Tensor& x) { return x * tanh(softplus(x)); }
Tensor linear(const Tensor& x) { return x; }

const std::vector<std::pair<std::string, Activation>>& all() {
  static const std::vector<std::pair<std::string, Activation>> names = {{"gelu", gelu_exact},
                                                                        {"gelu_10", gelu_10},
                                                                        {"gelu_accurate", gelu_tanh},
                                                                        {"gelu_fast", gelu_tanh},
                                                                        {"gelu_new", gelu_tanh},
                                                                        {"gelu_python", gelu_exact},
                                                                        {"gelu_python_tanh", gelu_tanh},
                                                                        {"gelu_pytorch_tanh", gelu_tanh},
                                                                        {"hardswish", hard_silu},
                                                                        {"leaky_relu", leaky},
                                                                        {"linear", linear},
                                                                        {"mish", mish},
                                                                        {"quick_gelu", quick_gelu},
                                                                        {"relu", relu},
                                                                        {"relu2", relu_squared},
                                                                        {"relu6", relu6},
                                                                        {"sigmoid", sigmoid},
                                                                        {"silu", silu},
                                                                        {"swish", silu},
                                                                        {"tanh", tanh}};
  return names;
}

}  // namespace

Activation pretrained_activation(const std::string& name) {
  std::vector<std::string> known;
  for (const auto& [one, function] : all()) {
    if (one == name) return function;
    known.push_back(one);
  }
  throw InvalidArgument("there is no activation '" + name + "'" + suggest(name, known));
}

}  // namespace lamina::detail
