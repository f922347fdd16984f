// TokenCache: what a decoder keeps of earlier tokens, and how it is kept. Internal header.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "lamina/core/tensor.h"
#include "lamina/zoo/transformers/pretrained_model.h"

namespace lamina::detail {

/// Which tensors stand for a model's cache_types(): each itself, or, with a kind of "int8", integers
/// (rows, length, heads, width) and scales (rows, length, heads, 1) for each that has a place for each token.
class CacheLayout {
 public:
  /// Throws InvalidArgument for a kind that is neither empty nor "int8".
  CacheLayout(const PretrainedModel& model, const std::string& kind);

  const std::string& kind() const { return kind_; }
  /// Tensors in all.
  size_t count() const;
  std::vector<TensorType> types(const PretrainedModel& model, int64_t rows, int64_t length) const;
  /// Whether all that is kept has a place for each token, so that a text can go back to an earlier one.
  bool goes_back() const;
  /// Whether tensor number `part` has a place for each token.
  bool grows(size_t part) const;

 private:
  friend class TokenCache;
  bool in_integers(size_t i) const { return grows_[i] && !kind_.empty(); }
  /// The first tensor of number `i` of cache_types().
  size_t part_of(size_t i) const;

  std::string kind_;
  std::vector<bool> grows_;  // of each of cache_types()
};

/// The cache as one traced step sees it.
class TokenCache {
 public:
  /// @param parts  as the layout says
  TokenCache(const CacheLayout& layout, std::vector<Tensor> parts, const Tensor& positions);

  /// Places of each row.
  int64_t length() const { return length_; }
  /// Number `i` of cache_types() with `added` (rows, new tokens, heads, width) from each row's position on.
  Tensor with(size_t i, const Tensor& added);
  /// Number `i`, which each token changes, to read and to write over.
  Tensor& state(size_t i) { return parts_.at(layout_.part_of(i)); }
  const std::vector<Tensor>& parts() const { return parts_; }

 private:
  void write(size_t part, const Tensor& added);

  const CacheLayout& layout_;
  std::vector<Tensor> parts_;
  Tensor positions_;
  int64_t length_ = 0;
};

}  // namespace lamina::detail
