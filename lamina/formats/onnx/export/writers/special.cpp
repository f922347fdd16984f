// Writers of lgamma, digamma and erfinv, which ONNX has no operators for: their series, in float64.
#include <cmath>
#include <initializer_list>
#include <limits>
#include <numbers>

#include "lamina/formats/onnx/export/writers/elementwise.h"

namespace lamina::onnx {
namespace {

constexpr double kDoubleInfinity = std::numeric_limits<double>::infinity();

/// Float64 arithmetic by names.
class Doubles {
 public:
  explicit Doubles(Writing& w) : w_(w) {}
  std::string number(double value) { return w_.number(value, DType::kFloat64); }
  std::string of(const char* type, const Names& x) { return w_.node(type, x); }
  std::string add(const std::string& a, const std::string& b) { return of("Add", {a, b}); }
  std::string sub(const std::string& a, const std::string& b) { return of("Sub", {a, b}); }
  std::string mul(const std::string& a, const std::string& b) { return of("Mul", {a, b}); }
  std::string div(const std::string& a, const std::string& b) { return of("Div", {a, b}); }
  std::string where(const std::string& condition, const std::string& a, const std::string& b) { return of("Where", {condition, a, b}); }
  /// ((c0 x + c1) x + c2) ...
  std::string polynomial(const std::string& x, std::initializer_list<double> coefficients) {
    std::string sum = number(*coefficients.begin());
    for (auto c = coefficients.begin() + 1; c != coefficients.end(); ++c) sum = add(mul(sum, x), number(*c));
    return sum;
  }

 private:
  Writing& w_;
};

using Formula64 = std::string (*)(Doubles& d, const std::string& x);

bool in_float64(const char* op, Formula64 formula) {
  return elementwise(op, [formula](Writing& w, const Names& x, DType dtype) {
    Doubles d(w);
    return w.as(formula(d, w.as(x[0], dtype, DType::kFloat64)), DType::kFloat64, dtype);
  });
}

constexpr double kStirlingFrom = 8;  // from there on the series of Stirling has all digits of float32 and more

/// A number, its mirror image where it is below 1/2, and what is between it and the next whole number below.
struct Reflected {
  Reflected(Doubles& d, const std::string& x)
      : below(d.of("Less", {x, d.number(0.5)})),
        to(d.where(below, d.sub(d.number(1), x), x)),
        near(d.of("Less", {to, d.number(kStirlingFrom)})),
        far(d.where(near, d.add(to, d.number(kStirlingFrom)), to)),
        angle(d.mul(d.sub(x, d.of("Floor", {x})), d.number(std::numbers::pi))) {}
  std::string below, to, near, far, angle;
};

/// By Stirling's series for far numbers, the recurrence for near ones, and the reflection for those below 1/2.
std::string lgamma(Doubles& d, const std::string& x) {
  const Reflected r(d, x);
  std::string product = r.to;
  for (double k = 1; k < kStirlingFrom; ++k) product = d.mul(product, d.add(r.to, d.number(k)));
  const std::string one = d.div(d.number(1), r.far);
  const std::string series = d.mul(d.polynomial(d.mul(one, one), {-1.0 / 1680, 1.0 / 1260, -1.0 / 360, 1.0 / 12}), one);
  const std::string large = d.sub(d.mul(d.sub(r.far, d.number(0.5)), d.of("Log", {r.far})), r.far);
  const std::string stirling = d.add(d.add(large, d.number(0.5 * std::log(2 * std::numbers::pi))), series);
  const std::string right = d.sub(stirling, d.of("Log", {d.where(r.near, product, d.number(1))}));
  const std::string left = d.sub(d.of("Log", {d.div(d.number(std::numbers::pi), d.of("Sin", {r.angle}))}), right);
  const std::string infinite = d.of("Equal", {d.of("Abs", {x}), d.number(kDoubleInfinity)});
  return d.where(infinite, d.number(kDoubleInfinity), d.where(r.below, left, right));
}

std::string digamma(Doubles& d, const std::string& x) {
  const Reflected r(d, x);
  std::string sum = d.div(d.number(1), r.to);
  for (double k = 1; k < kStirlingFrom; ++k) sum = d.add(sum, d.div(d.number(1), d.add(r.to, d.number(k))));
  const std::string one = d.div(d.number(1), r.far), square = d.mul(one, one);
  const std::string series = d.mul(d.polynomial(square, {1.0 / 132, -1.0 / 240, 1.0 / 252, -1.0 / 120, 1.0 / 12}), square);
  const std::string asymptotic = d.sub(d.sub(d.of("Log", {r.far}), d.mul(one, d.number(0.5))), series);
  const std::string right = d.sub(asymptotic, d.where(r.near, sum, d.number(0)));
  // The cotangent. At 0, -1, ... there is no derivative.
  const std::string slope = d.mul(d.number(std::numbers::pi), d.div(d.of("Cos", {r.angle}), d.of("Sin", {r.angle})));
  const std::string pole = d.of("And", {d.of("Equal", {x, d.of("Floor", {x})}), d.of("Less", {x, d.number(0.5)})});
  const std::string left = d.where(pole, d.number(std::numeric_limits<double>::quiet_NaN()), d.sub(right, slope));
  return d.where(r.below, left, right);
}

/// M. Giles, Approximating the erfinv function (2010), for float32.
std::string erfinv(Doubles& d, const std::string& x) {
  const std::string one = d.number(1);
  const std::string w = d.of("Neg", {d.of("Log", {d.mul(d.sub(one, x), d.add(one, x))})});
  const std::string central = d.polynomial(d.sub(w, d.number(2.5)),
                                           {2.81022636e-08, 3.43273939e-07, -3.5233877e-06, -4.39150654e-06, 0.00021858087,
                                            -0.00125372503, -0.00417768164, 0.246640727, 1.50140941});
  const std::string tail = d.polynomial(d.sub(d.of("Sqrt", {d.of("Max", {w, d.number(0)})}), d.number(3)),
                                        {-0.000200214257, 0.000100950558, 0.00134934322, -0.00367342844, 0.00573950773,
                                         -0.0076224613, 0.00943887047, 1.00167406, 2.83297682});
  const std::string inside = d.mul(d.where(d.of("Less", {w, d.number(5)}), central, tail), x);
  const std::string end = d.of("Equal", {d.of("Abs", {x}), one}), outside = d.of("Greater", {d.of("Abs", {x}), one});
  const std::string nan = d.number(std::numeric_limits<double>::quiet_NaN());
  return d.where(end, d.mul(x, d.number(kDoubleInfinity)), d.where(outside, nan, inside));
}

const bool kSpecialRegistered[] = {in_float64("lgamma", lgamma), in_float64("digamma", digamma), in_float64("erfinv", erfinv)};

}  // namespace
}  // namespace lamina::onnx
