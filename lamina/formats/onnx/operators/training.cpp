// Adagrad, Adam and Momentum of ai.onnx.preview.training: one step each, for any number of tensors.
#include <fmt/format.h>

#include "lamina/formats/onnx/operator.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/compare.h"
#include "lamina/ops/full.h"
#include "lamina/ops/reshape.h"
#include "lamina/ops/unary.h"
#include "lamina/ops/where.h"

namespace lamina::onnx {
namespace {

constexpr const char* kTraining = "ai.onnx.preview.training";

// Rate and count come first, then all tensors, all gradients, and the states, one kind after the other.
struct Step {
  Tensor rate, count;
  size_t tensors;
};

Step begin(const Call& call, size_t kinds) {
  if (call.size() < 2 + kinds || (call.size() - 2) % kinds != 0)
    call.fail(fmt::format("has {} inputs", call.size()));
  const Tensor &rate = call[0], &count = call[1];
  if (rate.size() != 1 || count.size() != 1) call.fail("its rate and its count are one number each");
  return {reshape(rate, Shape{}), reshape(count, Shape{}), (call.size() - 2) / kinds};
}

// Of tensor i: kind 0 is the tensor itself, 1 its gradient, then its states. All have one shape.
Tensor input(const Call& call, const Step& step, size_t kind, size_t i) {
  const Tensor& x = call[2 + kind * step.tensors + i];
  if (x.shape() != call[2 + i].shape())
    call.fail(fmt::format("a tensor of shape {} has a gradient or state of {}", call[2 + i].shape().str(),
                          x.shape().str()));
  return x;
}

// With the gradient of the regularization.
Tensor gradient(const Call& call, const Step& step, size_t i, double norm) {
  return add(multiply(input(call, step, 0, i), norm), input(call, step, 1, i));
}

// Outputs: all of the first kind, then of the next.
std::vector<Value> joined(const std::vector<std::vector<Tensor>>& kinds) {
  std::vector<Value> results;
  for (const auto& kind : kinds) {
    for (const Tensor& each : kind) results.emplace_back(each);
  }
  return results;
}

std::vector<Value> adagrad(Call& call) {
  const Step step = begin(call, 3);
  const double decay = call.number("decay_factor", 0.0), epsilon = call.number("epsilon", 1e-6),
               norm = call.number("norm_coefficient", 0.0);
  std::vector<std::vector<Tensor>> results(2);
  for (size_t i = 0; i < step.tensors; ++i) {
    const Tensor x = input(call, step, 0, i), g = gradient(call, step, i, norm);
    const Tensor rate =
        divide(cast(step.rate, x.dtype()), add(multiply(cast(step.count, x.dtype()), decay), 1.0));
    const Tensor h = add(input(call, step, 2, i), square(g));
    results[0].push_back(subtract(x, divide(multiply(g, rate), add(lamina::sqrt(h), epsilon))));
    results[1].push_back(h);
  }
  return joined(results);
}

std::vector<Value> adam(Call& call) {
  const Step step = begin(call, 4);
  const double alpha = call.number("alpha", 0.9), beta = call.number("beta", 0.999),
               epsilon = call.number("epsilon", 1e-6);
  const double norm = call.number("norm_coefficient", 0.0), after = call.number("norm_coefficient_post", 0.0);
  std::vector<std::vector<Tensor>> results(3);
  for (size_t i = 0; i < step.tensors; ++i) {
    const Tensor x = input(call, step, 0, i), g = gradient(call, step, i, norm);
    const Tensor v = add(multiply(input(call, step, 2, i), alpha), multiply(g, 1 - alpha));
    const Tensor h = add(multiply(input(call, step, 3, i), beta), multiply(square(g), 1 - beta));
    // In the first step nothing is corrected.
    const Tensor count = cast(step.count, DType::kFloat64), later = maximum(count, 1.0);
    const auto rest = [&](double base) {
      return subtract(1.0, power(full({}, base, DType::kFloat64), later));
    };
    const Tensor correction =
        where(greater(count, 0.0), divide(lamina::sqrt(rest(beta)), rest(alpha)), ones_like(count));
    const Tensor rate = multiply(cast(step.rate, x.dtype()), cast(correction, x.dtype()));
    const Tensor moved = subtract(x, multiply(divide(v, add(lamina::sqrt(h), epsilon)), rate));
    results[0].push_back(multiply(moved, 1 - after));
    results[1].push_back(v);
    results[2].push_back(h);
  }
  return joined(results);
}

std::vector<Value> momentum(Call& call) {
  const Step step = begin(call, 3);
  const double alpha = call.number("alpha"), beta = call.number("beta"),
               norm = call.number("norm_coefficient");
  const std::string mode = call.text("mode");
  if (mode != "standard" && mode != "nesterov") call.fail("attribute 'mode' is '" + mode + "'");
  std::vector<std::vector<Tensor>> results(2);
  for (size_t i = 0; i < step.tensors; ++i) {
    const Tensor x = input(call, step, 0, i), g = gradient(call, step, i, norm);
    const DType dtype = x.dtype();
    const Tensor part = where(greater(step.count, 0.0), full({}, beta, dtype), ones({}, dtype));
    const Tensor v = add(multiply(input(call, step, 2, i), alpha), multiply(g, part));
    const Tensor way = mode == "standard" ? v : add(g, multiply(v, alpha));
    results[0].push_back(subtract(x, multiply(way, cast(step.rate, dtype))));
    results[1].push_back(v);
  }
  return joined(results);
}

const bool kTrainingRegistered[] = {register_operator("Adagrad", 1, adagrad, {}, kTraining),
                            register_operator("Adam", 1, adam, {}, kTraining),
                            register_operator("Momentum", 1, momentum, {}, kTraining)};

}  // namespace
}  // namespace lamina::onnx
