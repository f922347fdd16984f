// Products and convolutions divided among threads: the same bits for any number of them, as plain loops
// compute, and an error of the library in a worker comes to the caller.
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <thread>
#include <vector>

#include "lamina/backend/cpu/detail/onednn.h"
#include "lamina/base/error.h"
#include "lamina/base/threads.h"
#include "lamina/ops/conv2d.h"
#include "lamina/ops/matmul.h"

namespace lamina {
namespace {

Tensor waves(const Shape& shape, double step) {
  std::vector<float> values(static_cast<size_t>(shape.size()));
  for (size_t i = 0; i < values.size(); ++i)
    values[i] = static_cast<float>(std::sin(static_cast<double>(i) * step));
  return Tensor::from(values, shape);
}

using Floats = std::vector<float>;

Floats with_threads(int threads, const std::function<Tensor()>& f) {
  Floats values;
  std::thread caller([&] {
    set_num_threads(threads);
    values = f().to_vector<float>();
  });
  caller.join();
  return values;
}

void expect_same_bits(const std::function<Tensor()>& f, const std::string& what) {
  const Floats one = with_threads(1, f);
  for (const int threads : {2, 3, 8}) EXPECT_TRUE(with_threads(threads, f) == one) << what << ", " << threads;
}

TEST(SharedWork, ProductsHaveTheSameBitsForAnyNumberOfThreads) {
  struct Sizes {
    int64_t m, n, k;
  };
  for (const auto& [m, n, k] : {Sizes{128, 128, 700}, Sizes{700, 128, 128}, Sizes{128, 1300, 96},
                                Sizes{1, 128, 5408}, Sizes{1, 1000, 777}, Sizes{3, 257, 2000},
                                Sizes{97, 95, 93}, Sizes{64, 512, 1000}, Sizes{200, 97, 601}}) {
    const Tensor a = waves({m, k}, 0.37).eval();
    const Tensor b = waves({k, n}, 0.73).eval();
    const Tensor turned = waves({n, k}, 0.73).eval();
    const std::string what = a.shape().str() + b.shape().str();
    expect_same_bits([&] { return matmul(a, b); }, what);
    expect_same_bits([&] { return matmul(a, turned, false, true); }, what + " transposed");
  }
}

TEST(SharedWork, ConvolutionsHaveTheSameBitsForAnyNumberOfThreads) {
  for (const int64_t batch : {1, 4, 7, 13}) {
    for (const int64_t channels : {3, 16}) {
      const Tensor x = waves({batch, 20, 20, channels}, 0.11).eval();
      const Tensor kernel = waves({3, 3, channels, 32}, 0.19).eval();
      const Tensor g = waves({batch, 18, 18, 32}, 0.23).eval();
      const std::string what = x.shape().str();
      expect_same_bits([&] { return conv2d(x, kernel); }, what + " forward");
      expect_same_bits([&] { return conv2d_grad_input(g, kernel, x.shape()); }, what + " image");
      expect_same_bits([&] { return conv2d_grad_kernel(x, g, kernel.shape()); }, what + " kernel");
    }
  }
}

TEST(SharedWork, DividedProductsAndConvolutionsAreRight) {
  const int64_t m = 130, n = 150, k = 200;
  const Floats a = waves({m, k}, 0.37).to_vector<float>();
  const Floats b = waves({k, n}, 0.73).to_vector<float>();
  const Floats c = with_threads(4, [] { return matmul(waves({130, 200}, 0.37), waves({200, 150}, 0.73)); });
  for (int64_t i = 0; i < m; ++i) {
    for (int64_t j = 0; j < n; ++j) {
      double sum = 0;
      for (int64_t l = 0; l < k; ++l)
        sum += static_cast<double>(a[static_cast<size_t>(i * k + l)]) *
               static_cast<double>(b[static_cast<size_t>(l * n + j)]);
      ASSERT_NEAR(c[static_cast<size_t>(i * n + j)], sum, 1e-4) << i << ", " << j;
    }
  }
  // The gradient of sum(conv(x, w) * g) in direction of w is that of x: one number in two ways, from all
  // three passes.
  const Tensor x = waves({13, 20, 20, 16}, 0.11);
  const Tensor w = waves({3, 3, 16, 32}, 0.19);
  const Tensor g = waves({13, 18, 18, 32}, 0.23);
  const auto dot = [](const Floats& p, const Floats& q) {
    double sum = 0;
    for (size_t i = 0; i < p.size(); ++i) sum += static_cast<double>(p[i]) * static_cast<double>(q[i]);
    return sum;
  };
  const double forward = dot(with_threads(4, [&] { return conv2d(x, w); }), g.to_vector<float>());
  const double image =
      dot(with_threads(4, [&] { return conv2d_grad_input(g, w, x.shape()); }), x.to_vector<float>());
  const double kernel =
      dot(with_threads(4, [&] { return conv2d_grad_kernel(x, g, w.shape()); }), w.to_vector<float>());
  EXPECT_GT(std::abs(forward), 0.01);
  EXPECT_NEAR(image, forward, 1e-3 * std::max(1.0, std::abs(forward)));
  EXPECT_NEAR(kernel, forward, 1e-3 * std::max(1.0, std::abs(forward)));
}

TEST(SharedWork, AnErrorOfTheLibraryInAWorkerReachesTheCaller) {
  const Floats a(size_t{512} * 512), b(size_t{512} * 512);
  Floats c(size_t{512} * 512);
  std::thread caller([&] {
    set_num_threads(4);
    for (int round = 0; round < 20; ++round) {
      // Rows of 512 elements cannot lie 1 apart.
      EXPECT_THROW(onednn::sgemm(false, false, 512, 512, 512, a.data(), 512, b.data(), 512, c.data(), 1),
                   InternalError);
    }
    onednn::sgemm(false, false, 512, 512, 512, a.data(), 512, b.data(), 512, c.data(), 512);
  });
  caller.join();
}

}  // namespace
}  // namespace lamina
