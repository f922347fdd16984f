// Shapes: indexing, printing, broadcasting.
#include "lamina/base/shape.h"

#include <gtest/gtest.h>

#include "lamina/base/error.h"

namespace lamina {
namespace {

TEST(Shape, CountsNegativeAxesFromTheEnd) {
  const Shape shape{2, 3, 5};
  EXPECT_EQ(shape[-1], 5);
  EXPECT_EQ(shape.size(), 30);
  EXPECT_THROW(shape[3], InvalidArgument);
}

TEST(Shape, RefusesToCountWhatDoesNotFit) {
  const int64_t many = int64_t{1} << 32;
  EXPECT_THROW((Shape{many, many}.size()), InvalidArgument);
  EXPECT_THROW((Shape{many, many / 2}.size()), InvalidArgument);
  EXPECT_EQ((Shape{many, many / 4}.size()), int64_t{1} << 62);
  EXPECT_EQ((Shape{many, many, 0}.size()), 0);
}

TEST(Shape, PrintsAsKerasDoes) {
  EXPECT_EQ((Shape{-1, 28, 28}).str(), "(None, 28, 28)");
  EXPECT_EQ(Shape{4}.str(), "(4,)");
  EXPECT_EQ(Shape{}.str(), "()");
}

TEST(Shape, BroadcastsAsNumpyDoes) {
  EXPECT_EQ(broadcast({4, 1, 3}, {5, 1}), (Shape{4, 5, 3}));
  EXPECT_EQ(broadcast({0, 3}, {1, 3}), (Shape{0, 3}));
  EXPECT_THROW(broadcast({2, 3}, {4, 3}), InvalidArgument);
}

}  // namespace
}  // namespace lamina
