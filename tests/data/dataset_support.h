// Datasets as lists of numbers, for comparison.
#pragma once

#include <algorithm>
#include <vector>

#include "lamina/base/error.h"
#include "lamina/data/dataset.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/random.h"
#include "tests/support/temporary_folder.h"

namespace lamina::test {

/// The element's only number.
inline int64_t number(const Element& element) { return element.x[0].item<int64_t>(); }

inline Element ints(const std::vector<int64_t>& values) {
  return {.x = Tensor::from(values, {static_cast<int64_t>(values.size())})};
}

/// What is in x of each element of a pass, from step `first` on.
inline std::vector<std::vector<int64_t>> values(Dataset dataset, int epoch = 0, uint64_t seed = 0,
                                                int64_t first = 0) {
  std::vector<std::vector<int64_t>> found;
  Batch batch;
  for (dataset.begin(epoch, seed, first); dataset.next(batch);) {
    found.push_back(batch.x[0].to_vector<int64_t>());
  }
  return found;
}

/// The same of elements of one number each.
inline std::vector<int64_t> numbers(Dataset dataset, int epoch = 0, uint64_t seed = 0, int64_t first = 0) {
  std::vector<int64_t> found;
  Batch batch;
  for (dataset.begin(epoch, seed, first); dataset.next(batch);) found.push_back(number(batch));
  return found;
}

/// Element i holds i times the number i, for i < n.
inline Dataset ragged(int64_t n) {
  return Dataset::range(n).map([](Element e) {
    const int64_t i = number(e);
    return ints(std::vector<int64_t>(static_cast<size_t>(i), i));
  });
}

}  // namespace lamina::test
