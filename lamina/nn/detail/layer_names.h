// LayerNames: the names of a model's layers, each once. Internal header.
#pragma once

#include <memory>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "lamina/nn/layer.h"

namespace lamina::detail {

/// Names layers that have no name yet, as Keras numbers them in a fresh process.
class LayerNames {
 public:
  /// @param model  whose name opens error messages.
  /// @param path   of the model, under which the layers' weights are found.
  LayerNames(std::string model, std::string path) : model_(std::move(model)), path_(std::move(path)) {}

  /// Takes the name of a layer that has one, so that no other gets it. Throws InvalidArgument, naming the
  /// model, for a name that another layer was given or that holds '/' or a NUL.
  void reserve(const Layer& layer);
  /// Reserves the layer's name, or gives it one, and joins it to the model. A layer may come again.
  void join(Layer& layer);
  /// Joins several, whose given names go before automatic ones.
  void join_all(const std::vector<std::shared_ptr<Layer>>& layers) {
    for (const auto& layer : layers) reserve(*layer);
    for (const auto& layer : layers) join(*layer);
  }

 private:
  std::string model_, path_;
  std::unordered_map<std::string, const void*> taken_;
  std::unordered_map<std::string, int> counts_;  // of automatic names of a class
  std::unordered_set<const void*> joined_;
};

}  // namespace lamina::detail
