// Layer: configuration, named weights, and a pure call. A new layer is one file of about 100 lines in
// layers/.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <typeinfo>
#include <utility>
#include <vector>

#include "lamina/base/json.h"
#include "lamina/base/shape.h"
#include "lamina/core/symbol.h"
#include "lamina/nn/call_context.h"
#include "lamina/nn/constraints/constraint.h"
#include "lamina/nn/layer_call.h"
#include "lamina/nn/registry.h"
#include "lamina/nn/regularizers/regularizer.h"
#include "lamina/nn/tensor_spec.h"
#include "lamina/nn/weight.h"

namespace lamina {

class Layer;

/// Height and width, or the like: {3, 3}, or 3 for both.
struct Size2 {
  Size2() = default;
  Size2(int64_t both) : height(both), width(both) {}
  Size2(int64_t rows, int64_t columns) : height(rows), width(columns) {}
  int64_t height = 0;
  int64_t width = 0;
  bool operator==(const Size2&) const = default;
};

/// Arguments of Layer::add_weight beside name, shape and initializer.
struct WeightOptions {
  bool trainable = true;
  /// Whether every pass may assign it, not only training: the state of a stateful layer.
  bool stateful = false;
  Choice<Regularizer> regularizer = {};
  Choice<Constraint> constraint = {};
  std::optional<DType> dtype = {};  ///< absent: the layer's variable dtype
};

namespace detail {
struct LayerState;
class SharedUse;
struct TracedCall;
TracedCall traced_call(const Layer& layer, const TensorSpecs& inputs, int64_t extent);
}  // namespace detail

/// Base of all layers (Keras: keras.layers.Layer). A Layer object is a handle, as in Python: copies are the
/// same layer, with the same name and weights.
///
/// A subclass derives from LayerOf<Subclass>, gives class_name, compute_output_shape (which checks the input,
/// with fail()), create_weights, call and own_config, and registers itself with `register_layer`. What takes
/// or gives several tensors overrides compute_output_specs and forward instead of compute_output_shape and
/// call.
///
/// All public functions throw InvalidArgument for a layer that was moved from.
class Layer : public std::enable_shared_from_this<Layer> {
 public:
  static constexpr const char* kKind = "layer";
  Layer(const Layer&) = default;
  Layer(Layer&&) = default;
  Layer& operator=(const Layer&) = default;
  Layer& operator=(Layer&&) = default;
  virtual ~Layer() = default;

  /// Keras's class name: "Conv2D".
  virtual std::string class_name() const = 0;

  // ---- What a layer computes
  // -------------------------------------------------------------------------------

  /// Shape of the output for that of the input, batch axis included (-1: any). Throws InvalidArgument, naming
  /// layer, expected and received shape, for an input the layer cannot take. The default traces `call`.
  virtual Shape compute_output_shape(const Shape& input) const;
  /// The computation; pure but for what goes through `context`. Weights exist already.
  virtual Tensor call(const Tensor& x, CallContext& context) const;

  /// The outputs for such inputs, for layers with any number of them. The default takes one input and asks
  /// compute_output_shape.
  virtual TensorSpecs compute_output_specs(const TensorSpecs& inputs) const;
  /// The same where the number of outputs goes by an argument of the call. The default does not look at it.
  virtual TensorSpecs call_output_specs(const LayerCall& call, const TensorSpecs& inputs) const;
  /// The computation of such layers. The default takes one input and asks `call`.
  virtual std::vector<Tensor> forward(const LayerCall& call, CallContext& context) const;

  /// Whether a call need not ask compute_output_specs first, since what is inside checks for itself.
  virtual bool checks_by_running() const { return false; }

  /// The dtype in which an input of dtype `given` is handed to the layer. The default casts everything to the
  /// compute dtype; layers that look things up or only move elements keep integers.
  virtual DType input_dtype(DType given) const;

