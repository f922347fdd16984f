// What writers of elementwise ops share: operands in one order of axes. Internal header.
#pragma once

#include <string>
#include <vector>

#include "lamina/formats/onnx/export/writer.h"

namespace lamina::onnx {

/// The inputs of an elementwise op, all in Lamina's order of axes or, where one lies so, all with their channels behind
/// the batch: so images are not moved between convolutions.
struct Operands {
  Names names;
  bool channels_first = false;
};
Operands operands(Writing& w);
/// Says the only output, which lies as the operands do.
void out(Writing& w, const Operands& operands, const std::string& name);

/// Registers an op that is one ONNX operator. Integers of less than 32 bits are computed as int32, bool too with `bools`.
bool elementwise(const char* op, const char* operator_type, bool bools = false);

/// What an op makes of its operands, which have all been brought to `dtype`, the wide one.
using Formula = std::function<std::string(Writing& w, const Names& x, DType dtype)>;
/// Registers an op that is made of several operators. The result of `formula` is of the operands' dtype, or a bool.
bool elementwise(const char* op, Formula formula, bool bools = false);

/// An operator that ONNX Runtime has for floats of 32 and 16 bits alone: those of 64 bits are computed by way of float32.
std::string by_float32(Writing& w, const std::string& type, const std::string& x, DType dtype);
/// Registers an op that is such an operator.
bool elementwise_by_float32(const char* op, const char* operator_type);

}  // namespace lamina::onnx
