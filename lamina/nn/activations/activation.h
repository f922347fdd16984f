// Activation functions by name, as layers take them.
#pragma once

#include <string>
#include <vector>

#include "lamina/core/tensor.h"

namespace lamina {

class Layer;

/// A function of one tensor, with the name by which configurations know it ("relu").
struct ActivationFunction {
  std::string name;
  Tensor (*function)(const Tensor& x) = nullptr;
};

/// Adds an activation, before main; `name` must be free. Returns true.
bool register_activation(const std::string& name, Tensor (*function)(const Tensor& x));

/// The activation of that name; "linear" (and the empty name) is the identity. All of keras.activations that
/// need no further argument are known. The result carries the proper name of an alias ("silu" for "swish"),
/// which is what Keras writes. Throws InvalidArgument, suggesting the nearest, for an unknown name.
const ActivationFunction& find_activation(const std::string& name);

/// The same of a layer that was given the name as an argument: what is thrown names the layer. For
/// constructors of classes that say what they are called.
const ActivationFunction& find_activation(const std::string& name, const Layer& layer);

/// Names of all activations.
std::vector<std::string> activation_names();

}  // namespace lamina
