// CallContext: what a layer's call may know and change, so that it stays a pure function.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "lamina/nn/weight.h"

namespace lamina {

class Layer;

/// One pass through the layers. While a step is traced, weights stand for tensors of the trace and
/// assignments are collected; outside of a trace a weight stands for its value.
///
/// A layer that another calls without handing its context on takes part in the pass of that call. A context
/// made within a pass binds what it says and takes all else from there.
class CallContext {
 public:
  explicit CallContext(bool is_training = false);
  /// A part of the pass of `around` with a mode of its own; see continue_from.
  CallContext(bool is_training, const CallContext& around);
  CallContext(CallContext&&) = default;

  /// Whether this pass trains: Dropout drops and BatchNormalization takes the batch's statistics.
  const bool training;

  /// The tensor that `weight` stands for in this pass, in its own dtype. Throws InvalidArgument for a null
  /// pointer, which is a weight that no create_weights made, and where a model is traced that does not have
  /// the weight although it is to be trained: its layer was not tracked.
  Tensor value(const WeightPtr& weight) const;
  Tensor value(const Weight& weight) const;
  /// The same, cast to `dtype`: what a layer computes with under a mixed policy.
  Tensor value(const WeightPtr& weight, DType dtype) const;
  Tensor value(const Weight& weight, DType dtype) const;
  /// Gives a non-trainable weight a new value for after this pass (moving statistics, recurrent state).
  /// Outside of a step, of fit say, the new value lasts as long as the context. Throws InvalidArgument for
  /// another shape, for a null pointer, and within a step for a weight that its model does not have.
  void assign(const WeightPtr& weight, Tensor value);
  void assign(const Weight& weight, Tensor value);

  /// Whether `layer` is trained in this pass: as it was at the last compile, or else as it is now.
  bool trainable(const Layer& layer) const;

  /// Adds a scalar to the loss of this pass (Keras: layer.add_loss). Throws InvalidArgument for another
  /// shape.
  void add_loss(const Tensor& loss);
  /// What was added so far.
  const std::vector<Tensor>& losses() const { return losses_; }

  /// From here on in this pass, layers take `x` for unmasked: Keras's attention takes the masks of its inputs
  /// away. The tensor itself stays as it is.
  void take_mask_away(const Tensor& x);
  /// `x`, or, where its mask was taken away, the same without one.
  Tensor as_masked(const Tensor& x) const;

  /// Asks for what is computed on the way: from here on report() keeps what comes under these names. Applies
  /// to the whole pass.
  void watch(const std::vector<std::string>& names);
  /// Whether somebody asked for it: what nothing else needs would be computed in vain.
  bool watched(const std::string& name) const;
  /// Hands such a value over; what nobody asked for is dropped.
  /// @param name  "attentions", "hidden_states"; the same for each layer
  void report(const std::string& name, const Tensor& value);
  /// What was handed over, in that order.
  std::vector<std::pair<std::string, Tensor>> reported() const;

  /// What random ops take: `key` is int64[2], `stream` tells this use from all others of the pass.
  struct Random {
    Tensor key;
    int stream = 0;
  };
  /// A fresh source of random numbers. With a `seed`, one that does not depend on the model's seed.
  Random random(std::optional<int64_t> seed = std::nullopt);

  // For steps: binds weights to tensors of the trace and collects what was assigned.
  void bind(const Weight& weight, Tensor value);
  /// What this context itself binds or was assigned; null for a weight that it does not know.
  const Tensor* bound(const Weight& weight) const;
  /// Goes on where a part of this pass ended.
  void continue_from(CallContext&& part);
  void set_key(Tensor key);
  void set_trainable_layers(const std::map<const void*, bool>* layers) { trainable_layers_ = layers; }
  bool assigned(const Weight& weight) const;

 private:
  struct Bindings;
  struct Watch;
  std::shared_ptr<Bindings> bindings_;  // of this context alone
  std::vector<Tensor> losses_;
  std::shared_ptr<std::map<const void*, Tensor>> unmasked_;  // by node; of all contexts of the pass
  std::shared_ptr<Watch> watch_;                             // of all contexts of the pass
  const std::map<const void*, bool>* trainable_layers_ = nullptr;
  Tensor key_;
  int next_stream_ = 0;
};

}  // namespace lamina
