// The activation functions of Keras, written with public ops, and their registry.
#include "lamina/nn/activations/activation.h"

#include <cmath>
#include <deque>

#include "lamina/base/error.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/compare.h"
#include "lamina/ops/softmax.h"
#include "lamina/ops/unary.h"
#include "lamina/ops/where.h"

namespace lamina {
namespace {

Tensor linear(const Tensor& x) { return x; }
Tensor relu6(const Tensor& x) { return clip(x, 0, 6); }
Tensor leaky_relu(const Tensor& x) { return where(greater(x, 0), x, x * 0.2); }

// The exponential only sees what is not above 0, so that neither it nor its gradient overflows.
Tensor elu(const Tensor& x) { return where(greater(x, 0), x, expm1(minimum(x, 0))); }

// Constants of Klambauer et al., "Self-normalizing neural networks", 2017.
Tensor selu(const Tensor& x) {
  constexpr double kAlpha = 1.6732632423543772, kScale = 1.0507009873554805;
  return where(greater(x, 0), x * kScale, expm1(minimum(x, 0)) * (kScale * kAlpha));
}

Tensor gelu(const Tensor& x) { return x * 0.5 * (erf(x * std::sqrt(0.5)) + 1.0); }

// log(1 + exp(x)) as max(x, 0) + log(1 + exp(-|x|)); the maximum is written so that the gradient at 0 is 1/2.
Tensor softplus(const Tensor& x) { return (x + abs(x)) * 0.5 + log1p(exp(-abs(x))); }

Tensor softsign(const Tensor& x) { return x / (abs(x) + 1.0); }
Tensor log_sigmoid(const Tensor& x) { return -softplus(-x); }
Tensor hard_sigmoid(const Tensor& x) { return relu6(x + 3.0) / 6.0; }
Tensor hard_tanh(const Tensor& x) { return clip(x, -1, 1); }
Tensor tanh_shrink(const Tensor& x) { return x - tanh(x); }
Tensor silu(const Tensor& x) { return x * sigmoid(x); }
Tensor hard_silu(const Tensor& x) { return x * hard_sigmoid(x); }
Tensor mish(const Tensor& x) { return x * tanh(softplus(x)); }
Tensor hard_shrink(const Tensor& x) { return where(greater(abs(x), 0.5), x, 0.0); }
Tensor soft_shrink(const Tensor& x) { return x - clip(x, -0.5, 0.5); }
Tensor squareplus(const Tensor& x) { return (x + sqrt(square(x) + 4.0)) * 0.5; }
Tensor sparse_plus(const Tensor& x) { return where(less(x, 1), square(maximum(x, -1) + 1.0) * 0.25, x); }
Tensor sparse_sigmoid(const Tensor& x) { return (clip(x, -1, 1) + 1.0) * 0.5; }
Tensor softmax_last(const Tensor& x) { return softmax(x, -1); }
Tensor log_softmax_last(const Tensor& x) { return log_softmax(x, -1); }

struct Known {
  // References into a deque stay valid while it grows.
  std::deque<ActivationFunction> functions;
  std::vector<std::pair<std::string, std::string>> aliases;  // further name, proper name
};

Known& known() {
  static Known all{{{"linear", linear},
                    {"relu", relu},
                    {"relu6", relu6},
                    {"leaky_relu", leaky_relu},
                    {"softmax", softmax_last},
                    {"log_softmax", log_softmax_last},
                    {"sigmoid", sigmoid},
                    {"hard_sigmoid", hard_sigmoid},
                    {"log_sigmoid", log_sigmoid},
                    {"tanh", tanh},
                    {"hard_tanh", hard_tanh},
                    {"tanh_shrink", tanh_shrink},
                    {"elu", elu},
                    {"celu", elu},  // the same for alpha = 1, its default
                    {"selu", selu},
                    {"gelu", gelu},
                    {"silu", silu},
                    {"hard_silu", hard_silu},
                    {"mish", mish},
                    {"softplus", softplus},
                    {"softsign", softsign},
                    {"exponential", exp},
                    {"hard_shrink", hard_shrink},
                    {"soft_shrink", soft_shrink},
                    {"squareplus", squareplus},
                    {"sparse_plus", sparse_plus},
                    {"sparse_sigmoid", sparse_sigmoid}},
                   {{"", "linear"}, {"swish", "silu"}, {"hard_swish", "hard_silu"}}};
  return all;
}

const ActivationFunction* find(const std::string& name) {
  for (const ActivationFunction& activation : known().functions) {
    if (activation.name == name) return &activation;
  }
  for (const auto& [alias, proper] : known().aliases) {
    if (alias == name) return find(proper);
  }
  return nullptr;
}

}  // namespace

bool register_activation(const std::string& name, Tensor (*function)(const Tensor& x)) {
  if (name.empty() || !function)
    throw InvalidArgument("register_activation: a name and a function are needed");
  if (find(name)) throw InvalidArgument("register_activation: the name '" + name + "' is taken");
  known().functions.push_back({name, function});
  return true;
}

const ActivationFunction& find_activation(const std::string& name) {
  if (const ActivationFunction* activation = find(name)) return *activation;
  throw InvalidArgument("unknown activation '" + name + "'" + suggest(name, activation_names()));
}

std::vector<std::string> activation_names() {
  std::vector<std::string> names;
  for (const ActivationFunction& activation : known().functions) names.push_back(activation.name);
  for (const auto& [alias, proper] : known().aliases) {
    if (!alias.empty()) names.push_back(alias);
  }
  return names;
}

}  // namespace lamina
