// Scaler, Normalizer, Binarizer, Imputer, FeatureVectorizer, ArrayFeatureExtractor: features from features.
#include <fmt/format.h>

#include <cmath>

#include "lamina/formats/onnx/operators/ml_common.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/compare.h"
#include "lamina/ops/concatenate.h"
#include "lamina/ops/full.h"
#include "lamina/ops/pad.h"
#include "lamina/ops/reduce.h"
#include "lamina/ops/reshape.h"
#include "lamina/ops/slice.h"
#include "lamina/ops/take.h"
#include "lamina/ops/unary.h"
#include "lamina/ops/where.h"

namespace lamina::onnx {
namespace {

// One number for all features, or one for each.
void require_count(const Call& call, size_t count, const Tensor& x, const char* name) {
  if (count != 1 && (x.rank() == 0 || static_cast<int64_t>(count) != x.shape()[-1]))
    call.fail(
        fmt::format("attribute '{}' has {} numbers for inputs of shape {}", name, count, x.shape().str()));
}

std::vector<Value> scale(Call& call) {
  const Tensor& x = call[0];
  const std::vector<double> offset = call.number_list("offset").value_or(std::vector<double>{0});
  const std::vector<double> factor = call.number_list("scale").value_or(std::vector<double>{1});
  require_count(call, offset.size(), x, "offset");
  require_count(call, factor.size(), x, "scale");
  const DType dtype = x.dtype() == DType::kFloat64 ? DType::kFloat64 : DType::kFloat32;
  const Tensor moved = subtract(cast(x, dtype), table(offset, {offset.size()}, dtype));
  return {Value(cast(multiply(moved, table(factor, {factor.size()}, dtype)), DType::kFloat32))};
}

std::vector<Value> normalize(Call& call) {
  const std::string norm = call.text("norm", "MAX");
  if (norm != "MAX" && norm != "L1" && norm != "L2") call.fail("attribute 'norm' is '" + norm + "'");
  if (call[0].rank() < 1) call.fail("takes (n, features) or (features,)");
  const Tensor x = cast(call[0], DType::kFloat32);
  const Tensor size = norm == "MAX"  ? lamina::max(x, {-1}, true)
                      : norm == "L1" ? sum(lamina::abs(x), {-1}, true)
                                     : lamina::sqrt(sum(square(x), {-1}, true));
  return {Value(divide(x, where(equal(size, 0.0), ones_like(size), size)))};
}

std::vector<Value> binarize(Call& call) {
  const Tensor& x = call[0];
  return {Value(cast(greater(x, call.number("threshold", 0.0)), x.dtype()), call.element())};
}

std::vector<Value> impute(Call& call) {
  const Tensor& x = call[0];
  const bool floating = lamina::is_floating(x.dtype());
  const std::vector<double> floats = call.number_list("imputed_value_floats").value_or(std::vector<double>());
  const std::vector<int64_t> whole =
      call.integer_list("imputed_value_int64s").value_or(std::vector<int64_t>());
  const double missing = call.number("replaced_value_float", 0.0);
  const int64_t missing_whole = call.integer("replaced_value_int64", 0);
  const size_t count = floating ? floats.size() : whole.size();
  if (count == 0) call.fail("has no imputed values for elements of that type");
  require_count(call, count, x, floating ? "imputed_value_floats" : "imputed_value_int64s");
  const Tensor values =
      floating ? table(floats, {count}, x.dtype()) : cast(Tensor::from(whole, {count}), x.dtype());
  const Tensor replaced = !floating ? equal(x, cast(Tensor::from<int64_t>({missing_whole}), x.dtype()))
                          : std::isnan(missing) ? lamina::isnan(x)
                                                : equal(x, missing);
  return {Value(where(replaced, values, x), call.element())};
}

std::vector<Value> vectorize(Call& call) {
  const auto widths = call.integer_list("inputdimensions");
  std::vector<Tensor> parts;
  for (size_t i = 0; i < call.size(); ++i) {
    Tensor x = cast(call[i], DType::kFloat32);
    if (x.rank() == 1) x = reshape(x, {x.size(), 1});
    if (x.rank() != 2) call.fail(fmt::format("takes (n, features); received {}", x.shape().str()));
    if (widths) {
      if (widths->size() != call.size() || (*widths)[i] < 0 || (*widths)[i] > 1 << 28)
        call.fail("attribute 'inputdimensions' does not fit its inputs");
      const int64_t width = (*widths)[i], own = x.shape()[1];
      x = slice(x, {0, 0}, {x.shape()[0], std::min(width, own)});
      if (width > own) x = pad(x, {{0, 0}, {0, width - own}});
    }
    parts.push_back(x);
  }
  return {Value(concatenate(parts, 1))};
}

std::vector<Value> extract(Call& call) {
  const Value& x = call.value(0);
  const Shape shape = x.shape();
  if (shape.rank() < 1) call.fail("takes features");
  const std::vector<int64_t> places = call.known_integers(1);
  const int64_t width = shape[-1];
  for (const int64_t place : places) {
    if (place < 0 || place >= width) call.fail(fmt::format("asks for feature {} of {}", place, width));
  }
  Shape result;
  if (shape.rank() == 1) result.push_back(1);
  for (int axis = 0; axis + 1 < shape.rank(); ++axis) result.push_back(shape[axis]);
  result.push_back(static_cast<int64_t>(places.size()));
  if (x.is_strings()) {
    std::vector<std::string> strings;
    for (size_t row = 0; row < x.strings().size(); row += static_cast<size_t>(width)) {
      for (const int64_t place : places) strings.push_back(x.strings()[row + static_cast<size_t>(place)]);
    }
    return {Value::of_strings(std::move(strings), result)};
  }
  const Tensor found = take(x.tensor(), Tensor::from(places, {places.size()}), shape.rank() - 1);
  return {Value(reshape(found, result), x.type())};
}

const bool kMlFeaturesRegistered[] = {register_operator("Scaler", 1, scale, {}, kMl),
                            register_operator("Normalizer", 1, normalize, {}, kMl),
                            register_operator("Binarizer", 1, binarize, {}, kMl),
                            register_operator("Imputer", 1, impute, {}, kMl),
                            register_operator("FeatureVectorizer", 1, vectorize, {}, kMl),
                            register_operator("ArrayFeatureExtractor", 1, extract, {}, kMl)};

}  // namespace
}  // namespace lamina::onnx
