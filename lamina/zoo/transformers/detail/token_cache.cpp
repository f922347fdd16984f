// Rows are written by scatter_update, in the memory of what was there.
#include "lamina/zoo/transformers/detail/token_cache.h"

#include <algorithm>
#include <utility>

#include "lamina/base/error.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/broadcast_to.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/concatenate.h"
#include "lamina/ops/full.h"
#include "lamina/ops/quantized_matmul.h"
#include "lamina/ops/reduce.h"
#include "lamina/ops/reshape.h"
#include "lamina/ops/scatter_update.h"
#include "lamina/ops/unary.h"

namespace lamina::detail {
namespace {

constexpr const char* kInt8 = "int8";
constexpr double kLargest = 127;

/// int32 (rows, count, 2): row and place of `count` tokens from each row's position on.
Tensor places_in(const Tensor& positions, int64_t count) {
  const int64_t rows = positions.shape()[0];
  const Tensor row = broadcast_to(reshape(arange(rows, DType::kInt32), {rows, 1, 1}), {rows, count, 1});
  const Tensor place =
      reshape(positions, {rows, 1, 1}) + reshape(arange(count, DType::kInt32), {1, count, 1});
  return concatenate({row, place}, -1);
}

}  // namespace

CacheLayout::CacheLayout(const PretrainedModel& model, const std::string& kind) : kind_(kind) {
  if (!kind.empty() && kind != kInt8)
    throw InvalidArgument("generate: cache is '" + kind +
                          "'; \"int8\", or nothing for what the model computes, was expected");
  const std::vector<TensorType> one = model.cache_types(1, 1), two = model.cache_types(1, 2);
  for (size_t i = 0; i < one.size(); ++i) grows_.push_back(one[i].shape != two[i].shape);
  if (!kind.empty() && std::count(grows_.begin(), grows_.end(), true) == 0)
    throw InvalidArgument("generate: cache is '" + kind + "', and " + model.class_name() +
                          " keeps no tokens, but a state that does not grow; leave it out");
}

size_t CacheLayout::count() const { return part_of(grows_.size()); }

size_t CacheLayout::part_of(size_t i) const {
  size_t part = 0;
  for (size_t before = 0; before < i; ++before) part += in_integers(before) ? 2 : 1;
  return part;
}

std::vector<TensorType> CacheLayout::types(const PretrainedModel& model, int64_t rows, int64_t length) const {
  std::vector<TensorType> all;
  const std::vector<TensorType> types = model.cache_types(rows, length);
  for (size_t i = 0; i < types.size(); ++i) {
    if (!in_integers(i)) {
      all.push_back(types[i]);
      continue;
    }
    Shape scales = types[i].shape;
    scales.set(scales.rank() - 1, 1);
    all.push_back({DType::kInt8, types[i].shape});
    all.push_back({DType::kFloat32, scales});
  }
  return all;
}

bool CacheLayout::goes_back() const { return std::count(grows_.begin(), grows_.end(), false) == 0; }

bool CacheLayout::grows(size_t part) const {
  for (size_t i = 0; i < grows_.size(); ++i) {
    if (part < part_of(i + 1)) return grows_[i];
  }
  return false;
}

TokenCache::TokenCache(const CacheLayout& layout, std::vector<Tensor> parts, const Tensor& positions)
    : layout_(layout), parts_(std::move(parts)), positions_(positions) {
  for (size_t part = 0; part < parts_.size() && length_ == 0; ++part) {
    if (layout_.grows(part)) length_ = parts_[part].shape()[1];
  }
}

void TokenCache::write(size_t part, const Tensor& added) {
  parts_[part] = scatter_update(parts_[part], places_in(positions_, added.shape()[1]), added);
}

Tensor TokenCache::with(size_t i, const Tensor& added) {
  const size_t part = layout_.part_of(i);
  if (!layout_.in_integers(i)) {
    write(part, cast(added, parts_.at(part).dtype()));
    return parts_[part];
  }
  const Tensor numbers = cast(added, DType::kFloat32);
  const Tensor scale = max(abs(numbers), {-1}, /*keepdims=*/true) * (1 / kLargest);
  write(part, cast(round(numbers / maximum(scale, 1e-30)), DType::kInt8));
  write(part + 1, scale);
  return cast(dequantize_weights({parts_[part], parts_[part + 1]}), added.dtype());
}

}  // namespace lamina::detail
