// What callbacks share.
#include "lamina/nn/callbacks/callback.h"

#include "lamina/base/error.h"

namespace lamina {
namespace detail {

std::vector<int64_t> callback_numbers(const NamedTensor& tensor, const char* class_name, int64_t count) {
  if (tensor.value.size() != count) {
    throw InvalidArgument(std::string(class_name) + ": the saved '" + tensor.name + "' must hold " +
                          std::to_string(count) + " numbers, received " + tensor.value.type().str());
  }
  return tensor.value.to_vector<int64_t>();
}

}  // namespace detail

std::vector<NamedTensor> Callback::state() const { return {}; }

AnyCallback::AnyCallback(Callback* callback)
    : AnyCallback(std::shared_ptr<Callback>(std::shared_ptr<void>(), callback)) {}

void AnyCallback::require() const {
  if (!callback_) throw InvalidArgument("a callback is a null pointer");
}

}  // namespace lamina
