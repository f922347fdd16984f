// The page of what a classical classifier said of labelled samples.
#pragma once

#include <string>
#include <vector>

#include "lamina/zoo/estimator_recipes.h"

namespace lamina::cli {

/// What the page tells beside the figures.
struct EstimatorPage {
  std::string path;  ///< of the page; empty: none is wanted
  bool overwrite = false;
  std::string title, source;       ///< the estimator's file, and where the samples came from
  std::vector<std::string> words;  ///< the command line
};

/// Writes it: accuracy, confusion matrix and, of an estimator that has probabilities, their curves.
/// Throws InvalidArgument for an estimator of numbers, and for samples of a class that it has not learned.
void write_estimator_page(const EstimatorPage& page, const FittedEstimator& fitted, const Tensor& x,
                          const Tensor& y, double accuracy);

}  // namespace lamina::cli
