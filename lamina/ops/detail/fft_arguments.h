// What the Fourier transforms are given in graphs of layers. Internal header.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lamina/base/error.h"
#include "lamina/core/operation.h"
#include "lamina/core/symbol.h"
#include "lamina/ops/fft.h"

namespace lamina::detail {

/// The first argument, a list of two tensors.
inline ComplexTensor complex_of(const OperationCall& call) {
  const std::vector<Tensor>& parts = call.tensors(0);
  if (parts.size() != 2)
    throw InvalidArgument("operation " + call.class_name +
                          ": expected two tensors, the real and the imaginary part, received " +
                          std::to_string(parts.size()));
  return {parts[0], parts[1]};
}

/// The whole number of the configuration, or none.
inline std::optional<int64_t> length_of(const OperationCall& call, const char* key) {
  const Json* value = call.config.find(key);
  if (!value || value->is_null()) return {};
  return value->as_int();
}

}  // namespace lamina::detail
