// The activations of recurrent kernels in terms of ops, for bodies.
#include "lamina/ops/detail/gate_function.h"

#include "lamina/base/error.h"

#include "lamina/ops/binary.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/compare.h"
#include "lamina/ops/full.h"
#include "lamina/ops/recurrent.h"
#include "lamina/ops/unary.h"
#include "lamina/ops/where.h"

namespace lamina {

// In the order of the enumerators.
const std::vector<std::string>& sequence_activations() {
  static const std::vector<std::string> names{"linear", "tanh", "sigmoid", "hard_sigmoid",
                                              "relu",   "elu",  "softsign"};
  return names;
}

namespace detail {

std::optional<GateFunction> find_gate_function(const std::string& name) {
  const std::vector<std::string>& names = sequence_activations();
  for (size_t i = 0; i < names.size(); ++i) {
    if (names[i] == name) return static_cast<GateFunction>(i);
  }
  return std::nullopt;
}

Tensor activate(GateFunction function, const Tensor& x) {
  switch (function) {
    case GateFunction::kLinear:
      return x;
    case GateFunction::kTanh:
      return tanh(x);
    case GateFunction::kSigmoid:
      return sigmoid(x);
    case GateFunction::kHardSigmoid:
      return clip(x + 3.0, 0, 6) / 6.0;
    case GateFunction::kRelu:
      return relu(x);
    case GateFunction::kElu:
      return where(greater(x, 0), x, expm1(minimum(x, 0)));
    case GateFunction::kSoftsign:
      return x / (abs(x) + 1.0);
  }
  throw InternalError("no such gate function");
}

Tensor slope(GateFunction function, const Tensor& y) {
  const auto inside = [&](const Tensor& condition, double value) {
    return where(condition, full({}, value, y.dtype()), 0.0);
  };
  switch (function) {
    case GateFunction::kLinear:
      return ones_like(y);
    case GateFunction::kTanh:
      return 1.0 - y * y;
    case GateFunction::kSigmoid:
      return y * (1.0 - y);
    case GateFunction::kHardSigmoid:
      return inside(logical_and(greater(y, 0), less(y, 1)), 1.0 / 6);
    case GateFunction::kRelu:
      return inside(greater(y, 0), 1);
    case GateFunction::kElu:
      return minimum(y, 0) + 1.0;
    case GateFunction::kSoftsign:
      return square(1.0 - abs(y));
  }
  throw InternalError("no such gate function");
}

}  // namespace detail
}  // namespace lamina
