// Counting readers and the one writer.
#include "lamina/nn/detail/usage.h"

#include "lamina/base/error.h"

namespace lamina::detail {

Usage::Reading::Reading(Usage& usage, const std::string& model, const char* action) : usage_(usage) {
  const std::lock_guard lock(usage_.mutex_);
  if (usage_.changes_ > 0 && usage_.owner_ != std::this_thread::get_id()) {
    throw InvalidArgument(
        "model '" + model + "': " + action +
        " was called while another thread trains or changes the model; a model is trained by one "
        "thread and asked by none meanwhile: give the other thread a copy (save and load_model)");
  }
  ++usage_.readers_;
}

Usage::Reading::~Reading() {
  const std::lock_guard lock(usage_.mutex_);
  --usage_.readers_;
}

Usage::Changing::Changing(Usage& usage, const std::string& model, const char* action) : usage_(usage) {
  const std::lock_guard lock(usage_.mutex_);
  const bool mine = usage_.changes_ > 0 && usage_.owner_ == std::this_thread::get_id();
  if ((usage_.changes_ > 0 && !mine) || (usage_.readers_ > 0 && !mine)) {
    throw InvalidArgument("model '" + model + "': " + action +
                          " was called while another thread uses the model; it needs the model alone");
  }
  ++usage_.changes_;
  usage_.owner_ = std::this_thread::get_id();
}

Usage::Changing::~Changing() {
  const std::lock_guard lock(usage_.mutex_);
  --usage_.changes_;
}

}  // namespace lamina::detail
