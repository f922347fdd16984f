// PiecewiseConstantDecay: constants between boundaries.
#include "lamina/nn/optimizers/schedules/piecewise_constant_decay.h"

#include <algorithm>

#include "lamina/base/error.h"
#include "lamina/nn/config.h"
#include "lamina/nn/optimizers/schedules/detail/arguments.h"
#include "lamina/ops/compare.h"
#include "lamina/ops/where.h"

namespace lamina {
namespace {

std::shared_ptr<LearningRateSchedule> make(const Json& config) {
  ConfigReader reader(config, "PiecewiseConstantDecay");
  PiecewiseConstantDecayOptions options;
  const std::vector<double> boundaries = reader.numbers("boundaries");
  const std::vector<double> values = reader.numbers("values");
  options.name = reader.string("name", options.name);
  reader.done();
  return std::make_shared<PiecewiseConstantDecay>(boundaries, values, options);
}

const bool piecewise_constant_decay_registered = Registry<LearningRateSchedule>::add("PiecewiseConstantDecay", make);

}  // namespace

PiecewiseConstantDecay::PiecewiseConstantDecay(std::vector<double> boundaries, std::vector<double> values,
                                               PiecewiseConstantDecayOptions options)
    : boundaries_(std::move(boundaries)), values_(std::move(values)), options_(std::move(options)) {
  if (boundaries_.empty() || values_.size() != boundaries_.size() + 1) {
    throw InvalidArgument(
        "PiecewiseConstantDecay: expected one value more than boundaries and at least one boundary, "
        "received " +
        std::to_string(boundaries_.size()) + " boundaries and " + std::to_string(values_.size()) + " values");
  }
  if (!std::is_sorted(boundaries_.begin(), boundaries_.end())) {
    throw InvalidArgument("PiecewiseConstantDecay: boundaries must not fall");
  }
}

Json PiecewiseConstantDecay::config() const {
  Json boundaries;
  for (const double value : boundaries_) boundaries.push_back(detail::steps_json(value));
  Json values;
  for (const double value : values_) values.push_back(value);
  return Json::object({{"boundaries", boundaries}, {"values", values}, {"name", options_.name}});
}

Tensor PiecewiseConstantDecay::operator()(const Tensor& step) const {
  Tensor rate = detail::schedule_number(values_.back());
  for (size_t i = boundaries_.size(); i-- > 0;)
    rate = where(less_equal(step, boundaries_[i]), values_[i], rate);
  return rate;
}

}  // namespace lamina
