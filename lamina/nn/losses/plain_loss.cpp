// Class, name and reduction of a loss.
#include "lamina/nn/losses/plain_loss.h"

#include "lamina/nn/losses/detail/match.h"

namespace lamina {

PlainLoss::PlainLoss(const char* class_name, const char* default_name, TargetKind kind, LossOptions options)
    : class_name_(class_name), kind_(kind), options_(std::move(options)) {
  if (options_.name.empty()) options_.name = default_name;
  detail::require_reduction(class_name, options_.reduction);
}

Json PlainLoss::config() const {
  return Json::object({{"name", options_.name}, {"reduction", options_.reduction}});
}

void PlainLoss::require(bool holds, const char* what) const {
  if (!holds) throw InvalidArgument(class_name() + ": " + what);
}

}  // namespace lamina
