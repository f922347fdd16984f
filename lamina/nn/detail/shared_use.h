// Who else works with the layers of a model: models that share some. Internal header.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "lamina/nn/detail/usage.h"

namespace lamina {

class Layer;
class Model;

namespace detail {

struct LayerState;
struct ModelImpl;

/// A model that has a layer.
struct LayerUser {
  std::weak_ptr<const LayerState> model;
  std::weak_ptr<Usage> usage;
  std::string kind;  ///< "functional": what it is called while nobody names it
};

/// A model that shares a layer with weights with another.
struct Relative {
  std::shared_ptr<Usage> usage;
  std::string model, layer;  ///< its name, and the name of what is shared
};

/// Which models have which layers.
///
/// A model is asked under its own Usage alone, so that asking costs nothing more. What changes a model takes
/// the Usage of every model that shares weights with it, too: then whoever comes second is refused, in
/// whichever model it comes.
class SharedUse {
 public:
  /// Notes that `model` has the layers that are in it now. Throws InvalidArgument, naming both, when another
  /// thread changes a model that shares one.
  static void claim(const Model& model);
  /// `model` has lost `layer`.
  static void release(const Model& model, const Layer& layer);
  /// The models that share layers with weights with `model`, those inside it and around it included.
  static std::vector<Relative> relatives(const Model& model);
  /// The models that have the layer, or one inside it that has weights.
  static std::vector<Relative> users(const Layer& layer);

 private:
  static std::vector<const Layer*> inside(const Layer& layer);
};

/// While it lives, a layer is called by itself. Throws InvalidArgument, naming both, while another thread
/// changes a model that has the layer or one inside it.
class LayerReading {
 public:
  explicit LayerReading(const Layer& layer);

 private:
  std::vector<std::shared_ptr<Usage>> usages_;
  std::vector<std::unique_ptr<Usage::Reading>> readings_;  // after what they refer to
};

/// While it lives, the model is asked. Throws InvalidArgument, naming the model and the layer that is shared,
/// while another thread changes it or a model that shares a layer with it. The model does not end before this
/// does, whatever a callback does to its handle.
class Asking {
 public:
  Asking(const Model& model, const char* action);

 private:
  std::shared_ptr<ModelImpl> keep_;
  std::optional<Usage::Reading> own_;
};

/// While it lives, the model and those that share layers with it are this thread's alone. Throws
/// InvalidArgument, naming the model and the layer that is shared, while another thread uses one of them. The
/// model does not end before this does, whatever a callback does to its handle.
class Alone {
 public:
  Alone(const Model& model, const char* action);

 private:
  std::shared_ptr<ModelImpl> keep_;
  std::optional<Usage::Changing> own_;
  std::vector<std::shared_ptr<Usage>> relatives_;
  std::vector<std::unique_ptr<Usage::Changing>> others_;  // after what they refer to
};

}  // namespace detail
}  // namespace lamina
