// Fixed and extensible arrays, by which newer HDF5 files find chunks.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "lamina/formats/detail/hdf5_file.h"

namespace lamina::detail {

/// Takes the number of an element and its bytes.
using Hdf5ElementReader = std::function<void(uint64_t, std::string_view)>;

/// Calls `element` with each element of the array whose header lies at `address`, which is of the kind for
/// chunks with filters or without.
void read_hdf5_fixed_array(Hdf5File& file, uint64_t address, bool filtered, const std::string& label,
                           const Hdf5ElementReader& element);
void read_hdf5_extensible_array(Hdf5File& file, uint64_t address, bool filtered, const std::string& label,
                                const Hdf5ElementReader& element);

}  // namespace lamina::detail
