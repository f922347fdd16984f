// Keras's rules for names of layers.
#include "lamina/nn/detail/layer_names.h"

#include "lamina/base/error.h"

namespace lamina::detail {

void LayerNames::reserve(const Layer& layer) {
  if (!layer.named() && layer.path().empty()) return;
  const std::string name = layer.name();
  // Keras's rule; weights and slots are told apart by paths of names.
  if (name.find('/') != std::string::npos)
    throw InvalidArgument("model '" + model_ + "': the name of a layer cannot hold '/': '" + name + "'");
  if (name.find('\0') != std::string::npos)
    throw InvalidArgument("model '" + model_ +
                          "': the name of a layer holds a character of number 0, where files end");
  const auto [other, free] = taken_.emplace(name, layer.identity());
  if (free || other->second == layer.identity() || !layer.named()) return;  // an automatic name gives way
  throw InvalidArgument("model '" + model_ + "': there is a layer named '" + name +
                        "' already; names must be unique");
}

void LayerNames::join(Layer& layer) {
  reserve(layer);
  if (!joined_.insert(layer.identity()).second) return;
  const std::string automatic = layer.auto_name();
  if (layer.named()) {
    layer.join(path_, automatic);
    return;
  }
  int& count = counts_[automatic];
  const auto mine = taken_.find(layer.name());
  if (layer.joined() && mine != taken_.end() && mine->second == layer.identity()) {
    ++count;
    return;
  }
  std::string unique;
  do {
    unique = automatic + (count > 0 ? "_" + std::to_string(count) : "");
    ++count;
  } while (taken_.contains(unique));
  taken_.emplace(unique, layer.identity());
  layer.join(path_, unique);
}

}  // namespace lamina::detail
