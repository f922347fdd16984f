// What all handles of one layer share. Internal header.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "lamina/nn/detail/shared_use.h"
#include "lamina/nn/detail/unknown_objects.h"
#include "lamina/nn/layer.h"

namespace lamina::detail {

struct LayerState {
  /// The state that the handle shares: what identity() points to.
  static LayerState& of(const Layer& layer) {
    return *static_cast<LayerState*>(const_cast<void*>(layer.identity()));
  }

  std::string given_name, auto_name, path;
  bool joined = false;  ///< whether a model has named it
  bool trainable = true;
  std::string policy = "float32";
  bool policy_given = false;  ///< to this layer itself, so that it does not follow the one that it is inside of
  Choice<Regularizer> activity_regularizer;
  UnknownArguments unknown_arguments;  ///< of the file it came from, to be written back

  /// Over building, binding and drawing, which calls of a layer may do from several threads at once. The
  /// locks of layers inside are taken after it.
  std::recursive_mutex making;
  bool built = false;
  TensorSpecs input_specs, output_specs;
  std::vector<WeightPtr> weights;
  std::vector<std::pair<std::string, std::shared_ptr<Layer>>> sublayers;
  std::vector<LayerUser> users;  ///< models that have it; SharedUse looks after them
  int calls = 0;                 ///< on symbolic tensors, so that graphs can tell them apart
  /// Input and output of the first such call, while a graph holds them.
  std::vector<std::weak_ptr<TensorNode>> first_inputs, first_outputs;

  // Of the build in progress, or of a handle that finds its weights.
  bool creating = false;
  size_t next_weight = 0;
  uint64_t seed = 0;
  int stream = 0;
  bool output_unknown = false;  ///< compute_output_shape must wait for the weights
  bool warned_of_mask = false;
  TensorSpecs checked;            ///< the inputs that were found to fit last
  bool fixed_batch_size = false;  ///< whether build is told the batch size
};

/// compute and variable dtype of a policy. Throws InvalidArgument, suggesting the nearest, for an unknown
/// one.
std::pair<DType, DType> policy_dtypes(const std::string& policy);

/// `forward` of a layer that is built, on tensors without values.
struct TracedCall {
  std::vector<Tensor> inputs, outputs;
};
/// `extent` stands for those that are open.
TracedCall traced_call(const Layer& layer, const TensorSpecs& inputs, int64_t extent);

/// The specs that a layer gives for inputs with open extents, found by tracing `forward` for two choices of
/// them. The layer is built.
TensorSpecs traced_output_specs(const Layer& layer, const TensorSpecs& inputs);

/// Whether `wanted` is the layer or one inside it, at any depth.
bool holds(const Layer& layer, const void* wanted);

/// Layers with names made of class and number among those of the class, as Keras's files name the elements of
/// lists: "dense", "conv2d", "dense_1".
std::vector<std::pair<std::string, std::shared_ptr<Layer>>> numbered_by_class(
    const std::vector<std::shared_ptr<Layer>>& layers);

/// Where the first values of weights come from that are made by calls. While a Scope lives, layers that this
/// thread builds draw from it; otherwise each draw differs from those before it in this thread.
struct BuildSeed {
  uint64_t seed = 0;
  int stream = 0;

  struct Scope {
    explicit Scope(BuildSeed& seed);
    ~Scope();
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;
    BuildSeed* outer;
  };
  /// The innermost scope's, or `own`, set to numbers that were not used yet.
  static BuildSeed& current(BuildSeed& own);
};

/// `weights` without those that come again.
std::vector<WeightPtr> distinct(const std::vector<WeightPtr>& weights);

}  // namespace lamina::detail
