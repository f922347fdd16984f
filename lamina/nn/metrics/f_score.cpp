// F scores.
#include "lamina/nn/metrics/f_score.h"

#include <algorithm>

#include "lamina/nn/losses/detail/match.h"
#include "lamina/nn/metrics/detail/make.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/compare.h"
#include "lamina/ops/detail/crossentropy.h"
#include "lamina/ops/reduce.h"
#include "lamina/ops/unary.h"

namespace lamina::metrics {
namespace {

using lamina::detail::kEpsilon;

template <class M>
std::shared_ptr<Metric> make_score(const Json& config) {
  ConfigReader reader(config, M().class_name());
  FScoreOptions options;
  options.average = reader.string("average", options.average);
  options.beta = reader.number("beta", 1.0);
  options.threshold = reader.optional_number("threshold");
  options.name = detail::finish_metric(reader);
  return std::make_shared<M>(options);
}

const bool f_score_registered = Registry<Metric>::add("FBetaScore", make_score<FBetaScore>) &&
                                Registry<Metric>::add("F1Score", make_score<F1Score>, {"f1_score"});

}  // namespace

FBetaScore::FBetaScore(const char* default_name, FScoreOptions options, int64_t classes)
    : options_(std::move(options)), classes_(classes) {
  if (options_.name.empty()) options_.name = default_name;
  const auto require = [&](bool holds, const std::string& what) {
    if (!holds) throw InvalidArgument("metric '" + options_.name + "': " + what);
  };
  require(options_.average == "micro" || options_.average == "macro" || options_.average == "weighted" ||
              options_.average == "none",
          "average must be 'micro', 'macro', 'weighted' or 'none', received '" + options_.average + "'");
  require(options_.beta > 0, "beta must be positive, received " + Json(options_.beta).dump());
  require(!options_.threshold || (*options_.threshold > 0 && *options_.threshold <= 1),
          "threshold must lie in (0, 1], received " + Json(options_.threshold.value_or(0)).dump());
}

F1Score::F1Score(const FScoreOptions& options, int64_t classes) : FBetaScore("f1_score", options, classes) {
  if (options.beta != 1) throw InvalidArgument("F1Score: beta is 1; FBetaScore takes others");
}

std::shared_ptr<const Metric> FBetaScore::of_classes(int64_t classes) const {
  return std::shared_ptr<const Metric>(new FBetaScore("fbeta_score", options_, classes));
}

std::shared_ptr<const Metric> F1Score::of_classes(int64_t classes) const {
  return std::shared_ptr<const Metric>(new F1Score(options(), classes));
}

std::shared_ptr<const Metric> FBetaScore::for_shapes(const Shape& y_true, const Shape& y_pred) const {
  if (y_pred.rank() != 2 || y_true.rank() != 2 || y_pred[1] < 1) {
    throw InvalidArgument("metric '" + name() +
                          "': needs targets and predictions (batch, classes), received " + y_true.str() +
                          " and " + y_pred.str());
  }
  return of_classes(y_pred[1]);
}

std::vector<Metric::Variable> FBetaScore::variables() const {
  const Shape shape = options_.average == "micro" ? Shape{} : Shape{std::max<int64_t>(classes_, 1)};
  std::vector<Variable> all;
  for (const char* name : {"true_positives", "false_positives", "false_negatives", "intermediate_weights"})
    all.push_back({name, {DType::kFloat64, shape}});
  return all;
}

std::vector<Tensor> FBetaScore::update(std::span<const Tensor> state, const Tensor& y_true,
                                       const Tensor& y_pred) const {
  return update_weighted(state, y_true, y_pred, Tensor());
}

std::vector<Tensor> FBetaScore::update_weighted(std::span<const Tensor> state, const Tensor& y_true,
                                                const Tensor& y_pred, const Tensor& sample_weight) const {
  const auto [target, scores] = lamina::detail::match_shapes(name(), y_true, cast(y_pred, DType::kFloat32));
  if (scores.rank() != 2) {
    throw InvalidArgument("metric '" + name() +
                          "': needs targets and predictions (batch, classes), received " +
                          y_true.shape().str() + " and " + y_pred.shape().str());
  }
  const Tensor chosen = options_.threshold
                            ? ops::greater(scores, *options_.threshold)
                            : ops::logical_and(ops::greater_equal(scores, max(scores, {-1}, true)),
                                               ops::greater(abs(scores), 1e-9));
  const Tensor output = cast(chosen, DType::kFloat32);
  const auto total = [&](const Tensor& each) {
    Tensor counted = each;
    if (sample_weight.defined())
      counted = each * lamina::detail::match_weight("metric '" + name() + "'",
                                                    cast(sample_weight, DType::kFloat32), each.shape());
    const Tensor wide = cast(counted, DType::kFloat64);
    return options_.average == "micro" ? sum(wide) : sum(wide, {0});
  };
  return {state[0] + total(output * target), state[1] + total(output * (1.0 - target)),
          state[2] + total((1.0 - output) * target), state[3] + total(target)};
}

double FBetaScore::score_of(std::span<const Tensor> state, size_t of_class) const {
  const auto at = [&](size_t i) { return state[i].data<double>()[of_class]; };
  const double squared = options_.beta * options_.beta;
  const double precision = at(0) / (at(0) + at(1) + kEpsilon), recall = at(0) / (at(0) + at(2) + kEpsilon);
  return (1 + squared) * precision * recall / (squared * precision + recall + kEpsilon);
}

double FBetaScore::result(std::span<const Tensor> state) const {
  const auto count = static_cast<size_t>(state[0].shape().size());
  const double* occurrences = state[3].data<double>();
  double weights = 0, sum = 0;
  for (size_t i = 0; i < count; ++i) weights += occurrences[i];
  for (size_t i = 0; i < count; ++i) {
    const double score = score_of(state, i);
    sum += options_.average == "weighted" ? score * occurrences[i] / (weights + kEpsilon)
                                          : score / static_cast<double>(count);
  }
  return static_cast<float>(sum);
}

std::optional<std::vector<double>> FBetaScore::row(std::span<const Tensor> state) const {
  if (options_.average != "none") return std::nullopt;
  std::vector<double> scores;
  for (int64_t i = 0; i < state[0].shape().size(); ++i)
    scores.push_back(static_cast<float>(score_of(state, static_cast<size_t>(i))));
  return scores;
}

Json FBetaScore::config() const {
  return Json::object({{"name", name()},
                       {"dtype", "float32"},
                       {"average", average()},
                       {"beta", options_.beta},
                       {"threshold", options_.threshold ? Json(*options_.threshold) : Json()}});
}

Json F1Score::config() const {
  return Json::object({{"name", name()},
                       {"dtype", "float32"},
                       {"average", average()},
                       {"threshold", options().threshold ? Json(*options().threshold) : Json()}});
}

}  // namespace lamina::metrics
