// RandomNormal, RandomUniform, their Likes, Multinomial, Bernoulli. Numbers have the distributions that ONNX
// says, not the bits of any other implementation.
#include <fmt/format.h>

#include <cstring>

#include "lamina/formats/onnx/operator.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/compare.h"
#include "lamina/ops/random.h"
#include "lamina/ops/random_distributions.h"

namespace lamina::onnx {
namespace {

// Of the attribute `seed` alone where it is there.
std::pair<Tensor, int> key_of(Call& call) {
  if (!call.has_attribute("seed")) return call.random();
  const auto seed = static_cast<float>(call.number("seed"));
  uint32_t bits = 0;
  std::memcpy(&bits, &seed, sizeof bits);
  return {random_key(static_cast<int64_t>(bits)), 0};
}

Shape shape_of(const Call& call, bool like) {
  if (like) return call.value(0).shape();
  const auto extents = call.integer_list("shape");
  if (!extents) call.fail("attribute 'shape' is missing");
  for (const int64_t extent : *extents) {
    if (extent < 0) call.fail(fmt::format("attribute 'shape' holds {}", extent));
  }
  return Shape(*extents);
}

ElementType type_of_result(const Call& call, bool like) {
  if (call.has_attribute("dtype")) return element_type(static_cast<int>(call.integer("dtype")));
  return like ? call.element() : ElementType::kFloat;
}

Value of_type(const Tensor& x, ElementType type) {
  if (!is_floating(type) || is_small_float(type))
    throw Unsupported(fmt::format("draws no numbers of type {}", name(type)));
  return {cast(x, storage(type)), type};
}

template <bool like>
std::vector<Value> normal(Call& call) {
  const double mean = call.number("mean", 0.0), scale = call.number("scale", 1.0);
  const auto [key, stream] = key_of(call);
  return {of_type(add(multiply(random_normal(key, shape_of(call, like), stream), scale), mean),
                  type_of_result(call, like))};
}

template <bool like>
std::vector<Value> uniform(Call& call) {
  const double low = call.number("low", 0.0), high = call.number("high", 1.0);
  const auto [key, stream] = key_of(call);
  return {of_type(add(multiply(random_uniform(key, shape_of(call, like), stream), high - low), low),
                  type_of_result(call, like))};
}

std::vector<Value> multinomial(Call& call) {
  const int64_t samples = call.integer("sample_size", 1);
  const ElementType type =
      element_type(static_cast<int>(call.integer("dtype", static_cast<int64_t>(ElementType::kInt32))));
  if (type != ElementType::kInt32 && type != ElementType::kInt64)
    throw Unsupported(fmt::format("draws no classes of type {}", name(type)));
  if (call[0].rank() != 2 || samples < 1)
    call.fail(fmt::format("draws {} classes of logarithms of shape {}", samples, call[0].shape().str()));
  const auto [key, stream] = key_of(call);
  return {Value(cast(random_categorical(key, cast(call[0], DType::kFloat32), samples, stream), storage(type)),
                type)};
}

std::vector<Value> bernoulli(Call& call) {
  const ElementType type = type_of_result(call, true);
  const auto [key, stream] = key_of(call);
  const Tensor drawn = less(random_uniform(key, call[0].shape(), stream), cast(call[0], DType::kFloat32));
  return {Value(cast(drawn, storage(type)), type)};
}

const bool kRandomRegistered[] = {register_run_operator("RandomNormal", 1, normal<false>),
                            register_run_operator("RandomNormalLike", 1, normal<true>),
                            register_run_operator("RandomUniform", 1, uniform<false>),
                            register_run_operator("RandomUniformLike", 1, uniform<true>),
                            register_run_operator("Multinomial", 7, multinomial),
                            register_run_operator("Bernoulli", 15, bernoulli)};

}  // namespace
}  // namespace lamina::onnx
