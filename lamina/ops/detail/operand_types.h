// What kernels of one element type ask of all their operands. Internal header.
#pragma once

#include <optional>
#include <string>

#include "lamina/graph/kernel.h"

namespace lamina::detail {

/// Why a kernel of `dtype` refuses `desc`: an operand of another type, or without elements.
inline std::optional<std::string> not_operands_of(const KernelDesc& desc, DType dtype) {
  for (const auto* operands : {&desc.inputs, &desc.outputs}) {
    for (const Operand& operand : *operands) {
      if (operand.type.dtype != dtype) return std::string("only for ") + name(dtype);
      if (operand.type.shape.size() == 0) return "an operand is empty";
    }
  }
  return std::nullopt;
}

inline std::optional<std::string> not_float32_operands(const KernelDesc& desc) {
  return not_operands_of(desc, DType::kFloat32);
}

/// The same for kernels of both.
inline std::optional<std::string> not_float32_or_float64_operands(const KernelDesc& desc) {
  const DType dtype = desc.inputs[0].type.dtype;
  if (dtype != DType::kFloat32 && dtype != DType::kFloat64) return "only for float32 and float64";
  return not_operands_of(desc, dtype);
}

}  // namespace lamina::detail