  /// Whether the outputs hold the inputs' values as they are, but for noise: moved, repeated, padded, cut,
  /// masked, seen from elsewhere or in another light, and not computed with. Whoever asks what a model takes
  /// its inputs for (pixels of which scale, ids) looks behind such layers. The default says no.
  virtual bool keeps_values() const { return false; }
  /// Whether the layer brings bytes of pictures, 0..255, to a scale of its own, so that a model that begins
  /// with it takes them as they are. The default says no.
  virtual bool rescales() const { return false; }

  // ---- Masks
  // -----------------------------------------------------------------------------------------------

  /// Whether masks of inputs go on to outputs (Keras: supports_masking). A layer without it drops them, with
  /// a warning.
  virtual bool supports_masking() const { return false; }
  /// The masks of the outputs, undefined for none. `masks` are those of the inputs. The default hands on the
  /// first mask where supports_masking says so.
  virtual std::vector<Tensor> compute_mask(const LayerCall& call, const std::vector<Tensor>& masks) const;
  /// Whether call or forward look at keyword "mask", which is then filled from what travels beside the
  /// inputs.
  virtual bool takes_mask() const { return false; }
  /// Keywords that the masks of the inputs go to where they have one each ("query_mask", "value_mask").
  virtual std::vector<std::string> mask_arguments() const { return {}; }
  /// Names of Keras's call arguments in order: "inputs", "mask". Files give arguments by position or name.
  virtual std::vector<std::string> call_arguments() const;
  /// How many of call_arguments are positional tensors: 1, but 2 or 3 for attention.
  virtual size_t positional_arguments() const { return 1; }

  // ---- Calling it
  // ------------------------------------------------------------------------------------------

  /// The layer on tensors: computes what has values, draws a graph of what is symbolic, builds first if need
  /// be. `training` counts for values alone; absent: as in the call of the layer around, as in Keras, and
  /// false outside of any. Throws InvalidArgument for a layer of several outputs.
  Tensor operator()(const Tensor& x, std::optional<bool> training = {}) const;
  Tensor operator()(const Tensors& inputs, const CallArguments& arguments = {},
                    std::optional<bool> training = {}) const;
  /// The same within the call of another layer.
  Tensor operator()(const Tensor& x, CallContext& context) const;
  /// All outputs.
  std::vector<Tensor> outputs(const Tensors& inputs, const CallArguments& arguments = {},
                              std::optional<bool> training = {}) const;
  /// All outputs, in the pass of `context`.
  std::vector<Tensor> outputs(LayerCall call, CallContext& context) const;

  // ---- What it is called and has
  // ----------------------------------------------------------------------------

  /// "conv2d_1": as given, or numbered by the model as Keras numbers layers in a fresh process. Until a layer
  /// joins a model its automatic name is that of its class in snake case.
  std::string name() const;
  /// Whether the name came from the user.
  bool named() const;
  /// "sequential/conv2d_1": the names of the model and the layer.
  std::string path() const;
  /// Takes effect at the next compile, as in Keras. Applies to the layers inside, too.
  virtual void set_trainable(bool trainable);
  bool trainable() const;
  /// The dtype policy (Keras: dtype): "float32", "float64", "float16", "bfloat16", or "mixed_float16" and
  /// "mixed_bfloat16", which compute in 16 bits and keep weights in float32.
  const std::string& dtype_policy() const;
  /// Layers inside that were given none follow it; those that were keep theirs, as in Keras. Throws InvalidArgument for
  /// an unknown policy and once the layer is built.
  void set_dtype_policy(const std::string& policy);
  DType compute_dtype() const;
  DType variable_dtype() const;
  /// Adds regularizer(output) / batch size to the loss (Keras: activity_regularizer).
  void set_activity_regularizer(const Choice<Regularizer>& regularizer);
  const Choice<Regularizer>& activity_regularizer() const;

