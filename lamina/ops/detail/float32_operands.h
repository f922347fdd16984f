// What kernels of float32 ask of all their operands. Internal header.
#pragma once

#include <optional>
#include <string>

#include "lamina/graph/kernel.h"

namespace lamina::detail {

/// Why such a kernel refuses `desc`: an operand of another type, or without elements.
inline std::optional<std::string> not_float32_operands(const KernelDesc& desc) {
  for (const auto* operands : {&desc.inputs, &desc.outputs}) {
    for (const Operand& operand : *operands) {
      if (operand.type.dtype != DType::kFloat32) return "only for float32";
      if (operand.type.shape.size() == 0) return "an operand is empty";
    }
  }
  return std::nullopt;
}

}  // namespace lamina::detail
