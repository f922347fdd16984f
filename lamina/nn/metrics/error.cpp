// Metrics that average an error.
#include "lamina/nn/metrics/error.h"

#include <cmath>

#include "lamina/nn/losses/regression.h"
#include "lamina/nn/metrics/detail/make.h"

namespace lamina::metrics {
namespace {

template <class M>
std::shared_ptr<Metric> make_crossentropy(const Json& config) {
  ConfigReader reader(config, M().class_name());
  CrossentropyMetricOptions options;
  options.name = reader.string("name", "");
  options.from_logits = reader.boolean("from_logits", false);
  options.label_smoothing = reader.number("label_smoothing", 0.0);
  reader.only("axis", -1);
  reader.only("ignore_class");
  reader.only("dtype", "float32");
  reader.done();
  return std::make_shared<M>(options);
}

const bool error_registered = [] {
  using Known = Registry<Metric>;
  Known::add("MeanSquaredError", detail::make<MeanSquaredError>, {"mean_squared_error", "mse", "MSE"});
  Known::add("MeanAbsoluteError", detail::make<MeanAbsoluteError>, {"mean_absolute_error", "mae", "MAE"});
  Known::add("RootMeanSquaredError", detail::make<RootMeanSquaredError>, {"root_mean_squared_error"});
  Known::add("CategoricalCrossentropy", make_crossentropy<CategoricalCrossentropy>,
             {"categorical_crossentropy"});
  Known::add("SparseCategoricalCrossentropy", make_crossentropy<SparseCategoricalCrossentropy>,
             {"sparse_categorical_crossentropy"});
  Known::add("BinaryCrossentropy", make_crossentropy<BinaryCrossentropy>,
             {"binary_crossentropy", "bce", "BCE"});
  return true;
}();

CrossentropyOptions loss_options(const CrossentropyMetricOptions& options) {
  return {.from_logits = options.from_logits, .label_smoothing = options.label_smoothing};
}

}  // namespace

MeanSquaredError::MeanSquaredError(const MetricOptions& options)
    : LossMetric(std::make_shared<lamina::MeanSquaredError>(), options.name) {}

MeanAbsoluteError::MeanAbsoluteError(const MetricOptions& options)
    : LossMetric(std::make_shared<lamina::MeanAbsoluteError>(), options.name) {}

RootMeanSquaredError::RootMeanSquaredError(const MetricOptions& options)
    : LossMetric(std::make_shared<lamina::MeanSquaredError>(),
                 options.name.empty() ? "root_mean_squared_error" : options.name) {}

double RootMeanSquaredError::result(std::span<const Tensor> state) const {
  return static_cast<double>(std::sqrt(static_cast<float>(LossMetric::result(state))));
}

CategoricalCrossentropy::CategoricalCrossentropy(const CrossentropyMetricOptions& options)
    : LossMetric(std::make_shared<lamina::CategoricalCrossentropy>(loss_options(options)), options.name),
      options_(options) {}

Json CategoricalCrossentropy::config() const {
  return Json::object({{"name", name()},
                       {"dtype", "float32"},
                       {"from_logits", options_.from_logits},
                       {"label_smoothing", options_.label_smoothing},
                       {"axis", -1}});
}

SparseCategoricalCrossentropy::SparseCategoricalCrossentropy(const CrossentropyMetricOptions& options)
    : LossMetric(std::make_shared<lamina::SparseCategoricalCrossentropy>(
                     SparseCrossentropyOptions{.from_logits = options.from_logits}),
                 options.name),
      options_(options) {
  if (options.label_smoothing != 0) {
    throw InvalidArgument("SparseCategoricalCrossentropy: label_smoothing is not one of its arguments");
  }
}

Json SparseCategoricalCrossentropy::config() const {
  return Json::object({{"name", name()},
                       {"dtype", "float32"},
                       {"from_logits", options_.from_logits},
                       {"ignore_class", nullptr},
                       {"axis", -1}});
}

BinaryCrossentropy::BinaryCrossentropy(const CrossentropyMetricOptions& options)
    : LossMetric(std::make_shared<lamina::BinaryCrossentropy>(loss_options(options)), options.name),
      options_(options) {}

Json BinaryCrossentropy::config() const {
  return Json::object({{"name", name()},
                       {"dtype", "float32"},
                       {"from_logits", options_.from_logits},
                       {"label_smoothing", options_.label_smoothing}});
}

}  // namespace lamina::metrics
