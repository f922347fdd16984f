// Metrics that average an error.
#include "lamina/nn/metrics/error.h"

#include <cmath>

#include "lamina/nn/losses/detail/make.h"
#include "lamina/nn/losses/divergence.h"
#include "lamina/nn/losses/hinge.h"
#include "lamina/nn/losses/regression.h"
#include "lamina/nn/metrics/detail/make.h"
#include "lamina/ops/binary.h"

namespace lamina::metrics {
namespace {

template <class M>
std::shared_ptr<Metric> make_crossentropy(const Json& config) {
  ConfigReader reader(config, M().class_name());
  CrossentropyMetricOptions options;
  options.name = reader.string("name", "");
  options.from_logits = reader.boolean("from_logits", false);
  options.label_smoothing = reader.number("label_smoothing", 0.0);
  options.axis = lamina::detail::read_axis(reader);
  options.ignore_class = reader.optional_integer("ignore_class");
  reader.only("dtype", "float32");
  reader.done();
  return std::make_shared<M>(options);
}

std::shared_ptr<Metric> make_cosine_metric(const Json& config) {
  ConfigReader reader(config, "CosineSimilarity");
  CosineMetricOptions options;
  options.axis = lamina::detail::read_axis(reader);
  options.name = detail::finish_metric(reader);
  return std::make_shared<CosineSimilarity>(options);
}

const bool error_registered = [] {
  using Known = Registry<Metric>;
  Known::add("MeanSquaredError", detail::make<MeanSquaredError>, {"mean_squared_error", "mse", "MSE"});
  Known::add("MeanAbsoluteError", detail::make<MeanAbsoluteError>, {"mean_absolute_error", "mae", "MAE"});
  Known::add("RootMeanSquaredError", detail::make<RootMeanSquaredError>, {"root_mean_squared_error"});
  Known::add("MeanAbsolutePercentageError", detail::make<MeanAbsolutePercentageError>,
             {"mean_absolute_percentage_error", "mape", "MAPE"});
  Known::add("MeanSquaredLogarithmicError", detail::make<MeanSquaredLogarithmicError>,
             {"mean_squared_logarithmic_error", "msle", "MSLE"});
  Known::add("LogCoshError", detail::make<LogCoshError>, {"log_cosh_error"});
  Known::add("CosineSimilarity", make_cosine_metric, {"cosine_similarity"});
  Known::add("KLDivergence", detail::make<KLDivergence>, {"kl_divergence"});
  Known::add("Poisson", detail::make<Poisson>, {"poisson"});
  Known::add("Hinge", detail::make<Hinge>, {"hinge"});
  Known::add("SquaredHinge", detail::make<SquaredHinge>, {"squared_hinge"});
  Known::add("CategoricalHinge", detail::make<CategoricalHinge>, {"categorical_hinge"});
  Known::add("CategoricalCrossentropy", make_crossentropy<CategoricalCrossentropy>,
             {"categorical_crossentropy"});
  Known::add("SparseCategoricalCrossentropy", make_crossentropy<SparseCategoricalCrossentropy>,
             {"sparse_categorical_crossentropy"});
  Known::add("BinaryCrossentropy", make_crossentropy<BinaryCrossentropy>,
             {"binary_crossentropy", "bce", "BCE"});
  return true;
}();

CrossentropyOptions loss_options(const CrossentropyMetricOptions& options) {
  return {.from_logits = options.from_logits, .label_smoothing = options.label_smoothing, .axis = options.axis};
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

MeanAbsolutePercentageError::MeanAbsolutePercentageError(const MetricOptions& options)
    : LossMetric(std::make_shared<lamina::MeanAbsolutePercentageError>(), options.name) {}

MeanSquaredLogarithmicError::MeanSquaredLogarithmicError(const MetricOptions& options)
    : LossMetric(std::make_shared<lamina::MeanSquaredLogarithmicError>(), options.name) {}

LogCoshError::LogCoshError(const MetricOptions& options)
    : LossMetric(std::make_shared<lamina::LogCosh>(), options.name.empty() ? "logcosh" : options.name) {}

KLDivergence::KLDivergence(const MetricOptions& options)
    : LossMetric(std::make_shared<lamina::KLDivergence>(), options.name) {}

Poisson::Poisson(const MetricOptions& options)
    : LossMetric(std::make_shared<lamina::Poisson>(), options.name) {}

Hinge::Hinge(const MetricOptions& options) : LossMetric(std::make_shared<lamina::Hinge>(), options.name) {}

SquaredHinge::SquaredHinge(const MetricOptions& options)
    : LossMetric(std::make_shared<lamina::SquaredHinge>(), options.name) {}

CategoricalHinge::CategoricalHinge(const MetricOptions& options)
    : LossMetric(std::make_shared<lamina::CategoricalHinge>(), options.name) {}

CosineSimilarity::CosineSimilarity(const CosineMetricOptions& options)
    : LossMetric(std::make_shared<lamina::CosineSimilarity>(CosineSimilarityOptions{.axis = options.axis}),
                 options.name),
      axis_(options.axis) {}

Json CosineSimilarity::config() const {  // Keras leaves the axis out, but takes it
  Json config = LossMetric::config();
  if (axis_ != -1) config["axis"] = axis_;
  return config;
}

Tensor CosineSimilarity::values(const Tensor& y_true, const Tensor& y_pred) const {
  return -LossMetric::values(y_true, y_pred);
}

CategoricalCrossentropy::CategoricalCrossentropy(const CrossentropyMetricOptions& options)
    : LossMetric(std::make_shared<lamina::CategoricalCrossentropy>(loss_options(options)), options.name),
      options_(options) {}

Json CategoricalCrossentropy::config() const {
  return Json::object({{"name", name()},
                       {"dtype", "float32"},
                       {"from_logits", options_.from_logits},
                       {"label_smoothing", options_.label_smoothing},
                       {"axis", options_.axis}});
}

SparseCategoricalCrossentropy::SparseCategoricalCrossentropy(const CrossentropyMetricOptions& options)
    : LossMetric(std::make_shared<lamina::SparseCategoricalCrossentropy>(SparseCrossentropyOptions{
                     .from_logits = options.from_logits, .ignore_class = options.ignore_class, .axis = options.axis}),
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
                       {"ignore_class", options_.ignore_class ? Json(*options_.ignore_class) : Json()},
                       {"axis", options_.axis}});
}

BinaryCrossentropy::BinaryCrossentropy(const CrossentropyMetricOptions& options)
    : LossMetric(std::make_shared<lamina::BinaryCrossentropy>(loss_options(options)), options.name),
      options_(options) {
  if (options.axis != -1) throw InvalidArgument("BinaryCrossentropy: axis is not one of its arguments");
}

Json BinaryCrossentropy::config() const {
  return Json::object({{"name", name()},
                       {"dtype", "float32"},
                       {"from_logits", options_.from_logits},
                       {"label_smoothing", options_.label_smoothing}});
}

}  // namespace lamina::metrics
