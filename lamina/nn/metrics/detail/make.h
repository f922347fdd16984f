// Making metrics from Keras configurations. Not for users.
#pragma once

#include <memory>

#include "lamina/nn/config.h"
#include "lamina/nn/metrics/mean.h"

namespace lamina::metrics::detail {

/// The name, which all metrics take, then done().
inline std::string finish_metric(ConfigReader& reader) {
  std::string name = reader.string("name", "");
  reader.only("dtype", "float32");
  reader.done();
  return name;
}

/// A metric that takes nothing but a name.
template <class M>
std::shared_ptr<Metric> make(const Json& config) {
  ConfigReader reader(config, M().class_name());
  return std::make_shared<M>(MetricOptions{finish_metric(reader)});
}

}  // namespace lamina::metrics::detail
