// hash_bins and cross_bins: what they refuse. tools/golden/preprocessing.py compares their bins with
// TensorFlow's.
#include "lamina/ops/hash_bins.h"

#include <gtest/gtest.h>

#include "lamina/base/error.h"
#include "lamina/ops/full.h"
#include "tests/support/op_rows.h"

namespace lamina::testing {
namespace {

const OpWithoutRows hash("hash_bins", "tests/ops/hash_bins_test.cpp compares with TensorFlow's bins");
const OpWithoutRows cross("cross_bins", "tests/ops/hash_bins_test.cpp compares with TensorFlow's bins");

// Of one bin, and of a number of digits for each way of the hash: bins within their bounds, the same each
// time.
TEST(HashBins, StayWithinTheirBins) {
  std::vector<int64_t> numbers = {0, -7, 123, INT64_MIN, INT64_MAX};
  for (int64_t n = 1; n < 1000000000000000000; n *= 10) numbers.push_back(n);
  const Tensor x = Tensor::from(numbers, {static_cast<int64_t>(numbers.size())});
  for (const int64_t bin : hash_bins(x, 1).to_vector<int64_t>()) EXPECT_EQ(bin, 0);
  for (const std::vector<int64_t>& salt : {std::vector<int64_t>{}, {3, 4}}) {
    const std::vector<int64_t> bins = hash_bins(x, 1000, salt).to_vector<int64_t>();
    for (const int64_t bin : bins) EXPECT_TRUE(bin >= 0 && bin < 1000);
    EXPECT_EQ(bins, hash_bins(x, 1000, salt).to_vector<int64_t>());
  }
  for (const int64_t bin : cross_bins({x, x}, 10).to_vector<int64_t>()) EXPECT_TRUE(bin >= 0 && bin < 10);
}

TEST(HashBins, Refuses) {
  const Tensor x = zeros({2}, DType::kInt32);
  EXPECT_THROW(hash_bins(x, 0), InvalidArgument);
  EXPECT_THROW(hash_bins(x, 3, {1, 2, 3}), InvalidArgument);
  EXPECT_THROW(cross_bins({x, zeros({3}, DType::kInt32)}, 3), InvalidArgument);
}

}  // namespace
}  // namespace lamina::testing
