// cond, while_loop and scan against Keras's, results and gradients (tools/golden/control.py).
#include <gtest/gtest.h>

#include <functional>

#include "lamina/ops/binary.h"
#include "lamina/ops/compare.h"
#include "lamina/ops/control.h"
#include "lamina/ops/full.h"
#include "lamina/ops/matmul.h"
#include "lamina/ops/reduce.h"
#include "lamina/ops/unary.h"
#include "tests/support/golden.h"

namespace lamina {
namespace {

using Arrays = std::vector<Tensor>;

Arrays run_scan(const Arrays& in, bool reverse) {
  const ScanResult result = scan(
      [&](const Arrays& h, const Arrays& x) -> ScanResult {
        const Tensor now = tanh(matmul(x[0], in[2]) + matmul(h[0], in[3]));
        return {{now}, {now * now}};
      },
      {in[0]}, {in[1]}, {.reverse = reverse});
  return {result.carry[0], result.ys[0]};
}

Arrays square_root(const Arrays& in) {
  return while_loop([&](const Arrays& root) { return any(greater(abs(root[0] * root[0] - in[0]), 1e-3)); },
                    [&](const Arrays& root) { return Arrays{(root[0] + in[0] / root[0]) * 0.5}; }, in,
                    {.max_iterations = 20});
}

Arrays choose(const Arrays& in, bool pick) {
  return cond(
      full({}, pick, DType::kBool), [&](const Arrays&) { return Arrays{sin(in[0]) * in[1]}; },
      [&](const Arrays&) { return Arrays{in[0] * in[0] - in[1]}; });
}

void expect_case(const std::string& name, const std::function<Arrays(const Arrays&)>& f) {
  const test::Golden golden("ops/control");
  const Arrays in = golden.numbered(name + "_in");
  const Arrays out = f(in), expected = golden.numbered(name + "_out");
  ASSERT_EQ(out.size(), expected.size());
  Tensor loss = full({}, 0);
  for (size_t i = 0; i < out.size(); ++i) {
    test::expect_close(out[i], expected[i], name + " result " + std::to_string(i));
    loss = loss + sum(out[i]) * static_cast<double>(i + 1);
  }
  const Arrays grads = gradients(loss, in), wanted = golden.numbered(name + "_grad");
  ASSERT_EQ(grads.size(), wanted.size());
  for (size_t i = 0; i < grads.size(); ++i) {
    test::expect_close(grads[i], wanted[i], name + " gradient " + std::to_string(i), 1e-5);
  }
}

TEST(ControlGolden, Scan) {
  expect_case("scan", [](const Arrays& in) { return run_scan(in, false); });
}
TEST(ControlGolden, ScanReverse) {
  expect_case("scan_reverse", [](const Arrays& in) { return run_scan(in, true); });
}
TEST(ControlGolden, WhileLoop) { expect_case("while", square_root); }
TEST(ControlGolden, Cond) {
  expect_case("cond_true", [](const Arrays& in) { return choose(in, true); });
  expect_case("cond_false", [](const Arrays& in) { return choose(in, false); });
}

}  // namespace
}  // namespace lamina
