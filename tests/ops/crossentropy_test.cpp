// The cross-entropies and their gradients, against sums in double.
#include "lamina/ops/crossentropy.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "lamina/base/error.h"
#include "lamina/core/grad.h"
#include "lamina/ops/reduce.h"
#include "lamina/ops/softmax.h"
#include "lamina/ops/softmax_cross_entropy.h"
#include "tests/support/op_rows.h"

namespace lamina::testing {
namespace {

using Line = std::vector<double>;

constexpr double kEpsilon = 1e-7;
constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

double clipped(double p) { return std::clamp(p, kEpsilon, 1 - kEpsilon); }
bool inside(double p) { return p >= kEpsilon && p <= 1 - kEpsilon; }

Line normalised(Line x) {
  double total = 0;
  for (double v : x) total += v;
  for (double& v : x) v /= total;
  return x;
}

Line softmax_of(Line x) {
  const double most = *std::max_element(x.begin(), x.end());
  for (double& v : x) v = std::exp(v - most);
  return normalised(x);
}

/// -sum(target log(share)); a target of 0 counts 0.
double entropy(const Line& target, const Line& share) {
  double loss = 0;
  for (size_t k = 0; k < share.size(); ++k) loss -= target[k] == 0 ? 0 : target[k] * std::log(share[k]);
  return loss;
}

/// The distribution that a class stands for; NaN for a class that does not exist.
Line one_hot_line(double chosen, size_t classes) {
  Line line(classes, chosen >= 0 && chosen < static_cast<double>(classes) ? 0 : kNaN);
  if (line[0] == 0) line[static_cast<size_t>(chosen)] = 1;
  return line;
}

/// What the references see of one sample: its scores and target distribution, the latter made from a class if
/// need be, and its incoming gradient if there is one.
struct Sample {
  Line scores, target;
  double dloss;
};

/// Splits arguments {scores, target, dloss?} into samples; `scores` says which argument they are.
std::vector<Sample> samples(const std::vector<NdArray>& in, size_t scores) {
  const NdArray& x = in[scores];
  const NdArray& target = in[1 - scores];
  const auto classes = static_cast<size_t>(x.shape[-1]);
  const bool sparse = target.shape.rank() < x.shape.rank();
  std::vector<Sample> result(x.data.size() / std::max<size_t>(classes, 1));
  for (size_t i = 0; i < result.size(); ++i) {
    const auto line = [&](const NdArray& from) {
      const auto begin = from.data.begin() + static_cast<int64_t>(i * classes);
      return Line(begin, begin + static_cast<int64_t>(classes));
    };
    result[i].scores = line(x);
    result[i].target = sparse ? one_hot_line(target.data[i], classes) : line(target);
    result[i].dloss = in.size() > 2 ? in[2].data[i] : 1;
  }
  return result;
}

Shape sample_shape(const Shape& scores) {
  return Shape(std::vector<int64_t>(scores.begin(), scores.end() - 1));
}

/// A reference from what one sample gives: its loss, and one line as long as its scores.
Reference per_sample(size_t scores, bool wants_loss, bool wants_line,
                     std::function<std::pair<double, Line>(const Sample&)> f) {
  return [=](const std::vector<NdArray>& in) {
    NdArray loss(sample_shape(in[scores].shape));
    NdArray lines(in[scores].shape);
    size_t at = 0, i = 0;
    for (const Sample& sample : samples(in, scores)) {
      const auto [value, line] = f(sample);
      loss.data[i++] = value;
      for (double v : line) lines.data[at++] = v;
    }
    std::vector<NdArray> result;
    if (wants_loss) result.push_back(loss);
    if (wants_line) result.push_back(lines);
    return result;
  };
}

/// Gradient with respect to `o` of -sum(t log(clip(o / sum(o)))), with `first` = clip, then normalise, for
/// classes.
Line probability_gradient(const Line& output, const Line& target, double dloss, bool clip_first) {
  Line result(output.size());
  Line share = output;
  if (clip_first) {
    for (double& v : share) v = clipped(v);
  }
  double total = 0, chain = 0;
  for (double v : share) total += v;
  Line with_share(output.size());
  for (size_t k = 0; k < output.size(); ++k) {
    const double q = share[k] / total;
    with_share[k] = clip_first || inside(q) ? -target[k] / (clip_first ? q : clipped(q)) : 0;
    chain += with_share[k] * q;
  }
  for (size_t k = 0; k < output.size(); ++k) {
    const bool passes = !clip_first || inside(output[k]) || std::isnan(with_share[k]);
    result[k] = passes ? (with_share[k] - chain) / total * dloss : 0;
  }
  return result;
}

std::pair<double, Line> categorical(const Sample& s) {
  Line share = normalised(s.scores);
  for (double& v : share) v = clipped(v);
  return {entropy(s.target, share), probability_gradient(s.scores, s.target, s.dloss, false)};
}

std::pair<double, Line> sparse_categorical(const Sample& s) {
  Line share = s.scores;
  for (double& v : share) v = clipped(v);
  return {entropy(s.target, normalised(share)), probability_gradient(s.scores, s.target, s.dloss, true)};
}

/// Loss and probabilities.
std::pair<double, Line> from_logits(const Sample& s) {
  const double most = *std::max_element(s.scores.begin(), s.scores.end());
  double sum = 0, loss = 0;
  for (double x : s.scores) sum += std::exp(x - most);
  for (size_t k = 0; k < s.scores.size(); ++k) {
    loss -= s.target[k] == 0 ? 0 : s.target[k] * (s.scores[k] - most - std::log(sum));
  }
  return {loss, softmax_of(s.scores)};
}

std::pair<double, Line> logits_gradient(const Sample& s) {
  double total = 0;
  for (double t : s.target) total += t;
  Line result(s.scores.size());
  for (size_t k = 0; k < result.size(); ++k) result[k] = (s.scores[k] * total - s.target[k]) * s.dloss;
  return {0, result};
}

const std::vector<DType> kFloats = {DType::kFloat32, DType::kFloat64, DType::kFloat16, DType::kBFloat16};

RowInput classes(Shape shape, std::vector<double> values, DType dtype = DType::kInt32) {
  return {.shape = shape, .values = values, .dtype = dtype};
}

// Bodies of these are divisions and logarithms of small numbers in the working precision: a few roundings
// more than the tolerance of one op allows.
constexpr double kChain = 4;

const OpRows probabilities({
    {.op = "categorical_crossentropy",
     .inputs = {{.shape = {3, 5}, .lo = 0, .hi = 1}, {.shape = {3, 5}, .lo = 0.1, .hi = 1}},
     .dtypes = kFloats,
     .reference = per_sample(1, true, false, categorical),
     .tolerance = kChain},
    {.op = "categorical_crossentropy",
     .label = "vector",
     .inputs = {{.shape = {4}, .lo = 0, .hi = 1}, {.shape = {4}, .lo = 0.1, .hi = 1}},
     .reference = per_sample(1, true, false, categorical),
     .tolerance = kChain},
    {.op = "categorical_crossentropy",
     .label = "no_samples",
     .inputs = {{.shape = {0, 4}}, {.shape = {0, 4}}},
     .reference = per_sample(1, true, false, categorical)},
    // Certainty is clipped: the loss stays finite, and the gradient there is that of the normalisation alone.
    {.op = "categorical_crossentropy",
     .label = "certain",
     .inputs = {{.shape = {2, 3}, .values = {1, 0, 0, 0, 1, 0}},
                {.shape = {2, 3}, .values = {0, 1, 0, 0, 1, 0}}},
     .reference = per_sample(1, true, false, categorical),
     .gradient = false},
    {.op = "categorical_crossentropy_grad",
     .inputs = {{.shape = {3, 5}, .lo = 0, .hi = 1}, {.shape = {3, 5}, .lo = 0.3, .hi = 1}, {.shape = {3}}},
     .dtypes = kFloats,
     .reference = per_sample(1, false, true, categorical),
     .tolerance = kChain},
    {.op = "categorical_crossentropy_grad",
     .label = "no_samples",
     .inputs = {{.shape = {0, 4}}, {.shape = {0, 4}}, {.shape = {0}}},
     .reference = per_sample(1, false, true, categorical)},
    {.op = "sparse_categorical_crossentropy",
     .label = "no_samples",
     .inputs = {{.shape = {0}, .dtype = DType::kInt32}, {.shape = {0, 4}}},
     .reference = per_sample(1, true, false, sparse_categorical)},
    {.op = "sparse_categorical_crossentropy_grad",
     .label = "no_samples",
     .inputs = {{.shape = {0}, .dtype = DType::kInt32}, {.shape = {0, 4}}, {.shape = {0}}},
     .reference = per_sample(1, false, true, sparse_categorical)},
    {.op = "categorical_crossentropy_grad",
     .label = "certain",
     .inputs = {{.shape = {2, 3}, .values = {1, 0, 0, 0, 1, 0}},
                {.shape = {2, 3}, .values = {0, 1, 0, 0, 1, 0}},
                {.shape = {2}}},
     .reference = per_sample(1, false, true, categorical),
     .gradient = false},
    {.op = "sparse_categorical_crossentropy",
     .inputs = {classes({4}, {0, 4, 2, 2}), {.shape = {4, 5}, .lo = 0.1, .hi = 0.9}},
     .dtypes = kFloats,
     .reference = per_sample(1, true, false, sparse_categorical),
     .tolerance = kChain},
    {.op = "sparse_categorical_crossentropy",
     .label = "sequences",
     .inputs = {classes({2, 2}, {0, 2, 1, 1}, DType::kUInt8), {.shape = {2, 2, 3}, .lo = 0.1, .hi = 0.9}},
     .reference = per_sample(1, true, false, sparse_categorical),
     .tolerance = kChain},
    {.op = "sparse_categorical_crossentropy",
     .label = "no_such_class",
     .inputs = {classes({3}, {-1, 3, 1}), {.shape = {3, 3}, .lo = 0.1, .hi = 0.9}},
     .reference = per_sample(1, true, false, sparse_categorical),
     .tolerance = kChain,
     .gradient = false},
    {.op = "sparse_categorical_crossentropy_grad",
     .inputs = {classes({4}, {0, 4, 2, 2}, DType::kInt64),
                {.shape = {4, 5}, .lo = 0.3, .hi = 0.9},
                {.shape = {4}}},
     .dtypes = kFloats,
     .reference = per_sample(1, false, true, sparse_categorical),
     .tolerance = kChain},
    {.op = "sparse_categorical_crossentropy_grad",
     .label = "no_such_class",
     .inputs = {classes({3}, {-1, 3, 1}), {.shape = {3, 3}, .lo = 0.3, .hi = 0.9}, {.shape = {3}}},
     .reference = per_sample(1, false, true, sparse_categorical),
     .tolerance = kChain,
     .gradient = false},
});

OpRow dense(const char* op, const char* label, RowInput scores, RowInput target, bool grad) {
  std::vector<RowInput> inputs{scores, target};
  if (grad) inputs.push_back({.shape = sample_shape(scores.shape)});
  return {.op = op,
          .label = label,
          .inputs = inputs,
          .dtypes = kFloats,
          .reference =
              grad ? per_sample(0, false, true, logits_gradient) : per_sample(0, true, true, from_logits),
          .tolerance = kChain};
}

const OpRows logits([] {
  std::vector<OpRow> all;
  for (bool grad : {false, true}) {
    const char* op = grad ? "softmax_cross_entropy_grad" : "softmax_cross_entropy";
    const char* sparse = grad ? "sparse_softmax_cross_entropy_grad" : "sparse_softmax_cross_entropy";
    all.push_back(dense(op, "ten", {.shape = {3, 10}}, {.shape = {3, 10}, .lo = 0, .hi = 1}, grad));
    all.push_back(dense(op, "three", {.shape = {2, 2, 3}}, {.shape = {2, 2, 3}, .lo = 0, .hi = 1}, grad));
    all.push_back(dense(op, "wide", {.shape = {2, 37}}, {.shape = {2, 37}, .lo = 0, .hi = 0.2}, grad));
    all.back().gradient = false;
    all.push_back(dense(op, "vector", {.shape = {5}}, {.shape = {5}, .values = {0, 0, 1, 0, 0}}, grad));
    all.back().second_order = false;  // the derivative with respect to a target of 0 is one-sided
    all.back().gradient = grad;
    all.push_back(dense(op, "no_samples", {.shape = {0, 3}}, {.shape = {0, 3}}, grad));
    all.push_back(dense(op, "no_classes", {.shape = {2, 0}}, {.shape = {2, 0}}, grad));
    all.back().gradient = false;
    all.push_back(
        dense(sparse, "no_samples", {.shape = {0, 3}}, {.shape = {0}, .dtype = DType::kInt32}, grad));
    all.push_back(dense(sparse, "ten", {.shape = {3, 10}}, classes({3}, {0, 9, 4}), grad));
    all.push_back(
        dense(sparse, "sequences", {.shape = {2, 2, 3}}, classes({2, 2}, {0, 1, 2, 2}, DType::kInt8), grad));
    all.push_back(dense(sparse, "vector", {.shape = {17}}, classes({}, {16}, DType::kInt64), grad));
    all.push_back(dense(sparse, "no_such_class", {.shape = {3, 4}}, classes({3}, {4, -1, 1}), grad));
    all.back().gradient = false;
  }
  const RowInput far{.shape = {2, 3}, .values = {1000, 0, -1000, -kInf, 1, 2}};
  all.push_back(
      dense("softmax_cross_entropy", "far", far, {.shape = {2, 3}, .values = {0, 1, 0, 0, 1, 0}}, false));
  all.back().gradient = false;
  all.back().dtypes = {DType::kFloat32, DType::kFloat64};
  return all;
}());

double logistic(double x) { return 1 / (1 + std::exp(-x)); }
double binary(double t, double p) { return -(t * std::log(clipped(p)) + (1 - t) * std::log(1 - clipped(p))); }
double binary_grad(double t, double p, double g) { return inside(p) ? ((1 - t) / (1 - p) - t / p) * g : 0; }
double sigmoid_grad(double y, double dy) { return dy * y * (1 - y); }
double logits_grad(double p, double t, double g) { return (p - t) * g; }

std::vector<NdArray> binary_logits(const std::vector<NdArray>& in) {
  NdArray loss(in[0].shape), probs(in[0].shape);
  for (size_t i = 0; i < loss.data.size(); ++i) {
    const double x = in[0].data[i], t = in[1].data[i];
    loss.data[i] = std::max(x, 0.0) - x * t + std::log1p(std::exp(-std::abs(x)));
    probs.data[i] = logistic(x);
  }
  return {loss, probs};
}

const RowInput kTarget{.shape = {3, 4}, .lo = 0, .hi = 1};
const RowInput kLogits{.shape = {3, 4}, .lo = -5, .hi = 5};

const OpRows binaries({
    {.op = "binary_crossentropy",
     .inputs = {kTarget, {.shape = {3, 4}, .lo = 0.1, .hi = 0.9}},
     .dtypes = kFloats,
     .reference = elementwise(binary),
     .tolerance = kChain},
    // 1 - 1e-7 has few digits left in float32: log(1 - p) is then good to about three of them.
    {.op = "binary_crossentropy",
     .label = "certain",
     .inputs = {{.shape = {4}, .values = {0, 1, 0, 1}}, {.shape = {4}, .values = {0, 1, 1, 0}}},
     .reference = elementwise(binary),
     .tolerance = 2000,
     .gradient = false},
    {.op = "binary_crossentropy",
     .label = "no_samples",
     .inputs = {{.shape = {0, 2}}, {.shape = {0, 2}}},
     .reference = elementwise(binary)},
    {.op = "sigmoid_cross_entropy",
     .label = "no_samples",
     .inputs = {{.shape = {0, 2}}, {.shape = {0, 2}}},
     .reference = binary_logits},
    {.op = "binary_crossentropy_grad",
     .inputs = {kTarget, {.shape = {3, 4}, .lo = 0.2, .hi = 0.8}, {.shape = {3, 4}}},
     .dtypes = kFloats,
     .reference = elementwise(binary_grad),
     .tolerance = kChain},
    {.op = "sigmoid_cross_entropy",
     .inputs = {kLogits, kTarget},
     .dtypes = kFloats,
     .reference = binary_logits,
     .tolerance = kChain},
    {.op = "sigmoid_cross_entropy",
     .label = "far",
     .inputs = {{.shape = {3}, .values = {1000, 1000, -1000}}, {.shape = {3}, .values = {0, 1, 0}}},
     .reference = binary_logits,
     .gradient = false},
    {.op = "sigmoid_cross_entropy_grad",
     .inputs = {kTarget, kTarget, {.shape = {3, 4}}},
     .dtypes = kFloats,
     .reference = elementwise(logits_grad),
     .tolerance = kChain},
    {.op = "sigmoid_grad",
     .inputs = {kTarget, {.shape = {3, 4}}},
     .dtypes = kFloats,
     .reference = elementwise(sigmoid_grad),
     .tolerance = kChain},
});

TEST(Crossentropy, TargetsOfAnyDtype) {
  const Tensor output = Tensor::from<float>(std::vector<float>{0.2f, 0.8f, 0.5f, 0.5f}, {2, 2});
  const Tensor expected = sparse_categorical_crossentropy(Tensor::from<int>({1, 0}), output);
  EXPECT_NEAR(expected.to_vector<float>()[0], -std::log(0.8f), 1e-6);
  const auto values = expected.to_vector<float>();
  // As floats, with a last axis of 1, as Keras's data adapters hand them on.
  const Tensor column = Tensor::from<float>(std::vector<float>{1, 0}, {2, 1});
  EXPECT_EQ(sparse_categorical_crossentropy(column, output).to_vector<float>(), values);
  const Tensor dense_target = Tensor::from<int>(std::vector<int>{0, 1, 1, 0}, {2, 2});
  EXPECT_EQ(categorical_crossentropy(dense_target, output).shape(), Shape{2});
  EXPECT_NEAR(categorical_crossentropy(dense_target, output).to_vector<float>()[0], values[0], 1e-6);
}

TEST(Crossentropy, FromLogitsIsThatOfTheSoftmax) {
  const Tensor x = Tensor::from<double>(std::vector<double>{0.3, -1, 2, 0, 0, 1}, {2, 3});
  const Tensor target = Tensor::from<int>({2, 0});
  const auto a = sparse_categorical_crossentropy(target, x, /*from_logits=*/true).to_vector<double>();
  const auto b = sparse_categorical_crossentropy(target, Tensor(softmax(x)).eval()).to_vector<double>();
  for (size_t i = 0; i < 2; ++i) EXPECT_NEAR(a[i], b[i], 1e-7);
}

TEST(Crossentropy, Errors) {
  const Tensor x = Tensor::from<float>(std::vector<float>(6), {2, 3});
  const Tensor y = Tensor::from<float>(std::vector<float>(4), {2, 2});
  for (bool logits : {false, true}) {
    EXPECT_THROW(categorical_crossentropy(y, x, logits), InvalidArgument);
    EXPECT_THROW(categorical_crossentropy(Tensor(1.0f), Tensor(1.0f), logits), InvalidArgument);
    EXPECT_THROW(sparse_categorical_crossentropy(x, x, logits), InvalidArgument);
    EXPECT_THROW(sparse_categorical_crossentropy(Tensor::from<int>({1}), x, logits), InvalidArgument);
    EXPECT_THROW(binary_crossentropy(y, x, logits), InvalidArgument);
  }
}

// Issue of multi-output ops: the gradient wants the probabilities, which nobody holds here.
TEST(Crossentropy, GradientWithoutHoldingTheProbabilities) {
  const Tensor x = Tensor::from<float>(std::vector<float>{1, 2, 3}, {1, 3});
  const Tensor target = Tensor::from<float>(std::vector<float>{0, 0, 1}, {1, 3});
  const auto f = [&](const std::vector<Tensor>& args) {
    return sum(categorical_crossentropy(target, args[0], true));
  };
  const std::vector<float> dx = grad(f)({x})[0].to_vector<float>();
  const std::vector<float> probs = softmax(x).to_vector<float>();
  EXPECT_NEAR(dx[0], probs[0], 1e-6);
  EXPECT_NEAR(dx[2], probs[2] - 1, 1e-6);
}

}  // namespace
}  // namespace lamina::testing
