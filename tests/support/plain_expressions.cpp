// Values, one loop each, and derivatives, one rule each.
#include "tests/support/plain_expressions.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <set>

namespace lamina::testing {
namespace {

using Kind = Expression::Kind;

template <class F>
Plain make(Kind kind, const Plain& a, const Plain& b, F&& element) {
  auto result = std::make_shared<Expression>();
  result->kind = kind;
  result->a = a;
  result->b = b;
  for (size_t i = 0; i < a->value.size(); ++i) result->value.push_back(element(i));
  return result;
}

Plain constant_like(const Plain& a, double value) {
  return plain_data(std::vector<double>(a->value.size(), value));
}

Plain plain_cosine(const Plain& a) {
  return make(Kind::kCosine, a, nullptr, [&](size_t i) { return std::cos(a->value[i]); });
}

}  // namespace

Plain plain_data(std::vector<double> values) {
  auto result = std::make_shared<Expression>();
  result->value = std::move(values);
  return result;
}

Plain plain_same(const Plain& a) {
  return make(Kind::kSame, a, nullptr, [&](size_t i) { return a->value[i]; });
}

Plain operator+(const Plain& a, const Plain& b) {
  return make(Kind::kAdd, a, b, [&](size_t i) { return a->value[i] + b->value[i]; });
}

Plain operator-(const Plain& a, const Plain& b) {
  return make(Kind::kSubtract, a, b, [&](size_t i) { return a->value[i] - b->value[i]; });
}

Plain operator*(const Plain& a, const Plain& b) {
  return make(Kind::kMultiply, a, b, [&](size_t i) { return a->value[i] * b->value[i]; });
}

Plain plain_sine(const Plain& a) {
  return make(Kind::kSine, a, nullptr, [&](size_t i) { return std::sin(a->value[i]); });
}

Plain plain_total(const Plain& a) {
  double total = 0;
  for (double value : a->value) total += value;
  return make(Kind::kTotal, a, nullptr, [&](size_t) { return total; });
}

std::vector<Plain> plain_gradients(const Plain& z, const std::vector<Plain>& inputs) {
  std::vector<Plain> order;  // every expression after those that it is made of
  std::set<const Expression*> seen;
  const std::function<void(const Plain&)> visit = [&](const Plain& x) {
    if (!x || !seen.insert(x.get()).second) return;
    visit(x->a);
    visit(x->b);
    order.push_back(x);
  };
  visit(z);

  std::map<const Expression*, Plain> gradient;
  const auto add = [&](const Plain& to, const Plain& by) {
    Plain& sum = gradient[to.get()];
    sum = sum ? sum + by : by;
  };
  add(z, constant_like(z, 1));
  for (size_t n = order.size(); n-- > 0;) {
    const Plain& x = order[n];
    const Plain g = gradient[x.get()];
    if (!g) continue;
    switch (x->kind) {
      case Kind::kData:
        break;
      case Kind::kSame:
        add(x->a, g);
        break;
      case Kind::kAdd:
        add(x->a, g);
        add(x->b, g);
        break;
      case Kind::kSubtract:
        add(x->a, g);
        add(x->b, constant_like(g, 0) - g);
        break;
      case Kind::kMultiply:
        add(x->a, g * x->b);
        add(x->b, g * x->a);
        break;
      case Kind::kSine:
        add(x->a, g * plain_cosine(x->a));
        break;
      case Kind::kCosine:
        add(x->a, constant_like(g, 0) - g * plain_sine(x->a));
        break;
      case Kind::kTotal:
        add(x->a, plain_total(g));
        break;
    }
  }
  std::vector<Plain> results;
  for (const Plain& input : inputs) {
    const Plain found = gradient[input.get()];
    results.push_back(found ? found : constant_like(input, 0));
  }
  return results;
}

}  // namespace lamina::testing
