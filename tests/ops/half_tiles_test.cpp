// Elementwise ops of 16-bit floats give what float32 gives, rounded, wherever a block of them ends.
#include <gtest/gtest.h>

#include <vector>

#include "lamina/ops/binary.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/compare.h"
#include "lamina/ops/unary.h"
#include "lamina/ops/where.h"

namespace lamina {
namespace {

std::vector<float> values(int64_t count, float step) {
  std::vector<float> result;
  for (int64_t i = 0; i < count; ++i) result.push_back(static_cast<float>(i % 97) * step - 2);
  return result;
}

TEST(HalfTiles, RoundWhatFloatsGive) {
  for (const DType dtype : {DType::kFloat16, DType::kBFloat16}) {
    for (const int64_t count : {1, 7, 511, 512, 513, 1030, 5000}) {
      const Tensor a = cast(Tensor::from(values(count, 0.0625F), {count}), dtype).eval();
      const Tensor b = cast(Tensor::from(values(count, 0.125F), {count}), dtype).eval();
      const Tensor x = cast(a, DType::kFloat32).eval(), y = cast(b, DType::kFloat32).eval();
      const auto same = [&](const Tensor& halves, const Tensor& floats, const char* what) {
        EXPECT_EQ(halves.dtype(), dtype) << what;
        EXPECT_EQ(cast(halves, DType::kFloat32).to_vector<float>(),
                  cast(cast(floats.eval(), dtype), DType::kFloat32).to_vector<float>())
            << what << " of " << count;
      };
      same(a + b, x + y, "sum");
      same(a * b, x * y, "product");
      same(maximum(a, b), maximum(x, y), "maximum");
      same(relu(a), relu(x), "relu");
      same(tanh(a), tanh(x), "tanh");
      same(sigmoid(a), sigmoid(x), "sigmoid");
      same(where(greater(a, b), a, b), where(greater(x, y), x, y), "choice");
      EXPECT_EQ(less_equal(a, b).to_vector<int32_t>(), less_equal(x, y).to_vector<int32_t>()) << count;
    }
  }
}

}  // namespace
}  // namespace lamina
