// ValuesFollow: weights whose first values nobody will see. Internal header.
#pragma once

#include "lamina/nn/weight.h"

namespace lamina::detail {

/// While it lives, the weights that this thread builds hold zeros in place of what their initializers draw:
/// whoever reads a model from a file assigns all of them, and refuses a file that lacks one.
class ValuesFollow {
 public:
  ValuesFollow();
  ~ValuesFollow();
  ValuesFollow(const ValuesFollow&) = delete;
  ValuesFollow& operator=(const ValuesFollow&) = delete;

  /// Whether one lives in this thread.
  static bool active();

 private:
  bool outer_;
};

/// weight.assign(from), without a copy where the weight still waits for its value: it then shares the buffer
/// of `from`.
void give_value(Weight& weight, const Tensor& from);

}  // namespace lamina::detail
