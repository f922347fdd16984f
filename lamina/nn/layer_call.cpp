// Access to the arguments of a call.
#include "lamina/nn/layer_call.h"

namespace lamina {

const std::vector<Tensor>* LayerCall::find(std::string_view keyword) const {
  for (const auto& [name, tensors] : arguments.tensors) {
    if (name == keyword) return &tensors;
  }
  return nullptr;
}

Tensor LayerCall::tensor(std::string_view keyword) const {
  const std::vector<Tensor>* found = find(keyword);
  return found && found->size() == 1 ? (*found)[0] : Tensor();
}

Tensor LayerCall::mask(size_t i) const {
  const std::vector<Tensor>* masks = find("mask");
  return masks && i < masks->size() ? (*masks)[i] : Tensor();
}

void LayerCall::set(const std::string& keyword, std::vector<Tensor> tensors) {
  for (auto& [name, present] : arguments.tensors) {
    if (name != keyword) continue;
    present = std::move(tensors);
    return;
  }
  arguments.tensors.emplace_back(keyword, std::move(tensors));
}

bool LayerCall::flag(const std::string& keyword) const {
  const Json* found = arguments.flags.find(keyword);
  if (!found) return false;
  return found->is_bool() ? found->as_bool() : found->is_number() && found->as_double() != 0;
}

std::vector<Tensor> LayerCall::all() const {
  std::vector<Tensor> result;
  for (const Tensor& input : inputs) {
    if (input.defined()) result.push_back(input);
  }
  for (const auto& [name, tensors] : arguments.tensors) {
    for (const Tensor& tensor : tensors) {
      if (tensor.defined()) result.push_back(tensor);
    }
  }
  return result;
}

LayerCall LayerCall::with(const std::vector<Tensor>& tensors) const {
  LayerCall result = *this;
  size_t next = 0;
  const auto replace = [&](std::vector<Tensor>& places) {
    for (Tensor& place : places) {
      if (place.defined()) place = tensors.at(next++);
    }
  };
  replace(result.inputs);
  for (auto& [name, places] : result.arguments.tensors) replace(places);
  return result;
}

}  // namespace lamina
