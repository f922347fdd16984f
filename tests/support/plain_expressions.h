// An interpreter of differentiable expressions, by the most obvious code there is: the oracle of random
// programs. Every value is a vector of one length; everything is computed at once and kept.
#pragma once

#include <memory>
#include <vector>

namespace lamina::testing {

struct Expression;
using Plain = std::shared_ptr<const Expression>;

/// One value and how it came about.
struct Expression {
  enum class Kind { kData, kSame, kAdd, kSubtract, kMultiply, kSine, kCosine, kTotal };
  Kind kind = Kind::kData;
  Plain a, b;
  std::vector<double> value;
};

Plain plain_data(std::vector<double> values);
/// The same value as another expression.
Plain plain_same(const Plain& a);
Plain operator+(const Plain& a, const Plain& b);
Plain operator-(const Plain& a, const Plain& b);
Plain operator*(const Plain& a, const Plain& b);
Plain plain_sine(const Plain& a);
/// The sum of all elements, in every element.
Plain plain_total(const Plain& a);

/// Gradients of the sum of z's elements by `inputs`; paths end at the first of them.
std::vector<Plain> plain_gradients(const Plain& z, const std::vector<Plain>& inputs);

}  // namespace lamina::testing
