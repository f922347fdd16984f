// Layer: configuration, named weights, and a pure call. A new layer is one file of about 100 lines in
// layers/.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "lamina/base/json.h"
#include "lamina/base/shape.h"
#include "lamina/nn/call_context.h"
#include "lamina/nn/registry.h"
#include "lamina/nn/weight.h"

namespace lamina {

/// Height and width, or the like: {3, 3}, or 3 for both.
struct Size2 {
  Size2() = default;
  Size2(int64_t both) : height(both), width(both) {}
  Size2(int64_t rows, int64_t columns) : height(rows), width(columns) {}
  int64_t height = 0;
  int64_t width = 0;
  bool operator==(const Size2&) const = default;
};

/// Base of all layers (Keras: keras.layers.Layer).
///
/// A subclass gives class_name, compute_output_shape (which checks the input, with fail()), create_weights,
/// call and own_config, and registers itself with `register_layer`.
class Layer {
 public:
  static constexpr const char* kKind = "layer";
  virtual ~Layer() = default;

  /// Keras's class name: "Conv2D".
  virtual std::string class_name() const = 0;
  /// Shape of the output for that of the input, batch axis included (-1: any). Throws InvalidArgument, naming
  /// layer, expected and received shape, for an input the layer cannot take.
  virtual Shape compute_output_shape(const Shape& input) const = 0;
  /// The computation; pure but for what goes through `context`. Weights exist already.
  virtual Tensor call(const Tensor& x, CallContext& context) const = 0;

  /// "conv2d_1": as given, or numbered by the model as Keras numbers layers in a fresh process. Until a layer
  /// joins a model its automatic name is that of its class in snake case.
  std::string name() const;
  /// Whether the name came from the user.
  bool named() const { return !given_name_.empty(); }
  /// "sequential/conv2d_1": the names of the model and the layer.
  const std::string& path() const { return path_; }
  bool trainable() const { return trainable_; }
  void set_trainable(bool trainable) { trainable_ = trainable; }

  /// Creates the weights for inputs of that shape (batch axis -1) with first values drawn from `seed`;
  /// `stream` counts the weights of the model and is advanced. A second call with the same shape does
  /// nothing.
  void build(const Shape& input, uint64_t seed, int& stream);
  void build(const Shape& input) {
    int stream = 0;
    build(input, 0, stream);
  }
  bool built() const { return built_; }
  /// What build was given; meaningful once built.
  const Shape& input_shape() const { return input_shape_; }
  /// Shape of the output; meaningful once built.
  const Shape& output_shape() const { return output_shape_; }

  /// The weights in Keras's order (as its archives hold them): trainable, then non-trainable.
  const std::vector<WeightPtr>& weights() const { return weights_; }
  /// Whether layers of this class have weights once they are built.
  virtual bool has_weights() const { return false; }
  /// Elements of all weights.
  int64_t count_params() const;

  /// The call outside of a model, building first if need be: layer(x). Data of other dtypes are cast to
  /// float32.
  Tensor operator()(const Tensor& x, bool training = false);

  /// Keras's configuration: name, trainable, dtype, then the layer's own arguments.
  Json config() const;
  /// The layer as Keras writes it into a model: module, class_name, config, registered_name and, once built,
  /// build_config.
  virtual Json serialize() const;

  // For models: sets the automatic name and the path of the model.
  void join(const std::string& model_path, const std::string& auto_name);
  /// Class name in snake case, from which automatic names are made: "conv2d", "max_pooling2d".
  std::string auto_name() const;

 protected:
  Layer() = default;
  /// `name` empty: automatic.
  Layer(std::string name, bool trainable) : given_name_(std::move(name)), trainable_(trainable) {}

  /// Adds the weights with add_weight; the input was checked by compute_output_shape.
  virtual void create_weights(const Shape& input);
  /// The layer's own arguments, in Keras's order.
  virtual Json own_config() const { return Json::object(); }
  /// Whether Keras writes the input shape of this layer ("build_config"): it does for layers that have a
  /// build of their own.
  virtual bool records_build() const { return true; }
  /// Module of the class in configurations.
  virtual std::string module() const { return "keras.layers"; }

  WeightPtr add_weight(const std::string& name, const Shape& shape, const Choice<Initializer>& initializer,
                       bool trainable = true);

  /// Throws InvalidArgument "layer 'path' (Class): what".
  [[noreturn]] void fail(const std::string& what) const;
  /// fail() when no initializer was chosen for that argument.
  void require_initializer(const char* argument, const Choice<Initializer>& initializer) const;
  /// fail() unless the input has that rank, batch axis included, described as `layout` ("(batch, height,
  /// width, channels)").
  void require_rank(const Shape& input, int rank, const char* layout) const;

 private:
  std::string given_name_;
  std::string auto_name_;
  std::string path_;
  bool trainable_ = true;
  bool built_ = false;
  Shape input_shape_;
  Shape output_shape_;
  std::vector<WeightPtr> weights_;
  // Of the build in progress.
  uint64_t seed_ = 0;
  int stream_ = 0;
};

/// A shape as configurations hold it: [null, 28, 28, 1].
Json shape_json(const Shape& shape);

/// Adds a layer class to the registry, before main.
inline bool register_layer(const char* class_name, Registry<Layer>::Factory from_config) {
  return Registry<Layer>::add(class_name, from_config);
}

/// A layer as models hold it: made from any layer by value, or from a shared one. Throws InvalidArgument for
/// a null pointer.
class AnyLayer {
 public:
  template <class L>
  requires std::derived_from<std::remove_cvref_t<L>, Layer> AnyLayer(L&& layer)
      : layer_(std::make_shared<std::remove_cvref_t<L>>(std::forward<L>(layer))) {}
  template <class L>
  requires std::derived_from<L, Layer> AnyLayer(std::shared_ptr<L> layer) : layer_(std::move(layer)) {
    require();
  }

  const std::shared_ptr<Layer>& get() const { return layer_; }

 private:
  void require() const;

  std::shared_ptr<Layer> layer_;
};

}  // namespace lamina
