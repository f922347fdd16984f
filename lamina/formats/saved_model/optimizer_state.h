// The optimizer's state in checkpoints of Keras 2, in the layout of .h5 files. Internal header.
#pragma once

#include <string>
#include <vector>

#include "lamina/formats/detail/hdf5.h"
#include "lamina/formats/detail/tensor_bundle.h"

namespace lamina::detail {

/// Adds the iteration and the slots that the checkpoint has to `tree`, for apply_legacy_optimizer.
/// @param variables  the keys of the layers' variables, in the model's order.
void add_optimizer_state(Hdf5Tree& tree, const std::vector<std::string>& variables, TensorBundle& bundle);

}  // namespace lamina::detail
