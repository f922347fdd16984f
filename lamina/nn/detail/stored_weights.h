// Weights kept in less precision than they are computed with: how, which, and what a step takes of them.
// Internal header.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "lamina/base/device.h"
#include "lamina/nn/call_context.h"
#include "lamina/nn/weight.h"

namespace lamina::detail {

/// The numbers of a matrix in fewer bits, in lines along which a product adds up.
struct StoredWeight {
  std::vector<Tensor> parts;  ///< integers (n, k) and their scales (n, groups), or bfloat16 (n, k)
  bool columns = false;       ///< the lines are the matrix's columns

  /// The matrix, float32, as an expression that products and lookups take apart again.
  Tensor restored() const;
};

/// How matrices are kept: "int8", "int4" or "bfloat16".
class Storage {
 public:
  /// @param group  neighbours that share a scale; 0: all of a line; nothing: 0 for int8, and 32 for int4
  /// where
  ///               that divides the line. Throws InvalidArgument for an unknown mode (suggesting the
  ///               nearest), for a group that quantize_weights does not know, and for one of bfloat16.
  explicit Storage(std::string mode, std::optional<int64_t> group = std::nullopt);

  const std::string& mode() const { return mode_; }
  /// Whether lines of so many numbers can be kept so.
  bool takes(int64_t line) const;
  /// Throws InvalidArgument, naming `weight`, where the group that was asked for does not divide such a line.
  void check_group(int64_t line, const std::string& weight) const;
  /// How many tensors store() makes of a matrix, and their types with one scale a line.
  std::vector<TensorType> types(const TensorType& matrix, bool columns) const;
  StoredWeight store(const Tensor& matrix, bool columns) const;

 private:
  int bits() const { return mode_ == "int8" ? 8 : 4; }
  int64_t group_of(int64_t line) const;

  std::string mode_;
  std::optional<int64_t> group_;
};

/// What is done with the weights: outputs for inputs of the types that it is traced with.
using WeightFunction =
    std::function<std::vector<Tensor>(std::span<const Tensor> inputs, CallContext& context)>;

/// The float32 matrices among `weights` that can be kept so, each with whether its columns are the lines:
/// those that `function` multiplies by, and uses in no way that would have to restore the whole matrix. The
/// graph tells: `function` is traced with stored weights, and after the registered fusions no op may be left
/// that restores one. Throws InvalidArgument where a group was asked for that does not divide the lines of
/// one of them.
std::map<const Weight*, bool> stored_by(const Storage& storage, const std::vector<WeightPtr>& weights,
                                        const WeightFunction& function, std::span<const TensorType> inputs);

/// What a compiled step takes of a model's weights: the value of each, or the parts that it is stored in. A
/// weight that was assigned since it was stored has a value, which counts.
class StepWeights {
 public:
  using Stored = std::map<const Weight*, StoredWeight>;
  /// @param stored  weights whose value is undefined; must outlive this
  StepWeights(std::vector<WeightPtr> weights, const Stored& stored);

  /// Adds the tensors of all.
  void add_to(std::vector<const Tensor*>& batch) const;
  /// How many these are.
  size_t count() const;
  /// Binds the weights to the first of `given`, which come from a trace, and returns the others.
  std::span<const Tensor> bind(CallContext& context, std::span<const Tensor> given) const;

 private:
  const StoredWeight* stored(const Weight& weight) const;

  std::vector<WeightPtr> weights_;
  const Stored* stored_;
};

}  // namespace lamina::detail
