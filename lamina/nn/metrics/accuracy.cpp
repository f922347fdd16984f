// The accuracies.
#include "lamina/nn/metrics/accuracy.h"

#include "lamina/nn/losses/detail/match.h"
#include "lamina/nn/metrics/detail/make.h"
#include "lamina/ops/argreduce.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/compare.h"
#include "lamina/ops/reshape.h"

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

const bool accuracy_registered = [] {
  using Known = Registry<Metric>;
  Known::add("Accuracy", detail::make<Accuracy>);
  Known::add("BinaryAccuracy", make_binary, {"binary_accuracy"});
  Known::add("CategoricalAccuracy", detail::make<CategoricalAccuracy>, {"categorical_accuracy"});
  Known::add("SparseCategoricalAccuracy", detail::make<SparseCategoricalAccuracy>,
             {"sparse_categorical_accuracy"});
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

}  // namespace lamina::metrics
