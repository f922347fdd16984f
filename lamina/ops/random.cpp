// Records of the random numbers.
#include "lamina/ops/random.h"

#include "lamina/graph/op.h"
#include "lamina/ops/detail/arguments.h"
#include "lamina/ops/detail/tiles.h"

namespace lamina {
namespace {

using detail::Random;

template <DType kDType>
std::vector<TensorType> infer_random(const InferArgs& args) {
  const auto& attrs = args.attrs.as<RandomAttrs>();
  if (args.inputs[0] != TensorType{DType::kInt64, Shape{2}}) {
    args.fail("the key must be int64(2,): {seed, counter}; make it with random_key");
  }
  if (attrs.stream < 0 || attrs.stream > 0xffffffffLL) {
    args.fail("stream must lie in [0, 2^32), got " + std::to_string(attrs.stream));
  }
  detail::check_extents(args, attrs.shape);
  if (attrs.shape.size() > (int64_t{1} << 34)) args.fail("at most 2^34 elements can be drawn at a time");
  return {{kDType, attrs.shape}};
}

template <Random kDistribution>
TileFunction tile(std::span<const DType>, DType) {
  return detail::random_tile(kDistribution);
}

template <Random kDistribution, DType kDType>
const Op& define(const char* name, const char* doc, int cost) {
  return register_op<RandomAttrs>(
      {.name = name,
       .doc = doc,
       .inputs = {{.name = "key", .dtypes = DTypeClass::kInteger, .whole = true}},
       .outputs = {"y"},
       .infer = infer_random<kDType>,
       .no_gradient = "random numbers are no differentiable function of their key",
       .tile = tile<kDistribution>,
       .elementwise = true,
       .positional = true,
       .tile_cost = cost});
}

const Op& bits_op = define<Random::kBits, DType::kInt32>("random_bits", "32 random bits an element", 30);
const Op& uniform_op =
    define<Random::kUniform, DType::kFloat32>("random_uniform", "uniform in [0, 1), from 24 random bits", 30);
const Op& normal_op =
    define<Random::kNormal, DType::kFloat32>("random_normal", "normal with mean 0 and deviation 1", 60);

}  // namespace

Tensor random_key(int64_t seed, int64_t counter) { return Tensor::from({seed, counter}); }
Tensor random_bits(const Tensor& key, const Shape& shape, int64_t stream) {
  return apply(bits_op, RandomAttrs{shape, stream}, {key})[0];
}
Tensor random_uniform(const Tensor& key, const Shape& shape, int64_t stream) {
  return apply(uniform_op, RandomAttrs{shape, stream}, {key})[0];
}
Tensor random_normal(const Tensor& key, const Shape& shape, int64_t stream) {
  return apply(normal_op, RandomAttrs{shape, stream}, {key})[0];
}

}  // namespace lamina
