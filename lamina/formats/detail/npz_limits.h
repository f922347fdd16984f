// How much the arrays of a .npz file may take. Internal header.
#pragma once

#include <cstdint>
#include <string>

#include "lamina/formats/detail/zip_archive.h"

namespace lamina::detail {

struct NpzLimits {
  ZipLimits members = {};   ///< for members that no header vouches for
  uint64_t arrays = ~0ull;  ///< bytes of all members where headers do
};

/// No limit of the archive's own: check_npz_size is asked instead.
inline constexpr ZipLimits kAnySize{.absolute = ~0ull >> 1, .free = ~0ull >> 1, .ratio = 0};

/// ZipLimits, and for arrays a quarter of this process's memory: reading one takes its size twice for a
/// moment.
NpzLimits npz_limits();

/// Throws FileError, calling the archive `name`, when what `archive`, of `size` bytes, inflates to is beyond
/// `limits.members`, except for arrays whose headers state the same size as the archive: those may take
/// `limits.arrays` bytes with all others.
void check_npz_size(const ZipReader& archive, uint64_t size, const std::string& name,
                    const NpzLimits& limits);

}  // namespace lamina::detail
