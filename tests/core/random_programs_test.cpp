// Random programs of operations, reads, gradients, compiled calls, control flow and in-place training steps,
// against an interpreter that computes everything at once and forgets nothing.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cmath>
#include <string>

#include "lamina/base/error.h"
#include "lamina/core/compile.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/compare.h"
#include "lamina/ops/control.h"
#include "lamina/ops/full.h"
#include "lamina/ops/reduce.h"
#include "lamina/ops/unary.h"
#include "tests/support/plain_expressions.h"

namespace lamina::testing {
namespace {

// A tensor and what it must be.
struct Both {
  Tensor tensor;
  Plain plain;
};

Tensor total(const Tensor& x) { return sum(x) + full(x.shape(), 0, x.dtype()); }

class Machine {
 public:
  explicit Machine(size_t length)
      : length_(length),
        step_(
            [](const std::vector<Tensor>& a) {
              return std::vector<Tensor>{a[0] - sin(a[0] * a[1]) * 0.5, total(a[0])};
            },
            1),
        product_(compile([](const std::vector<Tensor>& a) { return std::vector{a[0] * a[1] + sin(a[0])}; })),
        scaled_(compile([this](const std::vector<Tensor>& a) { return std::vector{a[0] * weight_.tensor}; })),
        outer_(compile([this](const std::vector<Tensor>& a) {
          return std::vector{sin(product_({a[0], a[1]})[0]) - a[1]};
        })) {
    for (int i = 0; i < 3; ++i) data();
    weight_ = number_row();
  }

  void command() {
    const DeviceScope scope(Device{});
    switch (pick(14)) {
      case 0:
        return data();
      case 1:
        return drop();
      case 2:
        return look();
      case 3:
        return keep(any());  // another handle
      case 4:
        return train();
      case 5:
        return keep(weight_);
      case 6:
        return differentiate();
      case 7:
        return differentiate_function();
      case 8:
        return call();
      case 9:
        return capture();
      case 10:
        return choose();
      case 11:
        return loop();
      default:
        return operate();
    }
  }

  void look_at_everything() const {
    for (const Both& both : pool_) check(both);
    check(weight_);
  }

 private:
  static size_t pick(size_t n) { return *rc::gen::inRange<size_t>(0, n); }
  const Both& any() const { return pool_[pick(pool_.size())]; }
  void keep(Both both) {
    // Values stay tame, and pools small.
    double largest = 0;
    for (double value : both.plain->value) largest = std::max(largest, std::abs(value));
    if (largest > 100) both = {sin(both.tensor), plain_sine(both.plain)};
    pool_.push_back(std::move(both));
    if (pool_.size() > 12) pool_.erase(pool_.begin());
  }

  Both number_row() {
    std::vector<double> values;
    const double start = static_cast<double>(pick(100)) / 10 - 5;
    for (size_t i = 0; i < length_; ++i) values.push_back(std::sin(start + static_cast<double>(i)));
    return {Tensor::from(values, {static_cast<int64_t>(length_)}), plain_data(values)};
  }

  void check(const Both& both) const {
    const std::vector<double> actual = both.tensor.to_vector<double>();
    for (size_t i = 0; i < length_; ++i) {
      const double expected = both.plain->value[i];
      RC_ASSERT(std::abs(actual[i] - expected) <= 1e-8 * (1 + std::abs(expected)));
    }
  }

  void data() { keep(number_row()); }
  void drop() {
    if (pool_.size() > 1) pool_.erase(pool_.begin() + static_cast<std::ptrdiff_t>(pick(pool_.size())));
  }
  void look() { check(any()); }

  void operate() {
    const Both a = any(), b = any();
    switch (pick(5)) {
      case 0:
        return keep({a.tensor + b.tensor, a.plain + b.plain});
      case 1:
        return keep({a.tensor - b.tensor, a.plain - b.plain});
      case 2:
        return keep({sin(a.tensor), plain_sine(a.plain)});
      case 3:
        return keep({total(a.tensor), plain_total(a.plain)});
      default:
        return keep({a.tensor * b.tensor, a.plain * b.plain});
    }
  }

  Plain half(const Plain& a) const { return a * plain_data(std::vector<double>(length_, 0.5)); }

