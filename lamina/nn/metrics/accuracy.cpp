// The accuracies.
#include "lamina/nn/metrics/accuracy.h"

#include <algorithm>

#include "lamina/nn/losses/detail/match.h"
#include "lamina/nn/metrics/detail/make.h"
#include "lamina/ops/argreduce.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/compare.h"
#include "lamina/ops/reduce.h"
#include "lamina/ops/reshape.h"
#include "lamina/ops/slice.h"
#include "lamina/ops/top_k.h"

namespace lamina::metrics {
namespace {

std::shared_ptr<Metric> make_binary(const Json& config) {
  ConfigReader reader(config, "BinaryAccuracy");
  BinaryAccuracyOptions options;
  options.threshold = reader.number("threshold", options.threshold);
  options.name = reader.string("name", "");
  reader.only("dtype", "float32");
  reader.done();
  return std::make_shared<BinaryAccuracy>(options);
}

std::shared_ptr<Metric> make_top_k(const Json& config) {
  ConfigReader reader(config, "TopKCategoricalAccuracy");
  TopKOptions options;
  options.k = reader.integer("k", options.k);
  options.name = detail::finish_metric(reader);
  return std::make_shared<TopKCategoricalAccuracy>(options);
}

std::shared_ptr<Metric> make_sparse_top_k(const Json& config) {
  ConfigReader reader(config, "SparseTopKCategoricalAccuracy");
  SparseTopKOptions options;
  options.k = reader.integer("k", options.k);
  options.from_sorted_ids = reader.boolean("from_sorted_ids", false);
  options.name = detail::finish_metric(reader);
  return std::make_shared<SparseTopKCategoricalAccuracy>(options);
}

int64_t checked_k(const std::string& name, int64_t k) {
  if (k >= 1) return k;
  throw InvalidArgument("metric '" + name + "': k must be at least 1, received " + std::to_string(k));
}

const bool accuracy_registered = [] {
  using Known = Registry<Metric>;
  Known::add("Accuracy", detail::make<Accuracy>);
  Known::add("BinaryAccuracy", make_binary, {"binary_accuracy"});
  Known::add("CategoricalAccuracy", detail::make<CategoricalAccuracy>, {"categorical_accuracy"});
  Known::add("SparseCategoricalAccuracy", detail::make<SparseCategoricalAccuracy>,
             {"sparse_categorical_accuracy"});
  Known::add("TopKCategoricalAccuracy", make_top_k, {"top_k_categorical_accuracy"});
  Known::add("SparseTopKCategoricalAccuracy", make_sparse_top_k, {"sparse_top_k_categorical_accuracy"});
  return true;
}();

Tensor matches(const Tensor& a, const Tensor& b) { return cast(equal(a, b), DType::kFloat32); }

[[noreturn]] void misfit(const std::string& name, const Tensor& y_true, const Tensor& y_pred) {
  throw InvalidArgument("metric '" + name + "': targets of shape " + y_true.shape().str() +
                        " do not fit predictions of shape " + y_pred.shape().str());
}

}  // namespace

Tensor Accuracy::values(const Tensor& y_true, const Tensor& y_pred) const {
  const auto [target, output] = lamina::detail::match_shapes(name(), y_true, y_pred);
  return matches(target, output);
}

Json BinaryAccuracy::config() const {
  return Json::object({{"name", name()}, {"dtype", "float32"}, {"threshold", threshold_}});
}

Tensor BinaryAccuracy::values(const Tensor& y_true, const Tensor& y_pred) const {
  const auto [target, output] = lamina::detail::match_shapes(name(), y_true, y_pred);
  return matches(target, cast(greater(output, threshold_), target.dtype()));
}

Tensor CategoricalAccuracy::values(const Tensor& y_true, const Tensor& y_pred) const {
  if (y_true.shape() != y_pred.shape() || y_pred.rank() == 0) misfit(name(), y_true, y_pred);
  return matches(argmax(y_true, -1), argmax(y_pred, -1));
}

Tensor SparseCategoricalAccuracy::values(const Tensor& y_true, const Tensor& y_pred) const {
  if (y_pred.rank() == 0) misfit(name(), y_true, y_pred);
  const Tensor best = argmax(y_pred, -1);
  Tensor target = y_true;
  if (target.rank() == y_pred.rank() && target.shape()[-1] == 1) target = squeeze(target, {-1});
  if (target.shape() != best.shape()) misfit(name(), y_true, y_pred);
  return matches(target, best);
}

namespace {

// Of targets that are class numbers of the shape of predictions without their last axis.
Tensor among_top(const Tensor& target, const Tensor& y_pred, int64_t k) {
  const int64_t classes = y_pred.shape()[-1];
  const Tensor rows = reshape(cast(y_pred, DType::kFloat32), {-1, classes});
  const Tensor found = in_top_k(reshape(cast(target, DType::kInt32), {-1}), rows, std::min(k, classes));
  return reshape(cast(found, DType::kFloat32), target.shape());
}

}  // namespace

TopKCategoricalAccuracy::TopKCategoricalAccuracy(const TopKOptions& options)
    : MeanMetric({options.name}, "top_k_categorical_accuracy"), k_(checked_k(name(), options.k)) {}

Json TopKCategoricalAccuracy::config() const {
  return Json::object({{"name", name()}, {"dtype", "float32"}, {"k", k_}});
}

Tensor TopKCategoricalAccuracy::values(const Tensor& y_true, const Tensor& y_pred) const {
  if (y_true.shape() != y_pred.shape() || y_pred.rank() == 0) misfit(name(), y_true, y_pred);
  return among_top(argmax(y_true, -1), y_pred, k_);
}

SparseTopKCategoricalAccuracy::SparseTopKCategoricalAccuracy(const SparseTopKOptions& options)
    : MeanMetric({options.name}, "sparse_top_k_categorical_accuracy"),
      k_(checked_k(name(), options.k)),
      from_sorted_ids_(options.from_sorted_ids) {}

Json SparseTopKCategoricalAccuracy::config() const {
  Json config = Json::object({{"name", name()}, {"dtype", "float32"}, {"k", k_}});
  if (from_sorted_ids_) config["from_sorted_ids"] = true;
  return config;
}

Tensor SparseTopKCategoricalAccuracy::values(const Tensor& y_true, const Tensor& y_pred) const {
  Tensor target = y_true;
  if (target.rank() == y_pred.rank() && target.rank() > 0 && target.shape()[-1] == 1)
    target = squeeze(target, {-1});
  bool fits = target.rank() + 1 == y_pred.rank();
  for (int axis = 0; fits && axis < target.rank(); ++axis)
    fits = target.shape()[axis] == y_pred.shape()[axis];
  if (!fits) misfit(name(), y_true, y_pred);
  if (!from_sorted_ids_) return among_top(target, y_pred, k_);
  std::vector<int64_t> starts(static_cast<size_t>(y_pred.rank()), 0), stops;
  for (int axis = 0; axis < y_pred.rank(); ++axis) stops.push_back(y_pred.shape()[axis]);
  stops.back() = std::min(stops.back(), k_);
  const Tensor first = slice(y_pred, starts, stops);
  return cast(any(equal(first, cast(expand_dims(target, -1), first.dtype())), {-1}), DType::kFloat32);
}

}  // namespace lamina::metrics
