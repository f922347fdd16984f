// Targets that do not count are NaN, which no arithmetic may meet.
#include "lamina/zoo/transformers/label_losses.h"

#include <iterator>
#include <utility>

#include "lamina/base/error.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/compare.h"
#include "lamina/ops/crossentropy.h"
#include "lamina/ops/reduce.h"
#include "lamina/ops/unary.h"
#include "lamina/ops/where.h"
#include "lamina/zoo/transformers/detail/family.h"
#include "lamina/zoo/transformers/language_loss.h"

namespace lamina {
namespace {

constexpr const char* kProblems[] = {"single_label_classification", "multi_label_classification",
                                     "regression"};

struct CountedTargets {
  explicit CountedTargets(const Tensor& given)
      : counts(!isnan(given)), targets(where(counts, given, 0.0)), weights(cast(counts, DType::kFloat32)) {}
  Tensor count() const { return sum(weights); }
  Tensor mean_of(const Tensor& values) const {
    const Tensor each = cast(weights, values.dtype());
    return sum(values * each) / maximum(sum(each), 1.0);
  }

  Tensor counts, targets, weights;
};

/// What is computed with: float32 at least.
Tensor precise(const Tensor& scores) {
  return scores.dtype() == DType::kFloat64 ? scores : cast(scores, DType::kFloat32);
}

}  // namespace

const char* name_of(TextProblem problem) { return kProblems[static_cast<int>(problem)]; }

TextProblem problem_of(const PretrainedModel& model) {
  if (!model.class_name().ends_with("ForSequenceClassification")) return TextProblem::kOneLabel;
  return problem_of(model.config_json());
}

TextProblem problem_of(const Json& config) {
  const detail::ConfigValues values(config, "config.json");
  const Json* const given = config.find("problem_type");
  if (!given || given->is_null())
    return detail::number_of_labels(values) == 1 ? TextProblem::kNumbers : TextProblem::kOneLabel;
  for (size_t i = 0; i < std::size(kProblems); ++i) {
    if (*given == Json(kProblems[i])) return static_cast<TextProblem>(i);
  }
  throw InvalidArgument("config.json: problem_type is " + given->dump() +
                        "; it can be \"single_label_classification\", \"multi_label_classification\" or "
                        "\"regression\"");
}

Tensor any_labels_loss(const Tensor& targets, const Tensor& logits) {
  const CountedTargets counted(targets);
  return counted.mean_of(
      binary_crossentropy(cast(counted.targets, precise(logits).dtype()), precise(logits), true));
}

Tensor numbers_loss(const Tensor& targets, const Tensor& values) {
  const CountedTargets counted(targets);
  return counted.mean_of(square(precise(values) - counted.targets));
}

Tensor detail::logged_loss(TextProblem problem, TrainStep& step, const Tensor& scores,
                           double label_smoothing) {
  const Tensor& y = step.y()[0];
  const auto log = [&](const Tensor& loss, const char* name, const Tensor& judged, const Tensor& count) {
    step.log("loss", loss, count);
    step.log(name, judged, count);
    return loss;
  };
  if (problem == TextProblem::kOneLabel)
    return log(language_loss(y, scores, label_smoothing), "accuracy", language_accuracy(y, scores),
               counted_labels(y));
  const CountedTargets counted(y);
  const Tensor values = precise(scores);
  if (problem == TextProblem::kAnyLabels) {
    const Tensor right = equal(greater(values, 0.0), greater(counted.targets, 0.5));
    return log(any_labels_loss(y, scores), "binary_accuracy", counted.mean_of(cast(right, DType::kFloat32)),
               counted.count());
  }
  return log(numbers_loss(y, scores), "mean_absolute_error", counted.mean_of(abs(values - counted.targets)),
             counted.count());
}

}  // namespace lamina
