// TextVectors: what makes vectors of texts. Internal header.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "lamina/core/tensor.h"
#include "lamina/nn/model.h"

namespace lamina::detail {

class TextVectors {
 public:
  virtual ~TextVectors() = default;
  /// float32 (texts, dimensions).
  virtual Tensor of(const std::vector<std::string>& texts) const = 0;
  virtual int64_t dimensions() const = 0;
  /// What is saved of it. Throws InvalidArgument where nothing is.
  virtual Model model() const = 0;
};

/// x divided by its rows' lengths.
Tensor unit_rows(const Tensor& x);

}  // namespace lamina::detail
