// The checksums that Lamina adds to HDF5 files of its own. The format has none for arrays.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "lamina/formats/detail/hdf5.h"

namespace lamina::detail {

/// The attribute that holds one, as 16 hexadecimal digits.
inline constexpr char kHdf5Checksum[] = "lamina_checksum";

/// Of an array: its path, element type, shape and bytes. Any one changed word of 64 bits changes it.
std::string hdf5_array_checksum(const std::string& path, const TensorType& type, std::string_view bytes);

/// Of all attributes of groups, but for kHdf5Checksum.
std::string hdf5_attributes_checksum(
    const std::map<std::string, std::map<std::string, Hdf5Text>>& attributes);

}  // namespace lamina::detail
