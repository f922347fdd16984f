// RANDOM_UNIFORM and RANDOM_STANDARD_NORMAL: numbers of these distributions, others in every run; not the bits that an
// interpreter draws.
#include "lamina/ops/random.h"

#include <fmt/format.h>

#include "lamina/formats/tflite/operators/call.h"

namespace lamina::tflite {
namespace {

template <Tensor (*draw)(const Tensor& key, const Shape& shape, int stream)>
std::vector<Value> random(Call& call) {
  call.ignore({"seed", "seed2"});
  Shape shape;
  double size = 1;
  for (const int64_t extent : call.known_integers(0)) {
    size *= static_cast<double>(extent);
    if (extent < 0 || size > static_cast<double>(int64_t{1} << 28) || shape.rank() == Shape::kMaxRank)
      call.fail(fmt::format("an extent of its result is {}, or all of them are too much", extent));
    shape.push_back(extent);
  }
  const std::pair<Tensor, int> use = call.random();
  return {output(call, draw(use.first, shape, use.second))};
}

Tensor uniform(const Tensor& key, const Shape& shape, int stream) { return random_uniform(key, shape, stream); }
Tensor normal(const Tensor& key, const Shape& shape, int stream) { return random_normal(key, shape, stream); }

const bool kRandomRegistered[] = {run_builtin<random<uniform>>("RANDOM_UNIFORM"),
                            run_builtin<random<normal>>("RANDOM_STANDARD_NORMAL")};

}  // namespace
}  // namespace lamina::tflite
