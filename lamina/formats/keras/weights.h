// Where Keras keeps the weights of a model in its HDF5 files. Internal header.
#pragma once

#include <string>

#include "lamina/formats/detail/hdf5.h"
#include "lamina/formats/load_report.h"
#include "lamina/nn/model.h"

namespace lamina::detail {

/// The weights of the model, and its optimizer's state when it is compiled, at Keras's paths.
Hdf5Tree keras_weights(const Model& model);

/// Puts the arrays of `tree` into the weights of the same paths. The optimizer's state is taken whole or,
/// when its number of arrays or a shape differs, skipped, as in Keras. With errors or missing weights nothing
/// is changed.
LoadReport apply_keras_weights(Model& model, const Hdf5Tree& tree);

}  // namespace lamina::detail
