// SVMRegressor and SVMClassifier.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "lamina/formats/onnx/operators/ml_common.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/compare.h"
#include "lamina/ops/full.h"
#include "lamina/ops/matmul.h"
#include "lamina/ops/reduce.h"
#include "lamina/ops/reshape.h"
#include "lamina/ops/transpose.h"
#include "lamina/ops/unary.h"
#include "lamina/ops/where.h"

namespace lamina::onnx {
namespace {

std::vector<double> list(const Call& call, const char* name) {
  return call.number_list(name).value_or(std::vector<double>());
}

// The kernel of each row of x with each vector, (n, vectors), in float64.
Tensor kernel(const Call& call, const Tensor& x, const std::vector<double>& vectors, int64_t count,
              bool linear) {
  const int64_t width = x.shape()[1];
  if (count < 1 || static_cast<int64_t>(vectors.size()) != count * width)
    call.fail(fmt::format("{} numbers do not fit {} vectors of {} features", vectors.size(), count, width));
  const std::string type = call.text("kernel_type", "LINEAR");
  const std::vector<double> parameters = list(call, "kernel_params");
  if (!parameters.empty() && parameters.size() != 3)
    call.fail(fmt::format("has {} kernel_params; expected 3", parameters.size()));
  const double gamma = parameters.empty() ? 0 : parameters[0], coef0 = parameters.empty() ? 0 : parameters[1];
  const double degree = parameters.empty() ? 0 : parameters[2];
  const Tensor other = table(vectors, {count, width}, DType::kFloat64);
  const Tensor products = matmul(x, other, false, true);
  if (linear || type == "LINEAR") return products;
  if (type == "POLY") return power(add(multiply(products, gamma), coef0), std::trunc(degree));
  if (type == "SIGMOID") return lamina::tanh(add(multiply(products, gamma), coef0));
  if (type != "RBF") call.fail("attribute 'kernel_type' is '" + type + "'");
  const Tensor distances = subtract(
      add(sum(square(x), {1}, true), reshape(sum(square(other), {1}), {1, count})), multiply(products, 2.0));
  return lamina::exp(multiply(maximum(distances, 0.0), -gamma));
}

std::vector<Value> svm_regressor(Call& call) {
  const Tensor x = cast(feature_rows(call), DType::kFloat64);
  const std::vector<double> coefficients = list(call, "coefficients"), rho = list(call, "rho");
  const int64_t supports = call.integer("n_supports", 0);
  const std::vector<double> vectors = list(call, "support_vectors");
  if (rho.empty()) call.fail("attribute 'rho' is missing");
  Tensor y;
  if (supports > 0) {
    const Tensor weights = table(coefficients, {coefficients.size(), 1}, DType::kFloat64);
    y = matmul(kernel(call, x, vectors, supports, false), weights);
  } else {
    y = kernel(call, x, coefficients, 1, true);
  }
  y = add(y, rho[0]);
  if (call.integer("one_class", 0) != 0) y = where(greater(y, 0.0), ones_like(y), negative(ones_like(y)));
  return {Value(cast(post_transformed(y, call.text("post_transform", "NONE")), DType::kFloat32))};
}

// Probabilities of classes from those of pairs (T.-F. Wu, C.-J. Lin and R. C. Weng, "Probability estimates
// for multi-class classification by pairwise coupling", 2004), with the steps and limits of LIBSVM. r[i][j]:
// i rather than j.
std::vector<double> coupled(const std::vector<std::vector<double>>& r) {
  const size_t k = r.size();
  std::vector<std::vector<double>> q(k, std::vector<double>(k, 0));
  std::vector<double> p(k, 1.0 / static_cast<double>(k)), qp(k);
  for (size_t t = 0; t < k; ++t) {
    for (size_t j = 0; j < k; ++j) {
      if (j == t) continue;
      q[t][t] += r[j][t] * r[j][t];
      q[t][j] = -r[j][t] * r[t][j];
    }
  }
  const size_t rounds = std::max<size_t>(100, k);
  for (size_t round = 0; round < rounds; ++round) {
    double pqp = 0, error = 0;
    for (size_t t = 0; t < k; ++t) {
      qp[t] = 0;
      for (size_t j = 0; j < k; ++j) qp[t] += q[t][j] * p[j];
      pqp += p[t] * qp[t];
    }
    for (size_t t = 0; t < k; ++t) error = std::max(error, std::fabs(qp[t] - pqp));
    if (error < 0.005 / static_cast<double>(k)) break;
    for (size_t t = 0; t < k; ++t) {
      const double step = (pqp - qp[t]) / q[t][t];
      p[t] += step;
      pqp = (pqp + step * (step * q[t][t] + 2 * qp[t])) / ((1 + step) * (1 + step));
      for (size_t j = 0; j < k; ++j) {
        qp[j] = (qp[j] + step * q[t][j]) / (1 + step);
        p[j] /= 1 + step;
      }
    }
  }
  return p;
}

// Scores of pairs and votes of classes, of support vectors.
struct Pairs {
  Tensor scores, votes;
};

Pairs pairs_of(const Call& call, const Tensor& x, const std::vector<int64_t>& per_class,
               const std::vector<double>& rho) {
  const auto classes = static_cast<int64_t>(per_class.size());
  int64_t count = 0;
  std::vector<int64_t> first;
  for (const int64_t each : per_class) {
    if (each < 0 || each > 1 << 28) call.fail("attribute 'vectors_per_class' holds a number that cannot be");
    first.push_back(count);
    count += each;
  }
  const std::vector<double> coefficients = list(call, "coefficients"),
                            vectors = list(call, "support_vectors");
  const int64_t pairs = classes * (classes - 1) / 2;
  if (static_cast<int64_t>(coefficients.size()) != (classes - 1) * count ||
      static_cast<int64_t>(rho.size()) != pairs)
    call.fail(fmt::format("{} coefficients and {} rhos do not fit {} classes of {} vectors",
                          coefficients.size(), rho.size(), classes, count));
  // What each vector says of each pair, and for which class a positive or negative score votes.
  std::vector<double> says(static_cast<size_t>(pairs * count), 0),
      wins(static_cast<size_t>(pairs * classes), 0), loses(wins);
  int64_t pair = 0;
  for (int64_t i = 0; i < classes; ++i) {
    for (int64_t j = i + 1; j < classes; ++j, ++pair) {
      const auto fill = [&](int64_t of, int64_t row) {
        const int64_t from = first[static_cast<size_t>(of)];
        for (int64_t s = from; s < from + per_class[static_cast<size_t>(of)]; ++s)
          says[static_cast<size_t>(pair * count + s)] = coefficients[static_cast<size_t>(row * count + s)];
      };
      fill(i, j - 1);
      fill(j, i);
      wins[static_cast<size_t>(pair * classes + i)] = 1;
      loses[static_cast<size_t>(pair * classes + j)] = 1;
    }
  }
  const Tensor products = kernel(call, x, vectors, count, false);
  const Tensor scores = add(matmul(products, table(says, {pairs, count}, DType::kFloat64), false, true),
                            table(rho, {pairs}, DType::kFloat64));
  const Tensor positive = cast(greater(scores, 0.0), DType::kFloat64);
  const Tensor votes = add(matmul(positive, table(wins, {pairs, classes}, DType::kFloat64)),
                           matmul(subtract(1.0, positive), table(loses, {pairs, classes}, DType::kFloat64)));
  return {scores, votes};
}

Tensor probabilities(const Call& call, const Tensor& scores, size_t classes, const std::vector<double>& a,
                     const std::vector<double>& b) {
  const std::vector<double> values = doubles(scores);
  const size_t pairs = classes * (classes - 1) / 2, rows = values.size() / std::max<size_t>(pairs, 1);
  if (a.size() != pairs || b.size() != pairs)
    call.fail("attributes 'prob_a' and 'prob_b' do not fit its classes");
  std::vector<double> result;
  for (size_t row = 0; row < rows; ++row) {
    std::vector<std::vector<double>> r(classes, std::vector<double>(classes, 0));
    size_t pair = 0;
    for (size_t i = 0; i < classes; ++i) {
      for (size_t j = i + 1; j < classes; ++j, ++pair) {
        const double at = values[row * pairs + pair] * a[pair] + b[pair];
        r[i][j] = std::clamp(1 / (1 + std::exp(at)), 1e-7, 1 - 1e-7);
        r[j][i] = 1 - r[i][j];
      }
    }
    const std::vector<double> p = coupled(r);
    result.insert(result.end(), p.begin(), p.end());
  }
  return Tensor::from(result, {rows, classes});
}

std::vector<Value> svm_classifier(Call& call) {
  const Tensor x = cast(feature_rows(call), DType::kFloat64);
  const ClassLabels labels = class_labels(call, "classlabels_ints", "classlabels_strings");
  const std::vector<int64_t> per_class =
      call.integer_list("vectors_per_class").value_or(std::vector<int64_t>());
  const std::vector<double> rho = list(call, "rho"), a = list(call, "prob_a"), b = list(call, "prob_b");
  const std::vector<double> coefficients = list(call, "coefficients");
  const std::string how = call.text("post_transform", "NONE");
  call.ignore({"support_vectors", "kernel_type", "kernel_params"});
  const size_t classes = labels.size();
  if (classes < 2) throw Unsupported(fmt::format("has {} classes; it takes two or more here", classes));
  if (rho.empty() || coefficients.empty()) call.fail("attributes 'rho' and 'coefficients' are missing");
  int64_t count = 0;
  for (const int64_t each : per_class) count += each;
  Tensor scores, votes;
  bool probable = false;
  if (count > 0) {
    if (per_class.size() != classes)
      call.fail(fmt::format("has vectors of {} classes, and {} classes", per_class.size(), classes));
    const Pairs pairs = pairs_of(call, x, per_class, rho);
    scores = pairs.scores;
    votes = pairs.votes;
    if (!a.empty()) {
      scores = probabilities(call, scores, classes, a, b);
      probable = true;
    }
  } else {
    scores = add(kernel(call, x, coefficients, static_cast<int64_t>(classes), true), rho[0]);
  }
  // The class of most votes, or of the highest score; the first one of equals.
  const std::vector<double> judged = doubles(votes.defined() ? votes : scores);
  const std::vector<double> values = doubles(scores);
  const size_t rows = static_cast<size_t>(x.shape()[0]);
  std::vector<int32_t> index;
  const bool all_positive = *std::min_element(coefficients.begin(), coefficients.end()) >= 0;
  for (size_t row = 0; row < rows; ++row) {
    const auto begin = judged.begin() + static_cast<std::ptrdiff_t>(row * classes);
    auto best =
        static_cast<int32_t>(std::max_element(begin, begin + static_cast<std::ptrdiff_t>(classes)) - begin);
    if (rho.size() == 1 && classes == 2 && !probable && all_positive && begin[best] >= 0.5) best = 1;
    index.push_back(best);
  }
  if (scores.shape()[1] == 1) {
    // One score of two classes counts for the second as it counts against the first.
    std::vector<double> both;
    for (const double score : values) both.insert(both.end(), {-score, score});
    if (how == "PROBIT") throw Unsupported("has one score for two classes, of which PROBIT makes no two");
    scores = Tensor::from(both, {rows, 2});
  }
  return {labels.of(Tensor::from(index, {rows})),
          Value(cast(post_transformed(scores, how), DType::kFloat32))};
}

const bool kMlSvmRegistered[] = {register_operator("SVMRegressor", 1, svm_regressor, {}, kMl),
                            register_operator("SVMClassifier", 1, svm_classifier, {}, kMl)};

}  // namespace
}  // namespace lamina::onnx
