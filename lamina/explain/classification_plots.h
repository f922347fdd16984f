// Plots of how far a classifier's probabilities tell classes apart, and whether they mean what they say.
#pragma once

#include <string>
#include <vector>

#include "lamina/explain/classification.h"
#include "lamina/explain/plot.h"

namespace lamina {

/// ROC curves and precision-recall curves with their areas, and how often the model was right for how sure it
/// was, with the expected calibration error of ten bins (lamina/classic/metrics.h, calibration.h).
///
/// Of two classes the second one is the positive one. Of more each class has a curve against the rest, and
/// calibration is that of the class that was called; of more than ten classes those with the smallest areas
/// are drawn. A class that no sample has, or all have, has no curve; where none has one, those two plots are
/// left out.
/// @param said     with probabilities; without, or without samples, there are no plots.
/// @param classes  names, in their order; classes beyond them are called "class 2".
std::vector<Plot> classification_plots(const Classification& said, const std::vector<std::string>& classes);

}  // namespace lamina
