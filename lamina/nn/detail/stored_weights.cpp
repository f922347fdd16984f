// Storing, restoring, and the look at the graph that says which weights are worth it.
#include "lamina/nn/detail/stored_weights.h"

#include <algorithm>
#include <utility>

#include "lamina/base/error.h"
#include "lamina/core/subgraph.h"
#include "lamina/graph/op.h"
#include "lamina/graph/passes/epilogue_fusion.h"
#include "lamina/nn/detail/storage.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/quantized_matmul.h"
#include "lamina/ops/reshape.h"
#include "lamina/ops/transpose.h"

namespace lamina::detail {
namespace {

constexpr const char* kBFloat16 = "bfloat16";
/// Of int4 where nothing else is asked for: finer ones make the scales as large as the integers.
constexpr int64_t kGroupOf4Bits = 32;

}  // namespace

Tensor StoredWeight::restored() const {
  const Tensor lines =
      parts.size() == 1 ? cast(parts[0], DType::kFloat32) : dequantize_weights({parts.at(0), parts.at(1)});
  return columns ? transpose(lines, {1, 0}) : lines;
}

Storage::Storage(std::string mode, std::optional<int64_t> group) : mode_(std::move(mode)), group_(group) {
  const std::vector<std::string> known{"int8", "int4", kBFloat16};
  if (std::count(known.begin(), known.end(), mode_) == 0)
    throw InvalidArgument("quantize: '" + mode_ + "' is not known; int8, int4 or bfloat16 was expected" +
                          suggest(mode_, known));
  if (!group_) return;
  if (mode_ == kBFloat16) throw InvalidArgument("quantize: bfloat16 has no groups; leave the group out");
  if (*group_ != 0 && *group_ != 32 && *group_ != 64 && (*group_ < 0 || *group_ % 128 != 0))
    throw InvalidArgument("quantize: the group is " + std::to_string(*group_) +
                          "; 0, 32, 64 or a multiple of 128 was expected");
}

int64_t Storage::group_of(int64_t line) const {
  if (group_) return *group_;
  return mode_ == "int4" && line % kGroupOf4Bits == 0 ? kGroupOf4Bits : 0;
}

bool Storage::takes(int64_t line) const {
  if (mode_ == kBFloat16) return line > 0;
  return line > 0 && line <= kLongestQuantizedLine && (bits() == 8 || line % 2 == 0);
}

void Storage::check_group(int64_t line, const std::string& weight) const {
  if (!group_ || *group_ == 0 || line % *group_ == 0) return;
  throw InvalidArgument("quantize: groups of " + std::to_string(*group_) +
                        " do not divide the lines of weight '" + weight + "', which have " +
                        std::to_string(line) +
                        " numbers; leave the group out, or give one that divides them");
}

std::vector<TensorType> Storage::types(const TensorType& matrix, bool columns) const {
  const int64_t n = matrix.shape[columns ? 1 : 0], k = matrix.shape[columns ? 0 : 1];
  if (mode_ == kBFloat16) return {{DType::kBFloat16, {n, k}}};
  const TensorType integers =
      bits() == 8 ? TensorType{DType::kInt8, {n, k}} : TensorType{DType::kUInt8, {n, k / 2}};
  return {integers, {DType::kFloat32, {n, 1}}};
}

StoredWeight Storage::store(const Tensor& matrix, bool columns) const {
  const Tensor lines = columns ? transpose(matrix, {1, 0}) : matrix;
  StoredWeight result{{}, columns};
  if (mode_ == kBFloat16) {
    result.parts = {cast(lines, DType::kBFloat16)};
  } else {
    QuantizedWeights weights = quantize_weights(lines, bits(), group_of(lines.shape()[1]));
    if (weights.scales.rank() == 1) weights.scales = expand_dims(weights.scales, 1);
    result.parts = {std::move(weights.integers), std::move(weights.scales)};
  }
  eval(result.parts);
  return result;
}

namespace {

enum class Use { kNone, kStored, kRestored };

/// What a graph does with an input that holds stored numbers, which is what the op that restores them read
/// before the fusions.
Use use_of(const Graph& before, const Graph& after, size_t input) {
  const auto readers = [&](const Graph& graph) {
    return users(graph)[static_cast<size_t>(graph.inputs[input])];
  };
  const std::vector<int> restoring = readers(before);
  if (restoring.empty()) return Use::kNone;
  const Op* const restores = before.nodes[static_cast<size_t>(restoring[0])].op;
  Use use = Use::kNone;
  for (const int index : readers(after)) {
    const Node& node = after.nodes[static_cast<size_t>(index)];
    if (node.op == restores) return Use::kRestored;
    std::vector<TensorType> inputs, outputs;
    for (const ValueId value : node.inputs) inputs.push_back(after.type(value));
    for (const ValueId value : node.outputs) outputs.push_back(after.type(value));
    // A product computes; a lookup only moves.
    if (node.op->flops && node.op->flops({node.attrs, inputs, outputs}) > 0) use = Use::kStored;
  }
  return use;
}

/// Which of the candidates `function` uses how. All weights are bound, those of the candidates stored.
std::vector<Use> uses_of(const Storage& storage, const std::vector<WeightPtr>& weights,
                         const std::map<const Weight*, bool>& candidates, const WeightFunction& function,
                         std::span<const TensorType> inputs) {
  std::vector<TensorType> types(inputs.begin(), inputs.end());
  std::vector<size_t> first, parts;  // of each weight, among the arguments
  for (const WeightPtr& weight : weights) {
    const auto found = candidates.find(weight.get());
    const std::vector<TensorType> own = found == candidates.end()
                                            ? std::vector<TensorType>{weight->type}
                                            : storage.types(weight->type, found->second);
    first.push_back(types.size());
    parts.push_back(own.size());
    types.insert(types.end(), own.begin(), own.end());
  }
  const Device device = device_of(weights);
  const TracedBody traced = trace_body(
      [&](const std::vector<Tensor>& given) {
        CallContext context(false);
        for (size_t i = 0; i < weights.size(); ++i) {
          const std::span<const Tensor> own = std::span(given).subspan(first[i], parts[i]);
          const auto found = candidates.find(weights[i].get());
          context.bind(*weights[i], found == candidates.end()
                                        ? own[0]
                                        : StoredWeight{{own.begin(), own.end()}, found->second}.restored());
        }
        return function(std::span(given).first(inputs.size()), context);
      },
      types, device);
  const Graph fused = passes::epilogue_fusion(*traced.body.graph, device.kind);
  std::vector<Use> uses;
  for (size_t i = 0; i < weights.size(); ++i)
    uses.push_back(candidates.count(weights[i].get()) ? use_of(*traced.body.graph, fused, first[i])
                                                      : Use::kNone);
  return uses;
}

}  // namespace

std::map<const Weight*, bool> stored_by(const Storage& storage, const std::vector<WeightPtr>& weights,
                                        const WeightFunction& function, std::span<const TensorType> inputs) {
  std::map<const Weight*, bool> chosen;
  std::vector<WeightPtr> left;
  for (const WeightPtr& weight : weights) {
    if (weight->type.shape.rank() == 2 && weight->type.dtype == DType::kFloat32) left.push_back(weight);
  }
  for (const bool columns : {false, true}) {
    std::map<const Weight*, bool> candidates;
    for (const WeightPtr& weight : left) {
      if (storage.takes(weight->type.shape[columns ? 0 : 1])) candidates[weight.get()] = columns;
    }
    if (candidates.empty()) continue;
    const std::vector<Use> uses = uses_of(storage, weights, candidates, function, inputs);
    for (size_t i = 0; i < weights.size(); ++i) {
      if (uses[i] != Use::kStored) continue;
      storage.check_group(weights[i]->type.shape[columns ? 0 : 1], weights[i]->path);
      chosen[weights[i].get()] = columns;
      std::erase(left, weights[i]);
    }
  }
  return chosen;
}

StepWeights::StepWeights(std::vector<WeightPtr> weights, const Stored& stored)
    : weights_(std::move(weights)), stored_(&stored) {}

const StoredWeight* StepWeights::stored(const Weight& weight) const {
  if (weight.value.defined()) return nullptr;
  const auto found = stored_->find(&weight);
  return found == stored_->end() ? nullptr : &found->second;
}

void StepWeights::add_to(std::vector<const Tensor*>& batch) const {
  for (const WeightPtr& weight : weights_) {
    if (const StoredWeight* const parts = stored(*weight)) {
      for (const Tensor& part : parts->parts) batch.push_back(&part);
    } else {
      batch.push_back(&weight->value);
    }
  }
}

size_t StepWeights::count() const {
  std::vector<const Tensor*> all;
  add_to(all);
  return all.size();
}

std::span<const Tensor> StepWeights::bind(CallContext& context, std::span<const Tensor> given) const {
  size_t at = 0;
  for (const WeightPtr& weight : weights_) {
    const StoredWeight* const own = stored(*weight);
    if (!own) {
      context.bind(*weight, given[at++]);
      continue;
    }
    StoredWeight traced{{}, own->columns};
    for (size_t i = 0; i < own->parts.size(); ++i) traced.parts.push_back(given[at++]);
    context.bind(*weight, traced.restored());
  }
  return given.subspan(at);
}

}  // namespace lamina::detail
