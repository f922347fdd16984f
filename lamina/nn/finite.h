// Whether a training's state can still be used.
#pragma once

#include "lamina/nn/model.h"

namespace lamina {

/// Whether no weight of the model, and nothing that its optimizer remembers, is NaN or infinite.
bool all_finite(const Model& model);

}  // namespace lamina
