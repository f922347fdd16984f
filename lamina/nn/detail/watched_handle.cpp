// What may have become of a handle.
#include "lamina/nn/detail/watched_handle.h"

#include "lamina/base/error.h"
#include "lamina/nn/detail/model_impl.h"

namespace lamina::detail {

WatchedHandle::WatchedHandle(const Model& model)
    : model_(&model), alive_(model.lifetime_.watch()), impl_(ModelImpl::shared(model)), name_(model.name()) {}

void WatchedHandle::require() const {
  if (!model_) return;
  const auto fail = [this](const char* what) {
    throw InvalidArgument(
        "model '" + name_ + "': " + what +
        " by a callback or a step of its own, while it was in use; wait until fit, evaluate "
        "or predict has ended");
  };
  if (alive_.expired()) fail("it was destroyed, or moved to another place,");
  const std::shared_ptr<ModelImpl> now = ModelImpl::shared(*model_);
  if (!now) fail("it was moved from");
  if (now != impl_.lock()) fail("another model was assigned to it");
}

}  // namespace lamina::detail
