// Weights in a .npz file, as Keras's NpzIOStore writes them: for each place a pickled dict of arrays, read by
// a machine that knows the few instructions of those. Internal header.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "lamina/formats/detail/hdf5.h"

namespace lamina::detail {

/// The arrays of model.weights.npz at the paths that model.weights.h5 has for them. Nothing that a pickle
/// names is called. Throws FileError, calling the file `name`.
Hdf5Tree read_keras_npz(std::string_view bytes, const std::string& name);

/// The dict of arrays in one pickle: {"0": array, "1": array}.
std::map<std::string, Tensor> read_array_pickle(std::string_view pickle, const std::string& name);

}  // namespace lamina::detail