  /// Creates the weights for such inputs (batch axis -1) with first values drawn from `seed`; `stream` counts
  /// the weights of the model and is advanced. A layer that is built already only checks that it can take the
  /// inputs. A build that throws leaves the layer unbuilt and without weights.
  void build(const TensorSpecs& inputs, uint64_t seed, int& stream) const;
  void build(const Shape& input, uint64_t seed, int& stream) const;
  void build(const Shape& input) const;
  bool built() const;
  /// What build was given; meaningful once built.
  const TensorSpecs& input_specs() const;
  const Shape& input_shape() const;
  /// For what build was given; meaningful once built.
  const TensorSpecs& output_specs() const;
  const Shape& output_shape() const;

  /// All weights as Keras orders them (layer.weights): own_weights, then those of each layer inside; a weight
  /// that is used twice is listed once.
  std::vector<WeightPtr> weights() const;
  /// The weights that this layer itself created, in the order of creation.
  const std::vector<WeightPtr>& own_weights() const;
  /// The layers inside, each under the name of the member that holds it ("cell", "forward_layer"), which
  /// files use.
  const std::vector<std::pair<std::string, std::shared_ptr<Layer>>>& sublayers() const;
  /// Whether layers of this class have weights once they are built.
  virtual bool has_weights() const { return false; }
  /// Elements of all weights; a weight that is used twice counts once.
  int64_t count_params() const;

  // ---- Files
  // -----------------------------------------------------------------------------------------------

  /// Keras's configuration: name, trainable, dtype, then the layer's own arguments.
  virtual Json config() const;
  /// The layer as Keras writes it into a model: module, class_name, config, registered_name and, once built,
  /// build_config.
  virtual Json serialize() const;
  /// Module of the class in configurations. A layer of yours may say its own: "my_package".
  virtual std::string module() const { return "custom"; }

  // ---- For models
  // ------------------------------------------------------------------------------------------

  /// Sets the automatic name and the path of the model. Weights follow.
  void join(const std::string& model_path, const std::string& auto_name);
  /// Whether a model has named it.
  bool joined() const;
  /// Class name in snake case, from which automatic names are made: "conv2d", "max_pooling2d".
  std::string auto_name() const;
  /// The symbolic input and output of the layer's first call on symbolic tensors (Keras: layer.input,
  /// layer.output): `Model({model.input()}, {model.layer("dense").output()})` takes a model apart. Throws
  /// InvalidArgument for a layer that was not called so, or in a graph that no model holds any more, or with
  /// several of them.
  Tensor input() const;
  Tensor output() const;
  /// A handle that may outlive this object. LayerOf gives it.
  virtual std::shared_ptr<Layer> share() const;
  /// What tells layers apart: the same for all handles of one layer.
  const void* identity() const { return state_.get(); }

 protected:
  Layer();
  /// `name` empty: automatic.
  Layer(std::string name, bool trainable, const std::string& dtype = {});

  /// Adds the weights with add_weight; the input was checked by compute_output_shape. Called once for each
  /// handle, so that its members point to the weights; only the first call creates them.
  virtual void create_weights(const Shape& input);
  /// The same for layers that override compute_output_specs. The default asks create_weights.
  virtual void create_weights_for(const TensorSpecs& inputs);
  /// The layer's own arguments, in Keras's order.
  virtual Json own_config() const { return Json::object(); }
  /// Whether Keras writes the input shape of this layer ("build_config"): it does for layers that have a
  /// build of their own.
  virtual bool records_build() const { return true; }
  /// Keras's build_config.
  virtual Json build_config() const;

