// What records and kernels of affine_transform share. Internal header.
#pragma once

#include <optional>
#include <string>

namespace lamina::detail {

/// What there is beyond the border of an image.
enum class FillMode { kConstant, kNearest, kReflect, kWrap };

/// The mode of that name, or nothing.
std::optional<FillMode> fill_mode_of(const std::string& name);
/// Whether affine_transform has such an interpolation.
bool is_affine_interpolation(const std::string& name);

}  // namespace lamina::detail
