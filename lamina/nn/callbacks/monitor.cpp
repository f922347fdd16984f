// Monitor.
#include "lamina/nn/callbacks/monitor.h"

#include <cmath>

#include "lamina/base/error.h"
#include "lamina/nn/model.h"

namespace lamina {

Monitor::Monitor(std::string log, const std::string& mode, double min_delta)
    : log_(std::move(log)), min_delta_(std::abs(min_delta)) {
  if (mode == "min" || mode == "max") {
    higher_is_better_ = mode == "max";
  } else if (mode != "auto") {
    throw InvalidArgument("unknown mode '" + mode + "'" + suggest(mode, {"auto", "min", "max"}));
  }
}

bool Monitor::improved(double value, std::optional<double> reference, const Model& model) {
  if (!higher_is_better_) higher_is_better_ = model.higher_is_better(log_);
  if (!higher_is_better_) {
    throw InvalidArgument("cannot tell whether more or less of '" + log_ +
                          "' is better: give the callback .mode = \"min\" or \"max\"");
  }
  if (!reference) return true;
  return *higher_is_better_ ? value - min_delta_ > *reference : value + min_delta_ < *reference;
}

}  // namespace lamina
