// The hard sigmoid of Keras 1 and 2, which is steeper than Keras 3's of the same name: files of their time
// mean this one. Keras 3 has no name for it, so it says so rather than computing another function.
#include "lamina/nn/activations/activation.h"
#include "lamina/ops/binary.h"

namespace lamina {
namespace {

Tensor keras2_hard_sigmoid(const Tensor& x) { return clip(x * 0.2 + 0.5, 0.0, 1.0); }

[[maybe_unused]] const bool kKeras2HardSigmoidRegistered = register_activation("keras2_hard_sigmoid", keras2_hard_sigmoid);

}  // namespace
}  // namespace lamina
