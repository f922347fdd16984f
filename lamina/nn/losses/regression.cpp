// Losses of regression.
#include "lamina/nn/losses/regression.h"

#include "lamina/nn/config.h"
#include "lamina/nn/losses/detail/match.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/reduce.h"
#include "lamina/ops/unary.h"

namespace lamina {
namespace {

template <class L>
std::shared_ptr<Loss> make(const Json& config) {
  ConfigReader reader(config, L().class_name());
  RegressionOptions options;
  options.reduction = reader.string("reduction", options.reduction);
  options.name = reader.string("name", "");
  reader.only("dtype", "float32");
  reader.done();
  return std::make_shared<L>(options);
}

const bool regression_registered = [] {
  Registry<Loss>::add("MeanSquaredError", make<MeanSquaredError>, {"mean_squared_error", "mse", "MSE"});
  Registry<Loss>::add("MeanAbsoluteError", make<MeanAbsoluteError>, {"mean_absolute_error", "mae", "MAE"});
  return true;
}();

Json config_of(const RegressionOptions& options) {
  return Json::object({{"name", options.name}, {"reduction", options.reduction}});
}

Tensor mean_of_last(const Tensor& x) { return x.rank() == 0 ? x : mean(x, {-1}); }

}  // namespace

MeanSquaredError::MeanSquaredError(RegressionOptions options) : options_(std::move(options)) {
  if (options_.name.empty()) options_.name = "mean_squared_error";
  detail::require_reduction("MeanSquaredError", options_.reduction);
}

Json MeanSquaredError::config() const { return config_of(options_); }

Tensor MeanSquaredError::values(const Tensor& y_true, const Tensor& y_pred) const {
  const auto [target, output] = detail::match_shapes(name(), y_true, y_pred);
  return mean_of_last(square(target - output));
}

MeanAbsoluteError::MeanAbsoluteError(RegressionOptions options) : options_(std::move(options)) {
  if (options_.name.empty()) options_.name = "mean_absolute_error";
  detail::require_reduction("MeanAbsoluteError", options_.reduction);
}

Json MeanAbsoluteError::config() const { return config_of(options_); }

Tensor MeanAbsoluteError::values(const Tensor& y_true, const Tensor& y_pred) const {
  const auto [target, output] = detail::match_shapes(name(), y_true, y_pred);
  return mean_of_last(abs(target - output));
}

}  // namespace lamina
