// Records of the random numbers that take more than one word each.
#include "lamina/ops/random_distributions.h"

#include <algorithm>
#include <limits>

#include "lamina/base/error.h"
#include "lamina/graph/op.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/broadcast_to.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/detail/arguments.h"
#include "lamina/ops/detail/element.h"
#include "lamina/ops/random.h"
#include "lamina/ops/sort.h"
#include "lamina/ops/take.h"

namespace lamina {
namespace {

constexpr char kNoGradient[] = "random numbers are no differentiable function of their key";

void check_key(const InferArgs& args, int64_t stream) {
  if (args.inputs[0] != TensorType{DType::kInt64, Shape{2}})
    args.fail("the key must be int64(2,): {seed, counter}; make it with random_key");
  if (stream < 0 || stream > 0xffffffffLL)
    args.fail("stream must lie in [0, 2^32), got " + std::to_string(stream));
}

/// The least and the largest number of an integer dtype, as far as int64 has it.
std::pair<int64_t, int64_t> range_of(DType dtype) {
  return dispatch(dtype, [](auto element) -> std::pair<int64_t, int64_t> {
    using T = decltype(element);
    if constexpr (std::is_integral_v<T> && !std::is_same_v<T, bool>) {
      using Limits = std::numeric_limits<T>;
      const auto most = static_cast<uint64_t>(Limits::max());
      constexpr auto kMost = static_cast<uint64_t>(std::numeric_limits<int64_t>::max());
      return {static_cast<int64_t>(Limits::min()), static_cast<int64_t>(std::min(most, kMost))};
    } else {
      return {0, 0};
    }
  });
}

std::vector<TensorType> infer_integers(const InferArgs& args) {
  const auto& attrs = args.attrs.as<RandomIntegersAttrs>();
  check_key(args, attrs.stream);
  detail::check_extents(args, attrs.shape);
  if (!is_integer(attrs.dtype)) args.fail("the dtype must be an integer one");
  if (attrs.minval >= attrs.maxval)
    args.fail("minval must be less than maxval, not " + std::to_string(attrs.minval) + " and " +
              std::to_string(attrs.maxval));
  const auto [least, most] = range_of(attrs.dtype);
  if (attrs.minval < least || attrs.maxval - 1 > most)
    args.fail("minval and maxval do not fit into " + std::string(name(attrs.dtype)));
  return {{attrs.dtype, attrs.shape}};
}

/// Parameters of the result's shape behind the key.
std::vector<TensorType> infer_parameters(const InferArgs& args) {
  const auto& attrs = args.attrs.as<RandomAttrs>();
  check_key(args, attrs.stream);
  detail::check_extents(args, attrs.shape);
  for (size_t i = 1; i < args.inputs.size(); ++i) {
    if (args.inputs[i] != TensorType{DType::kFloat64, attrs.shape})
      args.fail("parameters must be float64 of the shape " + attrs.shape.str());
  }
  return {{DType::kFloat32, attrs.shape}};
}

std::vector<TensorType> infer_categorical(const InferArgs& args) {
  const auto& attrs = args.attrs.as<RandomAttrs>();
  check_key(args, attrs.stream);
  detail::check_extents(args, attrs.shape);
  const TensorType& logits = args.inputs[1];
  if (logits.dtype != DType::kFloat64 || logits.shape.rank() != 2 || attrs.shape.rank() != 2 ||
      attrs.shape[0] != logits.shape[0])
    args.fail("expected float64 logits (rows, classes)");
  if (logits.shape[1] == 0) args.fail("there must be a class");
  return {{DType::kInt64, attrs.shape}};
}

template <int each>
double flops(const CostArgs& args) {
  return each * static_cast<double>(args.outputs[0].shape.size());
}

const ArgSpec kKey{"key", DTypeClass::kInteger};

const Op& integers_op = register_op<RandomIntegersAttrs>({.name = "random_randint",
                                                          .doc = "integers in [minval, maxval)",
                                                          .inputs = {kKey},
                                                          .outputs = {"y"},
                                                          .infer = infer_integers,
                                                          .flops = flops<60>,
                                                          .no_gradient = kNoGradient});

const Op& define(const char* name, const char* doc, std::vector<ArgSpec> parameters) {
  parameters.insert(parameters.begin(), kKey);
  return register_op<RandomAttrs>({.name = name,
                                   .doc = doc,
                                   .inputs = parameters,
                                   .outputs = {"y"},
                                   .infer = infer_parameters,
                                   .flops = flops<200>,
                                   .no_gradient = kNoGradient});
}

const Op& truncated_op = define("random_truncated_normal", "normal within two deviations", {});
const Op& gamma_op = define("random_gamma", "gamma with scale 1", {{"alpha", DTypeClass::kFloating}});
const Op& beta_op = define("random_beta", "beta in [0, 1]",
                           {{"alpha", DTypeClass::kFloating}, {"beta", DTypeClass::kFloating}});
const Op& binomial_op = define("random_binomial", "successes in so many trials",
                               {{"counts", DTypeClass::kFloating}, {"probabilities", DTypeClass::kFloating}});

const Op& categorical_op = register_op<RandomAttrs>({.name = "random_categorical",
                                                     .doc = "classes with probabilities softmax(logits)",
                                                     .inputs = {kKey, {"logits", DTypeClass::kFloating}},
                                                     .outputs = {"y"},
                                                     .infer = infer_categorical,
                                                     .flops = flops<100>,
                                                     .no_gradient = kNoGradient});

Tensor draw(const Op& op, const Tensor& key, const Shape& shape, int64_t stream,
            const std::vector<Tensor>& parameters) {
  std::vector<Tensor> inputs{key};
  for (const Tensor& parameter : parameters)
    inputs.push_back(broadcast_to(cast(parameter, DType::kFloat64), shape));
  return apply(op, RandomAttrs{shape, stream}, inputs)[0];
}

}  // namespace

Tensor random_randint(const Tensor& key, const Shape& shape, int64_t minval, int64_t maxval, DType dtype,
                      int64_t stream) {
  return apply(integers_op, RandomIntegersAttrs{shape, stream, minval, maxval, dtype}, {key})[0];
}

Tensor random_truncated_normal(const Tensor& key, const Shape& shape, double mean, double stddev,
                               int64_t stream) {
  return draw(truncated_op, key, shape, stream, {}) * stddev + mean;
}

Tensor random_gamma(const Tensor& key, const Shape& shape, const Tensor& alpha, int64_t stream) {
  return draw(gamma_op, key, shape, stream, {alpha});
}

Tensor random_beta(const Tensor& key, const Shape& shape, const Tensor& alpha, const Tensor& beta,
                   int64_t stream) {
  return draw(beta_op, key, shape, stream, {alpha, beta});
}

Tensor random_binomial(const Tensor& key, const Shape& shape, const Tensor& counts,
                       const Tensor& probabilities, int64_t stream) {
  return draw(binomial_op, key, shape, stream, {counts, probabilities});
}

Tensor random_categorical(const Tensor& key, const Tensor& logits, int64_t num_samples, int64_t stream) {
  if (logits.rank() != 2)
    throw InvalidArgument("random_categorical: expected logits (rows, classes), received " +
                          logits.type().str());
  return apply(categorical_op, RandomAttrs{Shape{logits.shape()[0], num_samples}, stream},
               {key, cast(logits, DType::kFloat64)})[0];
}

Tensor random_permutation(const Tensor& key, int64_t n, int64_t stream) {
  return argsort(
      random_randint(key, Shape{n}, 0, std::numeric_limits<int64_t>::max(), DType::kInt64, stream));
}

Tensor random_shuffle(const Tensor& key, const Tensor& x, int axis, int64_t stream) {
  const int place = detail::checked_axis("random_shuffle", x, axis);
  return take(x, random_permutation(key, x.shape()[place], stream), place);
}

}  // namespace lamina
