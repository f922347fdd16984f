// What one evaluation computed is remembered as the graph that ran: gradients that come by find the ops
// again.
#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include "lamina/base/error.h"
#include "lamina/core/compile.h"
#include "lamina/core/grad.h"
#include "lamina/core/node_map.h"
#include "lamina/core/pool_allocator.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/full.h"
#include "lamina/ops/matmul.h"
#include "lamina/ops/reduce.h"
#include "lamina/ops/unary.h"

namespace lamina {
namespace {

using Numbers = std::vector<double>;

Numbers of(const Tensor& x) { return x.to_vector<double>(); }

struct Network {
  Tensor x = Tensor::from<double>({{1, 2}, {3, -4}}), w = Tensor::from<double>({{0.5, -1}, {2, 0.25}});
  Tensor hidden, loss;

  Network() {
    hidden = tanh(matmul(x, w));
    loss = sum(exp(hidden * 0.5) * hidden);
  }
};

TEST(FoldedHistory, GivesTheGradientsOfWhatWasPending) {
  Network pending, computed;
  eval(std::vector{computed.loss, computed.hidden});
  ASSERT_TRUE(computed.hidden.computed());
  for (int time = 0; time < 2; ++time) {  // the first unfolds
    EXPECT_EQ(of(gradients(computed.loss, {computed.w})[0]), of(gradients(pending.loss, {pending.w})[0]));
    EXPECT_EQ(of(gradients(computed.loss, {computed.hidden})[0]),
              of(gradients(pending.loss, {pending.hidden})[0]));
  }
  const auto by_both = [](const Network& n) { return gradients(n.loss, {n.w, n.hidden}); };
  EXPECT_EQ(of(by_both(computed)[0]), of(by_both(pending)[0]));
  EXPECT_EQ(of(by_both(computed)[1]), of(by_both(pending)[1]));
}

TEST(FoldedHistory, MakesAgainWhatNobodyHeld) {
  Network pending, computed;
  computed.hidden = Tensor();
  computed.loss.item();
  EXPECT_EQ(of(gradients(computed.loss, {computed.w})[0]), of(gradients(pending.loss, {pending.w})[0]));
  // Also where it was looked at, and let go of since.
  Network looked;
  looked.hidden.eval();
  looked.loss.eval();
  looked.hidden = Tensor();
  EXPECT_EQ(of(gradients(looked.loss, {looked.w})[0]), of(gradients(pending.loss, {pending.w})[0]));
}

TEST(FoldedHistory, GivesSecondDerivatives) {
  const Tensor x = Tensor::from<double>({0.5, -1, 2});
  const Tensor slope = gradients(sum(x * x * x), {x})[0];
  EXPECT_EQ(of(slope), (Numbers{0.75, 3, 12}));  // computed, and folded
  EXPECT_EQ(of(gradients(sum(slope), {x})[0]), (Numbers{3, -6, 12}));
  EXPECT_EQ(of(gradients(sum(gradients(sum(slope), {x})[0]), {x})[0]), (Numbers{6, 6, 6}));
}

TEST(FoldedHistory, OfOneEvaluationServesAllItsResults) {
  const Tensor x = Tensor::from<double>({1, 2});
  const Tensor a = x * 3.0, b = a * a, c = exp(x);
  eval(std::vector{b, c});
  EXPECT_EQ(of(gradients(sum(c), {x})[0]), of(c));  // unfolds for b, too
  EXPECT_EQ(of(gradients(sum(b), {x})[0]), (Numbers{18, 36}));
  EXPECT_EQ(of(gradients(sum(b), {a})[0]), (Numbers{6, 12}));
}

TEST(FoldedHistory, IsPartOfCompiledFunctions) {
  const Tensor w = Tensor::from<double>({1, 2});
  const Tensor y = w * w;
  y.eval();
  const Function f = compile([&](const std::vector<Tensor>& a) { return gradients(sum(y * a[0]), {w}); });
  EXPECT_EQ(of(f({Tensor::from<double>({1, 10})})[0]), (Numbers{2, 40}));
}

TEST(FoldedHistory, OfAStopIsConstant) {
  const Tensor x = Tensor::from<double>({1, 2});
  const Tensor y = stop_gradient(x * x) * x;
  y.eval();
  EXPECT_EQ(of(gradients(sum(y), {x})[0]), (Numbers{1, 4}));
}

TEST(FoldedHistory, LetsGoOfLongChains) {
  Tensor x = Tensor::from<float>({1, 2});
  for (int i = 0; i < 50'000; ++i) (x = x * 1.0).eval();
  EXPECT_EQ(x.to_vector<float>(), (std::vector<float>{1, 2}));
}

TEST(FoldedHistory, MayEndInAnotherThread) {
  std::vector<Tensor> made;
  std::thread([&] {
    for (int i = 0; i < 200; ++i) made.push_back((ones({4}) * (1.0 + i)).eval());
  }).join();
  float total = 0;
  for (const Tensor& tensor : made) total += tensor.to_vector<float>()[3];
  EXPECT_EQ(total, 20100);
  std::thread([&] { made.clear(); }).join();
}

TEST(NodeMap, HoldsMoreThanItsOwnTable) {
  std::vector<double> places(1000);
  detail::NodeMap<int> map;
  for (int round = 0; round < 2; ++round) {
    for (size_t i = 0; i < places.size(); ++i) {
      const auto [value, added] = map.emplace(&places[i], static_cast<int>(i));
      EXPECT_EQ(added, round == 0);
      EXPECT_EQ(*value, static_cast<int>(i));
    }
  }
  EXPECT_EQ(map.size(), 1000u);
  for (size_t i = 0; i < places.size(); ++i) EXPECT_EQ(*map.find(&places[i]), static_cast<int>(i));
  EXPECT_FALSE(map.contains(&map));
}

TEST(PoolAllocator, GivesBlocksOfTheirOwn) {
  std::vector<std::pair<unsigned char*, size_t>> blocks;
  for (size_t round = 0; round < 3; ++round) {
    for (size_t bytes = 1; bytes < 1000; bytes += 7) {
      auto* const block = static_cast<unsigned char*>(detail::pool_allocate(bytes));
      std::fill(block, block + bytes, static_cast<unsigned char>(bytes));
      blocks.emplace_back(block, bytes);
    }
    for (const auto& [block, bytes] : blocks) {
      for (size_t i = 0; i < bytes; ++i) ASSERT_EQ(block[i], static_cast<unsigned char>(bytes));
      detail::pool_free(block, bytes);
    }
    blocks.clear();
  }
}

}  // namespace
}  // namespace lamina
