// Datasets of HDF5 images: from the messages of an object header to an array.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "lamina/core/tensor.h"
#include "lamina/formats/detail/hdf5_object.h"

namespace lamina::detail {

/// The array that the messages describe, or why it was left out ("text", "compressed with szip"). Throws
/// FileError, opening with `label`, when it is damaged, when it is stored outside of the file, and when it
/// claims other than what is stored.
std::variant<Tensor, std::string> read_hdf5_dataset(Hdf5File& file, const std::vector<Hdf5Message>& messages,
                                                    const std::string& label);

}  // namespace lamina::detail
