// Whether a training's state can still be used. Internal header.
#pragma once

#include "lamina/nn/model.h"

namespace lamina::detail {

/// Whether all weights of the model, and all that its optimizer remembers, are neither NaN nor infinite.
bool is_finite(const Model& model);

}  // namespace lamina::detail