  WeightPtr add_weight(const std::string& name, const Shape& shape, const Choice<Initializer>& initializer,
                       bool trainable = true);
  WeightPtr add_weight(const std::string& name, const Shape& shape, const Choice<Initializer>& initializer,
                       const WeightOptions& options);
  /// Makes `layer` one of the layers inside, under the member's name, which files use (Keras's attribute).
  /// Names of its weights follow this layer's. Call it in the constructor. A model refuses to use a layer
  /// that is to be trained and was not tracked.
  std::shared_ptr<Layer> track(const std::string& member, std::shared_ptr<Layer> layer);
  /// The same for a member that is a list of layers: files number those of one class ("cells/lstm_cell",
  /// "cells/lstm_cell_1").
  void track_list(const std::string& member, const std::vector<std::shared_ptr<Layer>>& layers);
  /// Replaces the layers inside.
  void set_sublayers(std::vector<std::pair<std::string, std::shared_ptr<Layer>>> layers);
  /// Lets build see the batch size, which is open otherwise: for state with a row for each sample. Call it in
  /// the constructor.
  void fix_batch_size();
  /// Lets the next build begin anew; weights of layers inside stay.
  void forget_build();
  /// For compute_output_specs of a layer that can say nothing before build: build asks again.
  void output_follows_build() const;
  /// Builds a layer inside, in create_weights.
  void build_sublayer(const Layer& layer, const TensorSpecs& inputs);

  /// For input_dtype of layers that only move elements: floats are cast, other dtypes stay.
  DType keep_integers(DType given) const { return is_floating(given) ? compute_dtype() : given; }

  /// Throws InvalidArgument "layer 'path' (Class): what".
  [[noreturn]] void fail(const std::string& what) const;
  /// fail() when no initializer was chosen for that argument.
  void require_initializer(const char* argument, const Choice<Initializer>& initializer) const;
  /// fail() unless the input has that rank, batch axis included, described as `layout` ("(batch, height,
  /// width, channels)").
  void require_rank(const Shape& input, int rank, const char* layout) const;
  /// fail() unless there are so many inputs; returns them.
  const TensorSpecs& require_inputs(const TensorSpecs& inputs, size_t count) const;

 private:
  friend class detail::SharedUse;
  friend detail::TracedCall detail::traced_call(const Layer& layer, const TensorSpecs& inputs,
                                                int64_t extent);
  detail::LayerState& state() const;
  void bind() const;
  std::vector<Tensor> run(const LayerCall& call, CallContext& context) const;
  void follow_policy(const std::string& policy);
  void require_known_keywords(const LayerCall& call) const;
  void place(const std::string& path) const;
  std::vector<Tensor> draw(LayerCall call) const;
  std::vector<Tensor> fill_masks(LayerCall& call) const;
  void hand_masks_on(const LayerCall& call, const std::vector<Tensor>& masks,
                     std::vector<Tensor>& outputs) const;

  std::shared_ptr<detail::LayerState> state_;
  bool bound_ = false;  // whether this handle's members point to the weights
};

/// Between Layer and a concrete class: `class Dense final : public LayerOf<Dense>`. It knows how to share a
/// copy, which graphs of layers need.
template <class Self, class Base = Layer>
class LayerOf : public Base {
 public:
  std::shared_ptr<Layer> share() const override {
    // A class derived from Self in its turn must say so itself: a copy of its Self part would be another
    // layer.
    if (this->weak_from_this().lock() || typeid(*this) != typeid(Self)) return Layer::share();
    return std::make_shared<Self>(static_cast<const Self&>(*this));
  }

 protected:
  using Base::Base;
};

/// The same for the layers that Keras has: configurations name them in Keras's module.
template <class Self, class Base = Layer>
class KerasLayer : public LayerOf<Self, Base> {
 public:
  std::string module() const override { return "keras.layers"; }

 protected:
  using LayerOf<Self, Base>::LayerOf;
};

/// A shape as configurations hold it: [null, 28, 28, 1].
Json shape_json(const Shape& shape);

/// Adds a layer class to the registry, before main.
inline bool register_layer(const char* class_name, Registry<Layer>::Factory from_config) {
  return Registry<Layer>::add(class_name, from_config);
}

/// A layer as models hold it: made from any layer by value, or from a shared one. Copies of one layer stay
/// one layer. Throws InvalidArgument for a null pointer.
class AnyLayer {
 public:
  /// The InputLayer that gave a symbolic tensor, for `Sequential({Input({28, 28, 1}), ...})`. Throws
  /// InvalidArgument for any other tensor.
  AnyLayer(const Tensor& input);
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
