// Batches: rows of a data set gathered into buffers that are allocated once. Internal header.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "lamina/core/tensor.h"

namespace lamina::detail {

/// Gathers rows (slices along the first axis) of one tensor on the host, to which data of another device is
/// copied once. There are two buffers, for full
/// batches and for the last, smaller one; each call overwrites what an earlier one of the same size returned,
/// unless somebody still holds that.
class Batches {
 public:
  Batches(const Tensor& data, int64_t batch_size);

  /// The rows with these indices, in this order; at most batch_size.
  const Tensor& gather(std::span<const uint32_t> rows);
  /// `count` rows from `first` on.
  const Tensor& range(int64_t first, int64_t count);

 private:
  Tensor& buffer(int64_t count);

  Tensor data_;
  const char* source_;
  size_t row_bytes_;
  int64_t batch_size_;
  Tensor full_, last_;
};

/// The order of `n` samples in an epoch: a permutation drawn by Philox from seed and epoch alone, so that a
/// resumed training meets the same order.
std::vector<uint32_t> permutation(int64_t n, uint64_t seed, int epoch);

/// Seeds for different uses that do not follow each other: a mix of `seed` and `use` (SplitMix64's
/// finaliser).
uint64_t derived_seed(uint64_t seed, uint64_t use);

}  // namespace lamina::detail
