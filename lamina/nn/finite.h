// Whether a training's state can still be used, and how its end is told.
#pragma once

#include <string>

#include "lamina/nn/callbacks/history.h"
#include "lamina/nn/model.h"

namespace lamina {

/// Whether no weight of the model, and nothing that its optimizer remembers, is NaN or infinite.
bool all_finite(const Model& model);

/// "the loss is not finite since step 3 of epoch 1": how everybody says it.
std::string describe(const History::BadLoss& where);

}  // namespace lamina
