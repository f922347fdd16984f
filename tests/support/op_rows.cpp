// The harness behind tests/support/op_rows.h: registration, drawing of arguments, comparison.
#include "tests/support/op_rows.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

namespace lamina::testing {
namespace {

std::vector<OpRow>& rows() {
  static std::vector<OpRow> list;
  return list;
}

std::vector<std::pair<std::string, std::string>>& exemptions() {
  static std::vector<std::pair<std::string, std::string>> list;
  return list;
}

bool same(double actual, double expected, double tolerance) {
  if (std::isnan(expected) || std::isnan(actual)) return std::isnan(expected) && std::isnan(actual);
  if (std::isinf(expected) || std::isinf(actual)) return expected == actual;
  return std::abs(actual - expected) <= tolerance * (1 + std::abs(expected));
}

}  // namespace

OpRows::OpRows(std::vector<OpRow> list) {
  for (OpRow& row : list) rows().push_back(std::move(row));
}

const std::vector<OpRow>& all_rows() { return rows(); }

OpWithoutRows::OpWithoutRows(const std::string& op, const std::string& reason) {
  exemptions().emplace_back(op, reason);
}

const std::vector<std::pair<std::string, std::string>>& ops_without_rows() { return exemptions(); }

double tolerance(DType dtype) {
  switch (dtype) {
    case DType::kFloat64:
      return 1e-12;
    case DType::kFloat32:
      return 1e-5;
    case DType::kFloat16:
      return 2e-3;
    case DType::kBFloat16:
      return 1.6e-2;
    default:
      return 0;
  }
}

Reference elementwise(std::function<double(double)> f) {
  return [f](const std::vector<NdArray>& in) {
    NdArray out(in[0].shape);
    std::transform(in[0].data.begin(), in[0].data.end(), out.data.begin(), f);
    return std::vector<NdArray>{out};
  };
}

Reference elementwise(std::function<double(double, double)> f) {
  return [f](const std::vector<NdArray>& in) {
    NdArray out(broadcast(in[0].shape, in[1].shape));
    for_each_index(out.shape, [&](const auto& index) {
      out.at(index) = f(broadcast_at(in[0], index), broadcast_at(in[1], index));
    });
    return std::vector<NdArray>{out};
  };
}

Reference elementwise(std::function<double(double, double, double)> f) {
  return [f](const std::vector<NdArray>& in) {
    NdArray out(broadcast(broadcast(in[0].shape, in[1].shape), in[2].shape));
    for_each_index(out.shape, [&](const auto& index) {
      out.at(index) = f(broadcast_at(in[0], index), broadcast_at(in[1], index), broadcast_at(in[2], index));
    });
    return std::vector<NdArray>{out};
  };
}

void expect_close(const NdArray& actual, const NdArray& expected, double tolerance, const std::string& what) {
  ASSERT_EQ(actual.shape.str(), expected.shape.str()) << what;
  size_t wrong = 0, first = 0;
  for (size_t i = 0; i < expected.data.size(); ++i) {
    if (same(actual.data[i], expected.data[i], tolerance)) continue;
    if (wrong++ == 0) first = i;
  }
  EXPECT_EQ(wrong, 0u) << what << ": " << wrong << " of " << expected.data.size()
                       << " elements differ by more than " << tolerance << " relative; the first is element "
                       << first << ": " << actual.data[first] << ", expected " << expected.data[first];
}

}  // namespace lamina::testing
