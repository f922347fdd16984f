// WeightLimit: how many weights a configuration from a file may ask for. Internal header.
#pragma once

#include <cstdint>

#include "lamina/base/shape.h"

namespace lamina::detail {

/// While it lives, the layers that this thread builds may have at most `elements` elements of weights
/// together. A file that names huge layers is refused before memory is taken for them. Limits nest; the
/// innermost counts.
class WeightLimit {
 public:
  explicit WeightLimit(int64_t elements);
  ~WeightLimit();
  WeightLimit(const WeightLimit&) = delete;
  WeightLimit& operator=(const WeightLimit&) = delete;

  /// Takes the elements of `shape` from the innermost limit of this thread. False, and nothing taken, when
  /// fewer are left; true without a limit.
  static bool take(const Shape& shape);
  /// What the innermost limit of this thread allowed in all.
  static int64_t allowed();

 private:
  WeightLimit* outer_;
  int64_t allowed_;
  int64_t left_;
};

}  // namespace lamina::detail
