// Op rows: one row says how to try an op, the harness does the rest. Every registered op needs at least one
// (tests/ops/registry_test.cpp). How to write one, in tests/ops/<op>_test.cpp:
//
//   const OpRows rows({
//       {.op = "softmax",
//        .label = "middle_axis",
//        .attrs = SoftmaxAttrs{.axis = 1},
//        .inputs = {{.shape = {4, 7, 2}}},
//        .dtypes = {DType::kFloat32, DType::kFloat64, DType::kBFloat16},
//        .reference = [](const std::vector<NdArray>& in) { return std::vector{plain_softmax(in[0], 1)}; }},
//       {.op = "log",
//        .inputs = {{.shape = {5}, .lo = 0.1, .hi = 3}},
//        .reference = elementwise([](double x) { return std::log(x); })},
//   });
//
// Kinks and ties break central differences: {.shape = {5}, .avoid = {0}} keeps away from 0 (relu), .distinct
// = true keeps elements apart (max). Rows with edge values (.values = {NAN, 1}) say .gradient = false.
//
// For each row, for each of `dtypes`: the inferred types against the reference's shapes and `out_dtypes`; the
// result against the reference; the op's body and each kernel candidate that does not refuse against the
// result. Then in float64: the vjp of every floating input against central differences, and the same once
// more for the vjp itself.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "lamina/graph/op.h"
#include "tests/support/nd_array.h"

namespace lamina::testing {

/// One argument of a row. Elements are drawn uniformly from [lo, hi], the same in every run.
struct RowInput {
  Shape shape = {};
  double lo = -2;
  double hi = 2;
  /// Points from which elements keep a distance (0.01, or less for many elements): kinks and jumps.
  std::vector<double> avoid = {};
  /// Elements differ from each other by at least (hi - lo) / (2 * size).
  bool distinct = false;
  /// The elements themselves, instead of drawn ones.
  std::vector<double> values = {};
  /// A dtype of its own (indices, conditions); without it the row's. Integers are drawn from [lo, hi] as
  /// well.
  std::optional<DType> dtype = std::nullopt;
  /// False when the op has no gradient for this floating argument by design.
  bool differentiable = true;
};

/// From the arguments, rounded to their dtypes, to the outputs; in double, by the plainest code.
using Reference = std::function<std::vector<NdArray>(const std::vector<NdArray>& inputs)>;

struct OpRow {
  std::string op;
  std::string label = "";  ///< tells the rows of one op apart; letters, digits and underscores
  Attrs attrs = {};
  std::vector<RowInput> inputs = {};
  std::vector<DType> dtypes = {DType::kFloat32, DType::kFloat64};
  /// Dtypes of the outputs; without them all have the row's.
  std::vector<DType> out_dtypes = {};
  /// Required.
  Reference reference = nullptr;
  /// Factor on the tolerance of the table, with a comment why.
  double tolerance = 1;
  /// Whether to check first derivatives, and derivatives of these. Only rows with edge values should say no:
  /// the registry test wants one row with gradient for each op that has a vjp.
  bool gradient = true;
  bool second_order = true;
};

/// Registers rows before main.
struct OpRows {
  explicit OpRows(std::vector<OpRow> rows);
};
const std::vector<OpRow>& all_rows();

/// Says that an op needs no rows because the named test file covers it otherwise.
struct OpWithoutRows {
  OpWithoutRows(const std::string& op, const std::string& reason);
};
/// op -> reason
const std::vector<std::pair<std::string, std::string>>& ops_without_rows();

/// Allowed difference of results in `dtype`: |actual - expected| <= tolerance * (1 + |expected|). The one
/// table.
double tolerance(DType dtype);

/// Runs every check on a row and reports through GoogleTest.
void check_row(const OpRow& row);

/// References of elementwise functions of one, two and three arguments, with broadcasting.
Reference elementwise(std::function<double(double)> f);
Reference elementwise(std::function<double(double, double)> f);
Reference elementwise(std::function<double(double, double, double)> f);

/// `expected` and `actual` agree: shape, then every element within `tolerance * (1 + |expected|)`; NaN and
/// infinities must be the same. `what` names them in the report.
void expect_close(const NdArray& actual, const NdArray& expected, double tolerance, const std::string& what);

}  // namespace lamina::testing
