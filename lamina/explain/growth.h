// How fast a cost grows.
#pragma once

#include <vector>

namespace lamina {

/// The exponent b of the power law cost = a * size^b that fits best: the slope of the least-squares line
/// through the logarithms. 1: twice the size costs twice as much; 2: four times.
/// @param sizes  at least 2, above 0 and finite, not all the same.
/// @param costs  as many, above 0 and finite.
/// Throws InvalidArgument for others.
double growth_exponent(const std::vector<double>& sizes, const std::vector<double>& costs);

}  // namespace lamina
