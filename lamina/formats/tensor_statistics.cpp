// Extremes, mean and deviation of a tensor's elements.
#include "lamina/formats/tensor_statistics.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "lamina/backend/backend.h"
#include "lamina/base/error.h"

namespace lamina {
namespace {

// A NaN has all bits of the exponent and one of the fraction. Counted in blocks without a branch.
template <class Bits>
bool any_above(const void* data, int64_t count, Bits magnitude, Bits infinity) {
  const auto* const values = static_cast<const Bits*>(data);
  constexpr int64_t kBlock = 4096;
  for (int64_t at = 0; at < count; at += kBlock) {
    const int64_t end = std::min(count, at + kBlock);
    Bits above = 0;
    for (int64_t i = at; i < end; ++i) above |= static_cast<Bits>((values[i] & magnitude) > infinity);
    if (above != 0) return true;
  }
  return false;
}

template <class T>
double number(T value) {
  if constexpr (std::is_same_v<T, Float16> || std::is_same_v<T, BFloat16>) {
    return static_cast<double>(static_cast<float>(value));
  } else {
    return static_cast<double>(value);
  }
}

}  // namespace

bool has_nan(const Tensor& x) {
  if (!is_floating(x.dtype())) return false;
  const Tensor here = x.eval().to("/CPU:0");
  const void* const data = here.buffer()->data();
  switch (here.dtype()) {
    case DType::kFloat16:
      return any_above<uint16_t>(data, here.size(), 0x7fff, 0x7c00);
    case DType::kBFloat16:
      return any_above<uint16_t>(data, here.size(), 0x7fff, 0x7f80);
    case DType::kFloat64:
      return any_above<uint64_t>(data, here.size(), ~uint64_t{0} >> 1, uint64_t{0x7ff} << 52);
    default:
      return any_above<uint32_t>(data, here.size(), 0x7fffffff, 0x7f800000);
  }
}

TensorStatistics statistics_of(const Tensor& x) {
  TensorStatistics result;
  const Tensor here = x.eval().to("/CPU:0");
  result.count = here.size();
  dispatch(here.dtype(), [&](auto zero) {
    using T = decltype(zero);
    const auto* const values = static_cast<const T*>(here.buffer()->data());
    double shift = 0, sum = 0, squares = 0;  // of differences from the first finite element
    int64_t finite = 0;
    for (int64_t i = 0; i < result.count; ++i) {
      const double value = number(values[i]);
      if (!std::isfinite(value)) {
        ++(std::isnan(value) ? result.nan : result.infinite);
        continue;
      }
      if (finite++ == 0) result.min = result.max = shift = value;
      result.min = std::min(result.min, value);
      result.max = std::max(result.max, value);
      result.zeros += value == 0;
      sum += value - shift;
      squares += (value - shift) * (value - shift);
    }
    if (finite == 0) return;
    const auto count = static_cast<double>(finite);
    result.mean = shift + sum / count;
    result.std = std::sqrt(std::max(0.0, squares / count - (sum / count) * (sum / count)));
  });
  return result;
}

TensorDifference difference_of(const Tensor& a, const Tensor& b) {
  if (a.shape() != b.shape())
    throw InvalidArgument("difference_of: the tensors are " + a.type().str() + " and " + b.type().str() +
                          "; one shape was expected");
  const Tensor x = a.eval().to("/CPU:0"), y = b.eval().to("/CPU:0");
  TensorDifference result;
  result.equal =
      x.dtype() == y.dtype() && std::memcmp(x.buffer()->data(), y.buffer()->data(), x.type().bytes()) == 0;
  if (result.equal) return result;
  double apart = 0, of_x = 0, of_y = 0, product = 0;
  dispatch(x.dtype(), [&](auto first) {
    dispatch(y.dtype(), [&](auto second) {
      const auto* const left = static_cast<const decltype(first)*>(x.buffer()->data());
      const auto* const right = static_cast<const decltype(second)*>(y.buffer()->data());
      for (int64_t i = 0; i < x.size(); ++i) {
        const double u = number(left[i]), v = number(right[i]);
        if (u == v || (std::isnan(u) && std::isnan(v))) {
          if (!std::isfinite(u)) continue;
        } else {
          const double difference = std::abs(u - v);
          if (!(difference <= result.max_abs)) result.max_abs = difference;
        }
        apart += (u - v) * (u - v);
        of_x += u * u;
        of_y += v * v;
        product += u * v;
      }
    });
  });
  result.relative = apart == 0 ? 0 : std::sqrt(apart) / std::sqrt(of_x);
  if (of_x != 0 || of_y != 0)
    result.cosine = of_x == 0 || of_y == 0 ? 0 : product / (std::sqrt(of_x) * std::sqrt(of_y));
  return result;
}

}  // namespace lamina
