// Making metrics from Keras configurations. Not for users.
#pragma once

#include <memory>

#include "lamina/nn/config.h"
#include "lamina/nn/metrics/mean.h"

namespace lamina::metrics::detail {

/// A metric that takes nothing but a name.
template <class M>
std::shared_ptr<Metric> make(const Json& config) {
  ConfigReader reader(config, M().class_name());
  const std::string name = reader.string("name", "");
  reader.only("dtype", "float32");
  reader.done();
  return std::make_shared<M>(MetricOptions{name});
}

}  // namespace lamina::metrics::detail
