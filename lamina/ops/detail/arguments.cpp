// Checks of arguments that ops share.
#include "lamina/ops/detail/arguments.h"

#include <algorithm>

namespace lamina::detail {

int checked_axis(const char* function, const TensorType& x, int axis) {
  const int rank = x.shape.rank();
  if (axis >= -rank && axis < rank) return axis < 0 ? axis + rank : axis;
  std::string expected = "has no axes";
  if (rank > 0) expected = "has axes " + std::to_string(-rank) + " to " + std::to_string(rank - 1);
  throw InvalidArgument(std::string(function) + ": axis " + std::to_string(axis) +
                        " is out of range: " + x.str() + " " + expected);
}

void check_extents(const InferArgs& args, const Shape& shape) {
  if (std::any_of(shape.begin(), shape.end(), [](int64_t extent) { return extent < 0; })) {
    args.fail("extents of shape " + shape.str() + " must not be negative");
  }
}

void check_one_dtype(const InferArgs& args, size_t count) {
  for (size_t i = 1; i < count; ++i) {
    if (args.inputs[i].dtype != args.inputs[0].dtype)
      args.fail("the inputs must have one dtype; cast them first");
  }
}

void check_activation(const InferArgs& args, const std::string& activation) {
  if (activation != "linear" && activation != "relu") {
    args.fail("activation must be \"linear\" or \"relu\", not \"" + activation + "\"");
  }
}

}  // namespace lamina::detail
