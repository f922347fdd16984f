// NeedsValues: what is traced asks for numbers that no trace has. Internal header.
#pragma once

#include "lamina/base/error.h"

namespace lamina {

/// Thrown where a function must know numbers (an extent, which branch) that follow from its arguments, and is traced,
/// so that they have none. Whoever traces may call the function on values instead.
class NeedsValues : public Error {
 public:
  using Error::Error;
};

}  // namespace lamina
