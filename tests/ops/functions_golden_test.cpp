// Functions that other ops make up, against what keras.ops computes (tools/golden/functions.py has the same
// cases): their values, as operations of graphs of layers, and their gradients beside differences.
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>
#include <map>
#include <set>

#include "lamina/base/error.h"
#include "lamina/core/check_gradients.h"
#include "lamina/nn/layers/input_layer.h"
#include "lamina/nn/model.h"
#include "lamina/ops/activations.h"
#include "lamina/ops/adaptive_pool.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/compare.h"
#include "lamina/ops/diagonals.h"
#include "lamina/ops/full.h"
#include "lamina/ops/grids.h"
#include "lamina/ops/moved_axes.h"
#include "lamina/ops/nan_reductions.h"
#include "lamina/ops/products.h"
#include "lamina/ops/real_functions.h"
#include "lamina/ops/shape_ops.h"
#include "lamina/ops/stacking.h"
#include "lamina/ops/statistics.h"
#include "lamina/ops/unary.h"
#include "lamina/ops/window_functions.h"
#include "tests/support/golden.h"

namespace lamina {
namespace {

using Tensors = std::vector<Tensor>;

/// The golden file's inputs by their names.
struct In {
  std::map<std::string, Tensor> all;
  const Tensor &x, &y, &positive, &v, &w, &whole, &holes, &images;
  explicit In(std::map<std::string, Tensor> tensors)
      : all(std::move(tensors)),
        x(all["x"]),
        y(all["y"]),
        positive(all["positive"]),
        v(all["v"]),
        w(all["w"]),
        whole(all["whole"]),
        holes(all["holes"]),
        images(all["images"]) {}
};

constexpr int kSmooth = 1;   // its gradients are compared
constexpr int kInGraph = 2;  // each row of a batch by itself: it is drawn among layers, too

struct Case {
  const char* name;
  std::vector<std::string> inputs;
  Tensors (*run)(const In& in);
  int checks = 0;
};

#define GIVES(...) [](const In& in) { return Tensors{__VA_ARGS__}; }
#define ALL_OF(...) [](const In& in) { return Tensors(__VA_ARGS__); }

constexpr int kBoth = kSmooth | kInGraph;

const std::vector<Case> kCases = {
    {"relu6", {"x"}, GIVES(relu6(in.x * 3)), kBoth},
    {"leaky_relu", {"x"}, GIVES(leaky_relu(in.x, 0.3)), kBoth},
    {"elu", {"x"}, GIVES(elu(in.x, 0.7)), kBoth},
    {"celu", {"x"}, GIVES(celu(in.x, 1.3)), kBoth},
    {"selu", {"x"}, GIVES(selu(in.x)), kBoth},
    {"gelu", {"x"}, GIVES(gelu(in.x)), kBoth},
    {"gelu_exact", {"x"}, GIVES(gelu(in.x, false)), kBoth},
    {"silu", {"x"}, GIVES(silu(in.x)), kBoth},
    {"softplus", {"x"}, GIVES(softplus(in.x)), kBoth},
    {"softsign", {"x"}, GIVES(softsign(in.x)), kBoth},
    {"log_sigmoid", {"x"}, GIVES(log_sigmoid(in.x)), kBoth},
    {"hard_sigmoid", {"x"}, GIVES(hard_sigmoid(in.x)), kBoth},
    {"hard_tanh", {"x"}, GIVES(hard_tanh(in.x)), kBoth},
    {"tanh_shrink", {"x"}, GIVES(tanh_shrink(in.x)), kBoth},
    {"hard_silu", {"x"}, GIVES(hard_silu(in.x)), kBoth},
    {"hard_shrink", {"x"}, GIVES(hard_shrink(in.x, 0.8)), kBoth},
    {"soft_shrink", {"x"}, GIVES(soft_shrink(in.x, 0.8)), kBoth},
    {"squareplus", {"x"}, GIVES(squareplus(in.x, 2)), kBoth},
    {"sparse_plus", {"x"}, GIVES(sparse_plus(in.x)), kBoth},
    {"sparse_sigmoid", {"x"}, GIVES(sparse_sigmoid(in.x)), kBoth},
    {"sparsemax", {"x"}, GIVES(sparsemax(in.x, 0)), kSmooth},
    {"glu", {"x"}, GIVES(glu(in.x, -1)), kBoth},
    {"threshold", {"x"}, GIVES(threshold(in.x, 0.5, -3)), kBoth},
    {"log2", {"positive"}, GIVES(log2(in.positive)), kBoth},
    {"log10", {"positive"}, GIVES(log10(in.positive)), kBoth},
    {"exp2", {"x"}, GIVES(exp2(in.x)), kBoth},
    {"cbrt", {"x"}, GIVES(cbrt(in.x)), kBoth},
    {"deg2rad", {"x"}, GIVES(deg2rad(in.x)), kBoth},
    {"rad2deg", {"x"}, GIVES(rad2deg(in.x)), kBoth},
    {"trunc", {"x"}, GIVES(trunc(in.x)), kInGraph},
    {"round", {"x"}, GIVES(round(in.x, 1)), kInGraph},
    {"sinc", {"x"}, GIVES(sinc(in.x)), kBoth},
    {"signbit", {"x"}, GIVES(signbit(in.x)), kInGraph},
    {"isposinf", {"x"}, GIVES(isposinf(1 / (in.x - in.x[0][0])))},
    {"isneginf", {"x"}, GIVES(isneginf(log(maximum(in.x, 0)))), kInGraph},
    {"nan_to_num",
     {"holes", "x"},
     GIVES(nan_to_num(concatenate({in.holes, 1 / (in.x - in.x)}, 0), 7, 9)),
     kInGraph},
    {"saturate_cast", {"x"}, GIVES(saturate_cast(in.x * 200, DType::kUInt8)), kInGraph},
    {"hypot", {"x", "y"}, GIVES(hypot(in.x, in.y)), kBoth},
    {"logaddexp", {"x", "y"}, GIVES(logaddexp(in.x, in.y)), kBoth},
    {"logaddexp2", {"x", "y"}, GIVES(logaddexp2(in.x, in.y)), kBoth},
    {"divide_no_nan", {"x", "whole"}, GIVES(divide_no_nan(in.x, cast(in.whole, in.x.dtype()))), kBoth},
    {"heaviside", {"whole", "y"}, GIVES(heaviside(cast(in.whole, in.y.dtype()), in.y)), kBoth},
    {"ldexp", {"x", "whole"}, GIVES(ldexp(in.x, in.whole)), kBoth},
    {"fmax", {"holes", "y"}, GIVES(fmax(in.holes, in.y)), kInGraph},
    {"fmin", {"holes", "y"}, GIVES(fmin(in.holes, in.y)), kInGraph},
    {"fmod", {"x", "positive"}, GIVES(fmod(in.x, in.positive)), kBoth},
    {"logical_xor", {"whole", "x"}, GIVES(logical_xor(in.whole, round(in.x))), kInGraph},
    {"isclose", {"x"}, GIVES(isclose(in.x, round(in.x, 1), 1e-5, 0.02)), kInGraph},
    {"allclose", {"x"}, GIVES(allclose(in.x, in.x + 1e-7))},
    {"isin", {"whole"}, GIVES(isin(in.whole, Tensor::from<int32_t>({1, 2, -3})))},
    {"nansum", {"holes"}, GIVES(nansum(in.holes, 1)), kInGraph},
    {"nanprod", {"holes"}, GIVES(nanprod(in.holes, 0))},
    {"nanmean", {"holes"}, GIVES(nanmean(in.holes, 1)), kInGraph},
    {"nanvar", {"holes"}, GIVES(nanvar(in.holes, 1)), kInGraph},
    {"nanstd", {"holes"}, GIVES(nanstd(in.holes, 0))},
    {"nanmax", {"holes"}, GIVES(nanmax(in.holes, 1)), kInGraph},
    {"nanmin", {"holes"}, GIVES(nanmin(in.holes, 1, true)), kInGraph},
    {"nanargmax", {"holes"}, GIVES(nanargmax(in.holes, 1)), kInGraph},
    {"nanargmin", {"holes"}, GIVES(nanargmin(in.holes, 1)), kInGraph},
    {"nancumsum", {"holes"}, GIVES(nancumsum(in.holes, 1)), kInGraph},
    {"nancumprod", {"holes"}, GIVES(nancumprod(in.holes, 0))},
    {"outer", {"v", "x"}, GIVES(outer(in.v, in.x)), kSmooth},
    {"dot", {"x", "y"}, GIVES(dot(in.x, transpose(in.y))), kSmooth},
    {"inner", {"x", "y"}, GIVES(inner(in.x, in.y)), kSmooth},
    {"vdot", {"x", "y"}, GIVES(vdot(in.x, in.y)), kSmooth},
    {"kron", {"x", "y"}, GIVES(kron(in.x, in.y[Slice{0, 2}])), kSmooth},
    {"cross", {"x", "y"}, GIVES(cross(in.x[{ellipsis, Slice{0, 3}}], in.y[{ellipsis, Slice{0, 3}}])), kBoth},
    {"cross_axis", {"x", "y"}, GIVES(cross(in.x, in.y, -1, -1, -1, 0)), kSmooth},
    {"cdist", {"x", "y"}, GIVES(cdist(in.x, in.y)), kSmooth},
    {"correlate", {"v", "w"}, GIVES(correlate(in.v, in.w[Slice{0, 3}])), kSmooth},
    {"correlate_same", {"v", "w"}, GIVES(correlate(in.v, in.w[Slice{0, 3}], "same")), kSmooth},
    {"correlate_full", {"v", "w"}, GIVES(correlate(in.v, in.w, "full")), kSmooth},
    {"corrcoef", {"x"}, GIVES(corrcoef(in.x))},
    {"trapezoid", {"x"}, GIVES(trapezoid(in.x, 0.5, 0)), kSmooth},
    {"vander", {"v"}, GIVES(vander(in.v, 4)), kSmooth},
    {"vander_increasing", {"v"}, GIVES(vander(in.v, std::nullopt, true)), kSmooth},
    {"diagonal", {"x"}, GIVES(diagonal(in.x, 1)), kSmooth},
    {"trace", {"images"}, GIVES(trace(in.images, 0, 1, 2)), kBoth},
    {"diag", {"v"}, GIVES(diag(in.v, -1)), kSmooth},
    {"diag_of", {"x"}, GIVES(diag(in.x, 1)), kSmooth},
    {"diagflat", {"x"}, GIVES(diagflat(in.x[{Slice{0, 2}, Slice{0, 2}}], 1)), kSmooth},
    {"eye", {}, GIVES((void(in), eye(3, 5, 1)))},
    {"tri", {}, GIVES((void(in), tri(4, 3, -1)))},
    {"eye_whole", {}, GIVES((void(in), eye(3, std::nullopt, 0, DType::kInt32)))},
    {"std", {"x"}, GIVES(ops::std(in.x, 1, true)), kBoth},
    {"moments", {"x"}, GIVES(moments(in.x, 0).mean, moments(in.x, 0).variance), kSmooth},
    {"average", {"x"}, GIVES(average(in.x, 1)), kBoth},
    {"average_weighted", {"x", "v"}, GIVES(average(in.x, 0, in.v[Slice{0, 3}])), kSmooth},
    {"average_all", {"x", "positive"}, GIVES(average(in.x, {}, in.positive)), kSmooth},
    {"ptp", {"x"}, GIVES(ptp(in.x, 1)), kBoth},
    {"count_nonzero", {"whole"}, GIVES(count_nonzero(in.whole, 1)), kInGraph},
    {"histogram", {"x"}, GIVES(histogram(in.x, 6).counts, histogram(in.x, 6).bin_edges)},
    {"histogram_range",
     {"images"},
     GIVES(histogram(in.images, 9, std::pair(-1.0, 1.5)).counts,
           histogram(in.images, 9, std::pair(-1.0, 1.5)).bin_edges)},
    {"normalize", {"x"}, GIVES(normalize(in.x)), kBoth},
    {"normalize_third", {"x"}, GIVES(normalize(in.x, 0, 3)), kSmooth},
    {"psnr", {"x", "y"}, GIVES(psnr(in.x, in.y, 4)), kSmooth},
    {"moveaxis", {"images"}, GIVES(moveaxis(in.images, 1, -1)), kInGraph},
    {"moveaxis_two", {"images"}, GIVES(moveaxis(in.images, {0, 3}, {1, 0}))},
    {"swapaxes", {"images"}, GIVES(swapaxes(in.images, 1, -1)), kInGraph},
    {"ravel", {"x"}, GIVES(ravel(in.x)), kSmooth},
    {"flipud", {"x"}, GIVES(flipud(in.x)), kSmooth},
    {"fliplr", {"x"}, GIVES(fliplr(in.x)), kBoth},
    {"rot90", {"x"}, GIVES(rot90(in.x)), kSmooth},
    {"rot90_back", {"images"}, GIVES(rot90(in.images, -1, {1, 2})), kInGraph},
    {"diff", {"x"}, GIVES(diff(in.x)), kBoth},
    {"diff_twice", {"images"}, GIVES(diff(in.images, 2, 1)), kInGraph},
    {"depth_to_space", {"images"}, GIVES(depth_to_space(in.images, 2)), kInGraph},
    {"space_to_depth", {"images"}, GIVES(space_to_depth(in.images, 2)), kInGraph},
    {"adaptive_average", {"images"}, GIVES(adaptive_average_pool(in.images, {3, 2})), kBoth},
    {"adaptive_max", {"images"}, GIVES(adaptive_max_pool(in.images, {2, 3})), kBoth},
    {"append", {"x", "v"}, GIVES(append(in.x, in.v)), kSmooth},
    {"append_axis", {"x", "y"}, GIVES(append(in.x, in.y, 1)), kBoth},
    {"hstack", {"x", "y"}, GIVES(hstack({in.x, in.y})), kBoth},
    {"hstack_vectors", {"v", "w"}, GIVES(hstack({in.v, in.w})), kSmooth},
    {"vstack", {"v", "w"}, GIVES(vstack({in.v, in.w})), kSmooth},
    {"dstack", {"x", "y"}, GIVES(dstack({in.x, in.y})), kBoth},
    {"array_split", {"v"}, ALL_OF(array_split(in.v, 3)), kSmooth},
    {"unstack", {"x"}, ALL_OF(unstack(in.x, std::nullopt, 1)), kBoth},
    {"linspace", {}, GIVES((void(in), linspace(-1.5, 2, 7)))},
    {"linspace_open", {}, GIVES((void(in), linspace(0, 1, 4, false)))},
    {"logspace", {}, GIVES((void(in), logspace(-1, 2, 5, true, 3)))},
    {"geomspace", {}, GIVES((void(in), geomspace(0.5, 60, 6)))},
    {"geomspace_negative", {}, GIVES((void(in), geomspace(-2, -16, 4, false)))},
    {"meshgrid", {"v", "x", "w"}, ALL_OF(meshgrid({in.v, in.x[0], in.w[Slice{0, 2}]}))},
    {"meshgrid_ij", {"v", "w"}, ALL_OF(meshgrid({in.v, in.w}, "ij"))},
    {"unravel_index", {}, ALL_OF((void(in), unravel_index(Tensor::from<int32_t>({0, 5, 11, -1}), {3, 4})))},
    {"full_like", {"x", "v"}, GIVES(full_like(in.x, in.v[Slice{0, 4}])), kSmooth},
    {"select", {"x", "y"}, GIVES(select({in.x > 1, in.y > 0}, {in.x, in.y * 2}, -1.0)), kBoth},
    {"bartlett", {}, GIVES((void(in), bartlett(9)))},
    {"blackman", {}, GIVES((void(in), blackman(8)))},
    {"hamming", {}, GIVES((void(in), hamming(9)))},
    {"hanning", {}, GIVES((void(in), hanning(8)))},
    {"kaiser", {}, GIVES((void(in), kaiser(9, 6.5)))},
};

const test::Golden& golden() {
  static const test::Golden file("ops/functions");
  return file;
}

std::map<std::string, Tensor> inputs() {
  std::map<std::string, Tensor> all;
  for (const char* name : {"x", "y", "positive", "v", "w", "whole", "holes", "images"})
    all[name] = golden().at(name);
  return all;
}

void expect_golden(const Case& one, const Tensors& results) {
  const Tensors expected = golden().numbered(one.name);
  ASSERT_EQ(results.size(), expected.size()) << one.name;
  for (size_t i = 0; i < results.size(); ++i) test::expect_close(results[i], expected[i], one.name, 1e-5, 1);
}

TEST(FunctionsGolden, ComputeWhatKerasComputes) {
  std::set<std::string> names;
  for (const Case& one : kCases) {
    EXPECT_TRUE(names.insert(one.name).second) << one.name;
    expect_golden(one, one.run(In(inputs())));
  }
}

// The same among layers: recorded as operations, kept in a configuration and made again from it.
TEST(FunctionsGolden, AreOperationsOfGraphs) {
  for (const Case& one : kCases) {
    if (!(one.checks & kInGraph)) continue;
    SCOPED_TRACE(one.name);
    std::map<std::string, Tensor> tensors = inputs();
    Tensors symbols, values;
    for (const std::string& name : one.inputs) {
      const Tensor value = tensors[name];
      const std::vector<int64_t> extents = value.shape().dims();
      values.push_back(value);
      symbols.push_back(
          Input(Shape(std::vector<int64_t>(extents.begin() + 1, extents.end())), {.dtype = value.dtype()}));
      tensors[name] = symbols.back();
    }
    const Model model(symbols, one.run(In(tensors)));
    expect_golden(one, model.outputs(values, {}, false));
    const Model again = Model::from_json(model.serialize());
    expect_golden(one, again.outputs(values, {}, false));
  }
}

TEST(FunctionsGolden, GradientsAreThoseOfDifferences) {
  for (const Case& one : kCases) {
    if (!(one.checks & kSmooth)) continue;
    SCOPED_TRACE(one.name);
    const std::map<std::string, Tensor> all = inputs();
    Tensors given;
    // Beside the grid of the golden file's numbers, on which the kinks lie.
    for (const std::string& name : one.inputs)
      given.push_back(is_floating(all.at(name).dtype()) ? all.at(name) + 0.0003 : all.at(name));
    EXPECT_NO_THROW(check_gradients(
        [&](const Tensors& moved) {
          std::map<std::string, Tensor> tensors = all;
          for (size_t i = 0; i < moved.size(); ++i) tensors[one.inputs[i]] = moved[i];
          return one.run(In(tensors));
        },
        given, {.tolerance = 1e-5, .elements = 40}));
  }
}

void expect_refused(const char* words, const std::function<void()>& call) {
  try {
    call();
    ADD_FAILURE() << words << ": nothing was thrown";
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find(words), std::string::npos) << error.what();
  }
}

TEST(Functions, RefuseWhatDoesNotFit) {
  const Tensor x = ones({3, 4});
  expect_refused("two axes at least", [&] { diagonal(x[0]); });
  expect_refused("two different axes", [&] { trace(x, 0, 1, -1); });
  expect_refused("one axis or two", [&] { diag(ones({2, 2, 2})); });
  expect_refused("2 or 3 elements", [&] { cross(x, x); });
  expect_refused("mode valid, same or full", [&] { correlate(x[0], x[0], "some"); });
  expect_refused("rows of points", [&] { cdist(x[0], x); });
  expect_refused("0 rows and columns or more", [&] { eye(-1); });
  expect_refused("num must be 0 or more", [&] { linspace(0, 1, -2); });
  expect_refused("one sign and not 0", [&] { geomspace(0, 1); });
  expect_refused("must be \"xy\" or \"ij\"", [&] { meshgrid({x[0]}, "yx"); });
  expect_refused("as many choices as conditions", [&] { select({x > 0}, {}); });
  expect_refused("as many sources", [&] { moveaxis(x, {0, 1}, {0}); });
  expect_refused("named twice", [&] { moveaxis(x, {0, -2}, {0, 1}); });
  expect_refused("a tensor at least", [&] { vstack({}); });
  expect_refused("1 to 65536 parts", [&] { array_split(x, 0); });
  expect_refused("num is 5", [&] { unstack(x, 5); });
  expect_refused("no blocks of 3", [&] { depth_to_space(ones({1, 2, 2, 4}), 3); });
  expect_refused("1 to 65536 bins", [&] { histogram(x, 0); });
  expect_refused("finite range", [&] { histogram(x, 4, std::pair(2.0, 1.0)); });
  expect_refused("length of 0 or more", [&] { hanning(-1); });
  expect_refused("beta", [&] { kaiser(4, 1e9); });
  expect_refused("max_val", [&] { psnr(x, x, 0); });
  expect_refused("integer dtype", [&] { ldexp(x, x); });
  expect_refused("must not be negative", [&] { soft_shrink(x, -1); });
  expect_refused("one number for each axis", [&] { adaptive_max_pool(ones({1, 4, 4, 2}), {2, 2, 2}); });
  expect_refused("n must be from 0 to 64", [&] { diff(x, 65); });
}

std::vector<int32_t> truths(const Tensor& x) { return cast(x, DType::kInt32).to_vector<int32_t>(); }

// What a tester found: ends of ranges, plain numbers beside tensors, sizes that nobody means.
TEST(Functions, KeepTheirWordAtTheEdges) {
  const float inf = std::numeric_limits<float>::infinity();
  const int32_t least = std::numeric_limits<int32_t>::min();
  using Ints = std::vector<int32_t>;
  using Floats = std::vector<float>;
  EXPECT_EQ(softplus(Tensor::from<float>({-inf, inf})).to_vector<float>(), (Floats{0, inf}));
  EXPECT_EQ(log_sigmoid(Tensor::from<float>({-inf, inf})).to_vector<float>(), (Floats{-inf, 0}));
  EXPECT_EQ(
      fmod(Tensor::from<int32_t>({1, -5, least, 7, -7}), Tensor::from<int32_t>({least, least, 3, -3, 3}))
          .to_vector<int32_t>(),
      (Ints{1, -5, -2, 1, -1}));
  const int64_t most = std::numeric_limits<int64_t>::max();
  EXPECT_EQ(saturate_cast(Tensor::from<int64_t>({most, most - 5}), DType::kInt64).to_vector<int64_t>(),
            (std::vector<int64_t>{most, most - 5}));
  EXPECT_NEAR(psnr(Tensor::from<uint8_t>({1, 200}), Tensor::from<uint8_t>({3, 100}), 255).item<float>(),
              11.14, 0.01);
  EXPECT_EQ(nanmean(full({70000}, 1, DType::kFloat16)).item<float>(), 1);
  EXPECT_EQ(
      select({Tensor::from<int32_t>({1, 2}) > 1}, {Tensor::from<int32_t>({1, 2})}, 0.5).to_vector<float>(),
      (Floats{0.5F, 2}));
  EXPECT_EQ(
      select({Tensor::from<int32_t>({1, 0}) > 0}, {Tensor::from<uint8_t>({7, 7})}, 300).to_vector<int32_t>(),
      (Ints{7, 300}));
  EXPECT_EQ(correlate(Tensor::from<float>({1, 2}), Tensor::from<float>({1, 10, 100})).to_vector<float>(),
            (Floats{210, 21}));  // as numpy.correlate
  EXPECT_EQ(truths(isin(Tensor::from<float>({1, 2, std::nanf(""), inf}),
                        Tensor::from<float>({inf, std::nanf(""), 2}))),
            (Ints{0, 1, 0, 1}));
  EXPECT_EQ(geomspace(1e-200, 1e-250, 2, true, DType::kFloat64).to_vector<double>(),
            (std::vector<double>{1e-200, 1e-250}));
  const Histogram counted = histogram(Tensor::from<float>({1, 2, inf, std::nanf("")}), 2);
  EXPECT_EQ(counted.counts.to_vector<int32_t>(), (Ints{1, 1}));
  EXPECT_EQ(counted.bin_edges.to_vector<float>(), (Floats{1, 1.5F, 2}));
  expect_refused("2^28", [] { linspace(0, 1, int64_t{1} << 40); });
  expect_refused("2^28", [] { bartlett(int64_t{1} << 40); });
  expect_refused("weights must have the shape", [] { average(ones({2, 3, 4}), {0, 1}, ones({2, 3})); });
  expect_refused("whole number from 1", [&] { normalize(ones({2}), -1, inf); });
  expect_refused("as many numbers", [] { cdist(ones({3, 1}), ones({2, 4})); });
  // Long windows, of which all would be a square of them.
  const Tensor pooled = adaptive_max_pool(reshape(arange(1 << 20, DType::kFloat32), {1, 1 << 20, 1}), {3});
  EXPECT_EQ(pooled.to_vector<float>(), (Floats{349525, 699050, 1048575}));
  EXPECT_NEAR(adaptive_average_pool(ones({1, 1000, 2}), {7}).to_vector<float>()[13], 1, 1e-6);
}

// A plain number beside a tensor among layers means what it does elsewhere.
TEST(Functions, TakePlainNumbersInGraphs) {
  const Tensor x = Input({3}), i = Input({3}, {.dtype = DType::kInt32});
  const Tensor value = Tensor::from<float>({1, 2, 2.5F}, {1, 3}),
               whole = Tensor::from<int32_t>({1, 2, -7}, {1, 3});
  const auto given = [](const Tensor& input, const Tensor& output, const Tensor& v) {
    return Model({input}, {output}).outputs({v}, {}, false)[0];
  };
  EXPECT_EQ(truths(given(x, isclose(x, 2.5), value)), (std::vector<int32_t>{0, 0, 1}));
  EXPECT_EQ(truths(given(x, isclose(2, x), value)), (std::vector<int32_t>{0, 1, 0}));
  EXPECT_EQ(given(x, ldexp(x, 2), value).to_vector<float>(), (std::vector<float>{4, 8, 10}));
  EXPECT_EQ(truths(given(x, logical_xor(x, true), value)), (std::vector<int32_t>{0, 0, 0}));
  EXPECT_EQ(given(i, fmax(i, 2.0), whole).to_vector<float>(), (std::vector<float>{2, 2, 2}));
  EXPECT_EQ(given(i, fmax(i, 2), whole).to_vector<int32_t>(), (std::vector<int32_t>{2, 2, 2}));
  EXPECT_EQ(given(i, select({i > 1}, {i}, 0.5), whole).to_vector<float>(),
            (std::vector<float>{0.5F, 2, 0.5F}));
}

// Elements on an edge belong to the bin behind it, the last one's to the last bin; NaN and what lies outside
// are not counted.
TEST(Functions, HistogramsCountEdgesOnce) {
  const Tensor x =
      Tensor::from<float>({0, 0.1F, 0.2F, 0.3F, 0.7F, 1, 2, -1, std::numeric_limits<float>::quiet_NaN()});
  EXPECT_EQ(histogram(x, 10, std::pair(0.0, 1.0)).counts.to_vector<int32_t>(),
            (std::vector<int32_t>{1, 1, 1, 1, 0, 0, 0, 1, 0, 1}));
  const Histogram same = histogram(full({4}, 3), 2);
  EXPECT_EQ(same.counts.to_vector<int32_t>(), (std::vector<int32_t>{0, 4}));
  EXPECT_EQ(same.bin_edges.to_vector<float>(), (std::vector<float>{2.5F, 3, 3.5F}));
}

}  // namespace
}  // namespace lamina

// keras.ops names that the standard library has, too, side by side with it.
namespace someones {
using namespace std;     // NOLINT
using namespace lamina;  // NOLINT

TEST(Functions, StandAmongThoseOfTheStandardLibrary) {
  const vector<float> numbers{1, 4};
  EXPECT_EQ(log2(4.0), 2.0);
  EXPECT_EQ(log2(Tensor::from(numbers)).to_vector<float>(), (vector<float>{0, 2}));
  EXPECT_EQ(hypot(3.0, 4.0), 5.0);
  EXPECT_EQ(ops::std(Tensor::from(numbers)).item<float>(), 1.5F);
}

}  // namespace someones
