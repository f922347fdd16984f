// Integers hashed into bins, as TensorFlow and Keras hash their decimal digits, and several of them together.
#pragma once

#include <cstdint>
#include <vector>

#include "lamina/core/tensor.h"

namespace lamina {

struct HashBinsAttrs {
  int64_t bins = 1;
  std::vector<int64_t> salt = {};
  bool operator==(const HashBinsAttrs&) const = default;
  static void fields(auto& self, auto&& visit) {
    visit("bins", self.bins);
    visit("salt", self.salt);
  }
};

struct CrossBinsAttrs {
  int64_t bins = 1;
  bool operator==(const CrossBinsAttrs&) const = default;
  static void fields(auto& self, auto&& visit) { visit("bins", self.bins); }
};

/// The bin of each integer, int64 from 0 to `bins` - 1, by its decimal digits ("-12"): FarmHash's
/// Fingerprint64, or, with two numbers of `salt`, SipHash-2-4 under that key. As
/// tf.strings.to_hash_bucket_fast and _strong. Throws InvalidArgument for floats, fewer than 1 bin and a salt
/// of another length.
Tensor hash_bins(const Tensor& x, int64_t bins, const std::vector<int64_t>& salt = {});

/// The bin of the integers at each place of all tensors together, which have one shape: int64, from 0 to
/// `bins`
/// - 1. As tf.sparse.cross_hashed. Throws InvalidArgument for floats, shapes that differ and fewer than 1
/// bin.
Tensor cross_bins(const std::vector<Tensor>& tensors, int64_t bins);

}  // namespace lamina