  // The weight is written over where nothing else holds it, and every other handle keeps its value.
  void train() {
    const Both x = any();
    std::vector<Tensor> state;
    state.push_back(std::move(weight_.tensor));
    const std::vector<Tensor> outputs = step_(state, std::vector{x.tensor});
    const Plain before = weight_.plain;
    weight_ = {std::move(state[0]), plain_data((before - half(plain_sine(before * x.plain)))->value)};
    keep({outputs[0], plain_data(plain_total(before)->value)});
  }

  void differentiate() {
    const Both z = any(), x = any(), y = any();
    if (x.plain == y.plain) return;
    std::vector<Tensor> actual;
    try {
      actual = gradients(sum(z.tensor), {x.tensor, y.tensor});
    } catch (const InvalidArgument& refusal) {
      // Right, or an error with advice: large values that were let go are not kept for gradients, and steps
      // give data.
      const std::string message = refusal.what();
      const bool forgot = length_ > 512 && message.find("stop_gradient() to take it") != std::string::npos;
      RC_ASSERT(forgot);
      return;
    }
    const std::vector<Plain> expected = plain_gradients(z.plain, {x.plain, y.plain});
    for (size_t i = 0; i < 2; ++i) {
      const Both gradient{actual[i], expected[i]};
      if (pick(2) == 0) check(gradient);
      keep(gradient);
    }
  }

  void differentiate_function() {
    const Both a = any(), b = any();
    const bool looks = pick(2) == 0, inside = pick(2) == 0;
    const ScalarFunction f = [&](const std::vector<Tensor>& x) {
      const Tensor y = inside ? outer_({x[0], b.tensor})[0] : sin(x[0] * b.tensor);
      if (looks) y.eval();
      return sum(y * x[0]);
    };
    const Plain x = plain_same(a.plain);
    const Plain y = inside ? outer(x, b.plain) : plain_sine(x * b.plain);
    keep({grad(f)({a.tensor})[0], plain_gradients(y * x, {x})[0]});
  }

  static Plain product(const Plain& a, const Plain& b) { return a * b + plain_sine(a); }
  static Plain outer(const Plain& a, const Plain& b) { return plain_sine(product(a, b)) - b; }

  void call() {
    const Both a = any(), b = any();
    if (pick(3) == 0) return keep({scaled_({a.tensor})[0], a.plain * weight_.plain});
    if (pick(2) == 0) return keep({product_({a.tensor, b.tensor})[0], product(a.plain, b.plain)});
    keep({outer_({a.tensor, b.tensor})[0], outer(a.plain, b.plain)});
  }

  // A function that reads a tensor from outside, pending or not.
  void capture() {
    const Both a = any(), b = any();
    const Function f =
        compile([&](const std::vector<Tensor>& x) { return std::vector{sin(x[0] - b.tensor)}; });
    keep({f({a.tensor})[0], plain_sine(a.plain - b.plain)});
  }

  void choose() {
    const Both a = any(), b = any();
    const bool yes = pick(2) == 0;
    const auto chosen = cond(
        full({}, yes, DType::kBool),
        [&](const std::vector<Tensor>& x) { return std::vector{x[0] * b.tensor}; },
        [](const std::vector<Tensor>& x) { return std::vector{sin(x[0])}; }, {a.tensor});
    keep({chosen[0], yes ? a.plain * b.plain : plain_sine(a.plain)});
  }

  void loop() {
    const Both a = any(), b = any();
    const bool calls = pick(2) == 0;
    const ScanResult result = scan(
        [&](const std::vector<Tensor>& carry, const std::vector<Tensor>&) {
          return ScanResult{{sin(calls ? product_({carry[0], b.tensor})[0] : carry[0] * b.tensor)}, {}};
        },
        {a.tensor}, {}, {.length = 3});
    Plain carry = a.plain;
    for (int i = 0; i < 3; ++i) carry = plain_sine(calls ? product(carry, b.plain) : carry * b.plain);
    keep({result.carry[0], carry});
  }

  size_t length_;
  Step step_;
  Function product_, scaled_, outer_;
  std::vector<Both> pool_;
  Both weight_;
};

void run(size_t length) {
  Machine machine(length);
  const int commands = *rc::gen::inRange(1, 40);
  for (int i = 0; i < commands; ++i) machine.command();
  machine.look_at_everything();
}

RC_GTEST_PROP(RandomPrograms, AreNeverSilentlyWrong, ()) { run(3); }
RC_GTEST_PROP(RandomPrograms, AreRightOrRefusedWhereValuesAreLarge, ()) { run(600); }

}  // namespace
}  // namespace lamina::testing
