// Attributes of the ops of matrices. Internal header.
#pragma once

namespace lamina::detail {

struct SolveTriangularAttrs {
  bool lower = false;
  bool operator==(const SolveTriangularAttrs&) const = default;
  static void fields(auto& self, auto&& visit) { visit("lower", self.lower); }
};

/// Whether the square factors are whole, or have as many columns (rows of vh) as the smaller side.
struct FactorsAttrs {
  bool full = false;
  bool operator==(const FactorsAttrs&) const = default;
  static void fields(auto& self, auto&& visit) { visit("full", self.full); }
};

}  // namespace lamina::detail
