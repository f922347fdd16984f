// Reading and overwriting weights.
#include "lamina/nn/weight.h"

#include <memory>
#include <utility>

#include "lamina/backend/backend.h"
#include "lamina/base/error.h"
#include "lamina/core/compile.h"
#include "lamina/core/program_cache.h"
#include "lamina/core/tensor_node.h"
#include "lamina/nn/detail/storage.h"
#include "lamina/nn/detail/values_follow.h"
#include "lamina/ops/full.h"

namespace lamina {

namespace detail {
namespace {

thread_local bool values_follow = false;

}  // namespace

ValuesFollow::ValuesFollow() : outer_(std::exchange(values_follow, true)) {}
ValuesFollow::~ValuesFollow() { values_follow = outer_; }
bool ValuesFollow::active() { return values_follow; }

void give_value(Weight& weight, const Tensor& from) {
  const bool waits = weight.value.defined() && !weight.value.computed();
  if (!waits || !from.computed() || from.type() != weight.type || from.device() != weight.value.device())
    return weight.assign(from);
  weight.value = from;
  weight.fresh = false;
}

}  // namespace detail

void Weight::draw(uint64_t seed, int stream) {
  // Recurrent state is not in files.
  if (detail::ValuesFollow::active() && !stateful) {
    if (!value.defined()) value = zeros(type.shape, type.dtype);  // pending: takes no memory yet
    return;
  }
  value = detail::own((*initializer.get())(type, seed, stream), type.dtype);
}

Tensor Weight::read() const {
  if (!value.defined())
    throw InvalidArgument(
        "weight '" + path +
        "' has no value of its own: its layer was not built, or its model was quantized, which "
        "keeps integers; load the model once more without");
  return detail::own(value);
}

void Weight::assign(const Tensor& from) {
  if (!from.defined() || from.shape() != type.shape) {
    throw InvalidArgument("weight '" + path + "': expected shape " + type.shape.str() + ", received " +
                          (from.defined() ? from.shape().str() : std::string("no tensor")));
  }
  const Tensor* const given[] = {&from};
  if (detail::part_of_a_trace(given)) {
    throw InvalidArgument(
        "weight '" + path +
        "': grad() watches the tensor that it is given, and what a weight holds are numbers "
        "without a history; give gradients() the weight's value, or call "
        "Model::call_with_weights");
  }
  fresh = false;
  if (!value.defined()) {
    value = detail::own(from, type.dtype);
    return;
  }
  if (value.computed()) {
    detail::make_exclusive(value);  // whoever else holds the old value keeps it
  } else {
    value = Tensor::wrap(std::make_shared<Buffer>(value.device(), type.bytes()), type);  // nobody has seen it
  }
  detail::overwrite(value, from);
}

}  // namespace lamina
