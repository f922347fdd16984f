// Pixels and their weights around places in images.
#include "lamina/formats/onnx/operators/sampling.h"

#include <functional>

#include "lamina/base/error.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/compare.h"
#include "lamina/ops/full.h"
#include "lamina/ops/reshape.h"
#include "lamina/ops/take.h"
#include "lamina/ops/transpose.h"
#include "lamina/ops/unary.h"
#include "lamina/ops/where.h"

namespace lamina::onnx {
namespace {

// v thrown back from the borders until it lies between them.
Tensor reflected(const Tensor& v, double low, double high) {
  const double range = high - low;
  if (range <= 0) return add(multiply(v, 0.0), low);
  const Tensor along = mod(subtract(v, low), 2 * range);
  return add(minimum(along, subtract(2 * range, along)), low);
}

struct Tap {
  Tensor index;   // int32 (batch, points), inside of the axis
  Tensor weight;  // undefined: 1
  Tensor inside;  // bool; undefined: all are
};

// The taps of one axis.
std::vector<Tap> taps_of(const Tensor& given, int64_t extent, const Sampling& how) {
  const double last = static_cast<double>(extent) - 1;
  const double low = how.align_corners ? 0 : -0.5, high = how.align_corners ? last : last + 0.5;
  Tensor x = how.mode == "nearest" ? lamina::round(given) : given;
  // Of a cubic the taps are moved to the border one by one, as in PyTorch, where such grids come from.
  if (how.beyond == Beyond::kBorder && how.mode != "cubic") x = clip(x, 0, last);
  if (how.beyond == Beyond::kReflection) x = reflected(x, low, high);
  const Tensor base = how.mode == "nearest" ? lamina::round(x) : lamina::floor(x);
  const Tensor t = subtract(x, base);
  const auto tap = [&](int offset, Tensor weight) {
    const Tensor at = add(base, static_cast<double>(offset));
    Tensor moved = at, inside;
    if (how.beyond == Beyond::kReflection) moved = reflected(at, low, high);
    if (how.beyond == Beyond::kZeros) inside = logical_and(greater_equal(at, 0.0), less_equal(at, last));
    return Tap{cast(clip(moved, 0, last), DType::kInt32), std::move(weight), inside};
  };
  if (how.mode == "nearest") return {tap(0, {})};
  if (how.mode == "linear") return {tap(0, subtract(1.0, t)), tap(1, t)};
  if (how.mode != "cubic") throw InvalidArgument("mode '" + how.mode + "' is not known");
  constexpr double a = -0.75;
  const auto near = [](const Tensor& d) {
    return add(multiply(multiply(subtract(multiply(d, a + 2), a + 3), d), d), 1.0);
  };
  const auto far = [](const Tensor& d) {
    return subtract(multiply(add(multiply(subtract(multiply(d, a), 5 * a), d), 8 * a), d), 4 * a);
  };
  return {tap(-1, far(add(t, 1.0))), tap(0, near(t)), tap(1, near(subtract(1.0, t))),
          tap(2, far(subtract(2.0, t)))};
}

}  // namespace

Tensor sample(const Tensor& x, const std::vector<Tensor>& places, const Sampling& how) {
  const int64_t batch = x.shape()[0], channels = x.shape()[1], points = places[0].shape()[1];
  int64_t pixels = 1;
  std::vector<std::vector<Tap>> taps;
  for (size_t axis = 0; axis < places.size(); ++axis) {
    const int64_t extent = x.shape()[static_cast<int>(axis) + 2];
    if (extent == 0) throw InvalidArgument("images without pixels cannot be sampled");
    pixels *= extent;
    taps.push_back(taps_of(places[axis], extent, how));
  }
  if (batch * pixels > INT32_MAX) throw Unsupported("images of more than 2^31 pixels cannot be sampled");
  // A row of channels for each pixel.
  const Tensor rows =
      reshape(transpose(reshape(x, {batch, channels, pixels}), {0, 2, 1}), {batch * pixels, channels});
  const Tensor first = reshape(multiply(arange(batch), static_cast<double>(pixels)), {batch, 1});
  Tensor total;
  // Every combination of taps of the axes.
  const std::function<void(size_t, Tensor, Tensor, Tensor)> visit = [&](size_t axis, Tensor index,
                                                                        Tensor weight, Tensor inside) {
    if (axis == taps.size()) {
      Tensor part = take(rows, reshape(add(index, first), {batch, points}), 0);  // (batch, points, channels)
      if (weight.defined()) part = multiply(part, cast(expand_dims(weight, 2), x.dtype()));
      if (inside.defined()) part = where(expand_dims(inside, 2), part, zeros_like(part));
      total = total.defined() ? add(total, part) : part;
      return;
    }
    const int64_t extent = x.shape()[static_cast<int>(axis) + 2];
    for (const Tap& tap : taps[axis]) {
      visit(axis + 1,
            index.defined() ? add(multiply(index, static_cast<double>(extent)), tap.index) : tap.index,
            weight.defined() && tap.weight.defined() ? multiply(weight, tap.weight)
                                                     : (tap.weight.defined() ? tap.weight : weight),
            inside.defined() && tap.inside.defined() ? logical_and(inside, tap.inside)
                                                     : (tap.inside.defined() ? tap.inside : inside));
    }
  };
  visit(0, {}, {}, {});
  return transpose(total, {0, 2, 1});
}

}  // namespace lamina::onnx
