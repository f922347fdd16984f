// The registry of metrics, and names whose meaning goes by the shapes.
#include "lamina/nn/metrics/metric.h"

#include <cctype>

#include "lamina/nn/detail/registry-inl.h"
#include "lamina/nn/losses/detail/match.h"
#include "lamina/nn/losses/loss.h"
#include "lamina/nn/metrics/mean.h"

namespace lamina {

template class Registry<Metric>;

namespace {

enum class Task { kBinary, kSparse, kCategorical };

// Keras's rule: one output is binary; targets of lower rank, or of one column for several outputs, are
// indices.
Task task(const Shape& y_true, const Shape& y_pred) {
  if (y_pred.rank() > 0 && y_pred[-1] == 1) return Task::kBinary;
  const bool column = y_true.rank() > 0 && y_true[-1] == 1;
  if (y_true.rank() < y_pred.rank() || (column && y_pred.rank() > 0 && y_pred[-1] != 1)) return Task::kSparse;
  return Task::kCategorical;
}

std::string lower_case(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

}  // namespace

std::shared_ptr<const Metric> Metric::for_shapes(const Shape&, const Shape&) const { return nullptr; }

std::optional<std::vector<double>> Metric::row(std::span<const Tensor>) const { return std::nullopt; }

std::vector<Tensor> Metric::update_weighted(std::span<const Tensor>, const Tensor&, const Tensor&,
                                            const Tensor&) const {
  throw InvalidArgument("metric '" + name() + "' (" + class_name() + ") takes no sample weights or masks");
}

std::vector<Tensor> Metric::update_masked(std::span<const Tensor> state, const Tensor& y_true,
                                          const Tensor& y_pred, const Tensor& sample_weight,
                                          const Tensor& mask) const {
  if (!sample_weight.defined() && !mask.defined()) return update(state, y_true, y_pred);
  return update_weighted(state, y_true, y_pred,
                         detail::merge_mask(sample_weight, mask, DType::kFloat32, false));
}

std::shared_ptr<const Metric> Metric::from_function(Function function) {
  return std::make_shared<metrics::MetricFunction>("function", std::move(function));
}

bool goes_by_shape(const Choice<Metric>& metric) {
  const std::string name = lower_case(metric.name());
  return name == "accuracy" || name == "acc";
}

bool goes_by_shape(const Choice<Loss>& loss) {
  const std::string name = lower_case(loss.name());
  return name == "crossentropy" || name == "ce";
}

std::shared_ptr<const Metric> resolve_metric(const Choice<Metric>& metric, const Shape& y_true,
                                             const Shape& y_pred) {
  const auto fitting = [&](std::shared_ptr<const Metric> found) {
    std::shared_ptr<const Metric> other = found->for_shapes(y_true, y_pred);
    return other ? other : found;
  };
  if (metric.name().empty()) return fitting(metric.get());
  std::string class_name = metric.name();
  if (goes_by_shape(metric)) {
    constexpr const char* kClasses[] = {"BinaryAccuracy", "SparseCategoricalAccuracy", "CategoricalAccuracy"};
    class_name = kClasses[static_cast<int>(task(y_true, y_pred))];
  }
  // Logged under the name that the user wrote.
  return fitting(Registry<Metric>::make(class_name, Json::object({{"name", metric.name()}})));
}

std::shared_ptr<const Loss> resolve_loss(const Choice<Loss>& loss, const Shape& y_true, const Shape& y_pred) {
  if (!goes_by_shape(loss)) return loss.get();
  constexpr const char* kClasses[] = {"BinaryCrossentropy", "SparseCategoricalCrossentropy",
                                      "CategoricalCrossentropy"};
  return Registry<Loss>::make(kClasses[static_cast<int>(task(y_true, y_pred))]);
}

TargetKind target_kind_of(const Choice<Loss>& loss, const Shape& y_pred) {
  if (goes_by_shape(loss)) {
    const bool one = y_pred.rank() > 0 && y_pred[-1] == 1;
    return one ? TargetKind::kYesNo : TargetKind::kClassNumbers;
  }
  const std::shared_ptr<const Loss> found = loss.get();
  return found ? found->target_kind() : TargetKind::kUnknown;
}

}  // namespace lamina
