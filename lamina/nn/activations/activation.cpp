// The activation functions of Keras by their names.
#include "lamina/nn/activations/activation.h"

#include <deque>

#include "lamina/base/error.h"
#include "lamina/nn/layer.h"
#include "lamina/ops/activations.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/softmax.h"
#include "lamina/ops/unary.h"

namespace lamina {
namespace {

Tensor linear(const Tensor& x) { return x; }
Tensor mish(const Tensor& x) { return x * tanh(softplus(x)); }
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
                    {"leaky_relu", [](const Tensor& x) { return leaky_relu(x); }},
                    {"softmax", softmax_last},
                    {"log_softmax", log_softmax_last},
                    {"sigmoid", sigmoid},
                    {"hard_sigmoid", hard_sigmoid},
                    {"log_sigmoid", log_sigmoid},
                    {"tanh", tanh},
                    {"hard_tanh", hard_tanh},
                    {"tanh_shrink", tanh_shrink},
                    {"elu", [](const Tensor& x) { return elu(x); }},
                    {"celu", [](const Tensor& x) { return celu(x); }},
                    {"selu", selu},
                    {"gelu", [](const Tensor& x) { return gelu(x, false); }},
                    {"silu", silu},
                    {"hard_silu", hard_silu},
                    {"mish", mish},
                    {"softplus", softplus},
                    {"softsign", softsign},
                    {"exponential", exp},
                    {"hard_shrink", [](const Tensor& x) { return hard_shrink(x); }},
                    {"soft_shrink", [](const Tensor& x) { return soft_shrink(x); }},
                    {"squareplus", [](const Tensor& x) { return squareplus(x); }},
                    {"sparsemax", [](const Tensor& x) { return sparsemax(x); }},
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

const ActivationFunction& find_activation(const std::string& name, const Layer& layer) {
  try {
    return find_activation(name);
  } catch (const InvalidArgument& error) {
    throw InvalidArgument("layer '" + layer.name() + "' (" + layer.class_name() + "): " + error.what());
  }
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
