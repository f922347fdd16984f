// Neighbours: which of many vectors lie nearest to one, exactly or approximately.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "lamina/core/tensor.h"

namespace lamina {

/// Options of Neighbours.
struct NeighboursOptions {
  /// Whether only the lists that are nearest to the query are looked into. Otherwise all vectors are.
  bool approximate = false;
  int64_t lists = 0;   ///< that the vectors are dealt out to; 0: the square root of their number
  int64_t probes = 0;  ///< lists that a query looks into; 0: a sixth of them, at least 8
  int rounds = 8;      ///< of k-means, which makes the lists, at least 1
  uint64_t seed = 0;
};

/// An index of vectors by their inner products (of unit vectors: cosines). With `approximate` k-means deals
/// them out to lists around centres, and a query looks into the lists of the nearest centres alone (Jégou et
/// al., "Product Quantization for Nearest Neighbor Search", 2011, section V, without the quantization).
/// Results do not depend on the number of threads.
class Neighbours {
 public:
  /// @param vectors  float32 (vectors, dimensions).
  /// Throws InvalidArgument for another shape or dtype, no vectors, and options out of range.
  explicit Neighbours(const Tensor& vectors, const NeighboursOptions& options = {});

  /// The numbers of the `count` nearest vectors (fewer where there are not so many) with their inner
  /// products, the nearest first; of those that are as near, the first. `query` has `dimensions` elements.
  std::vector<std::pair<int64_t, float>> nearest(const std::vector<float>& query, int64_t count) const;
  /// The inner product of vector `number` with `query`.
  float product(int64_t number, const std::vector<float>& query) const;

  int64_t size() const { return size_; }

 private:
  void make_lists(const NeighboursOptions& options);
  float product(const float* vector, const float* query) const;

  std::vector<float> values_;
  int64_t size_ = 0, dimensions_ = 0, probes_ = 0;
  std::vector<float> centres_;               // of the lists; empty: exact
  std::vector<std::vector<int64_t>> lists_;  // numbers of vectors, rising
};

}  // namespace lamina
