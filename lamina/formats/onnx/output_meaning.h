// What the numbers of an imported graph's output are, as far as operators say it of themselves. Internal header.
#pragma once

#include <cstdint>
#include <string>

namespace lamina::onnx {

struct OutputMeaning {
  /// "softmax" or "sigmoid" where the output is one; "" where nobody says it.
  std::string activation = {};
  /// Of integers that stand for reals: scale * (integer - zero); scale 0 for others.
  double scale = 0;
  int64_t zero = 0;
};

/// Says of an operator that what it gives is that activation; "" : that it is what its first input is, under another shape
/// or in other numbers. Before main; returns true.
bool register_meaning(const char* domain, const char* op, const char* activation);
/// What was said, or null.
const std::string* find_meaning(const std::string& domain, const std::string& op);

}  // namespace lamina::onnx
