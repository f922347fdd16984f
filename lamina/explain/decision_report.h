// What a report adds for models by whose figures somebody decides.
#pragma once

#include "lamina/explain/classification.h"
#include "lamina/explain/report.h"
#include "lamina/nn/model.h"

namespace lamina {

/// Of a model of two classes that is judged by its area (JudgedBy, lamina/zoo/judged_by.h): the area with its bootstrap
/// interval, sensitivities at given specificities, the temperature of the least loss, the
/// decision curve, and its notice. Nothing of other models, and where one of the classes does not occur.
void add_decisions(TrainingReport& report, const Model& model, const Classification& said);

}  // namespace lamina
