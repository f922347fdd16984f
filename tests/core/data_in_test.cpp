// How data comes into tensors: spans, nested lists, strides, borrowed memory; shapes of any integer type;
// what is refused.
#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <limits>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "lamina/backend/backend.h"
#include "lamina/base/error.h"
#include "lamina/core/compile.h"
#include "lamina/core/tensor.h"
#include "lamina/core/tensors.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/full.h"

namespace lamina {
namespace {

using Floats = std::vector<float>;
using Ints = std::vector<int>;

template <class F>
std::string refusal(F&& f) {
  try {
    f();
  } catch (const InvalidArgument& error) {
    return error.what();
  }
  return "nothing was thrown";
}

void expect_refusal(const std::string& message, std::initializer_list<const char*> parts) {
  for (const char* part : parts) EXPECT_NE(message.find(part), std::string::npos) << message;
}

TEST(DataIn, ScalarsKeepTheirKind) {
  EXPECT_EQ(Tensor(true).dtype(), DType::kBool);
  EXPECT_EQ(Tensor(2.5).dtype(), DType::kFloat32);
  EXPECT_EQ(Tensor(2.5f).item(), 2.5f);
  EXPECT_EQ(Tensor(7).dtype(), DType::kInt32);
  EXPECT_EQ(Tensor(16'777'217).item<int>(), 16'777'217);  // not a float32
  EXPECT_EQ(Tensor(int64_t{1} << 40).dtype(), DType::kInt64);
  EXPECT_EQ(Tensor(int64_t{1} << 40).item<int64_t>(), int64_t{1} << 40);
  EXPECT_EQ(Tensor(size_t{3}).dtype(), DType::kInt32);
  expect_refusal(refusal([] { return Tensor(std::numeric_limits<uint64_t>::max()); }),
                 {"too large", "2^63 - 1"});
}

TEST(DataIn, SpansArraysAndVectors) {
  const Floats values = {1, 2, 3, 4, 5, 6};
  EXPECT_EQ(Tensor::from(std::span<const float>(values), {2, 3}).to_vector<float>(), values);
  EXPECT_EQ(Tensor::from(std::span(values).subspan(1, 4), {2, 2}).to_vector<float>(), (Floats{2, 3, 4, 5}));
  EXPECT_EQ(Tensor::from(std::array<int8_t, 3>{1, 2, 3}, {3}).dtype(), DType::kInt8);
  EXPECT_EQ(Tensor::from(values).shape(), Shape{6});
  const Tensor flags = Tensor::from(std::vector<bool>{true, false, true, true}, {2, 2});
  EXPECT_EQ(flags.dtype(), DType::kBool);
  EXPECT_EQ(flags.to_vector<int>(), (Ints{1, 0, 1, 1}));
  EXPECT_EQ(Tensor::from(std::vector<bool>{false, true}).to_vector<int>(), (Ints{0, 1}));
  EXPECT_EQ(Tensor::from(std::vector<long long>{5}, {1}).dtype(), DType::kInt64);
  expect_refusal(refusal([&] {
                   Tensor::from(std::span(values), {2, 2});
                 }),
                 {"(2, 2)", "4 elements", "6 values"});
}

TEST(DataIn, NestedListsOfAnyDepth) {
  const Tensor matrix = Tensor::from({{1, 2, 3}, {4, 5, 6}});
  EXPECT_EQ(matrix.shape(), (Shape{2, 3}));
  EXPECT_EQ(matrix.dtype(), DType::kInt32);
  EXPECT_EQ(matrix.to_vector<int>(), (Ints{1, 2, 3, 4, 5, 6}));
  EXPECT_EQ(Tensor::from<float>({{1, 2}, {3, 4}}).dtype(), DType::kFloat32);
  EXPECT_EQ(Tensor::from({{{1.0, 2.0}}, {{3.0, 4.0}}}).shape(), (Shape{2, 1, 2}));
  EXPECT_EQ(Tensor::from({{{{1, 2}}, {{3, 4}}}}).shape(), (Shape{1, 2, 1, 2}));
  EXPECT_EQ(Tensor::from({{{{{1, 2}}}}}).shape(), (Shape{1, 1, 1, 1, 2}));
  EXPECT_EQ(Tensor::from({{{{{{1}, {2}}}}}}).shape(), (Shape{1, 1, 1, 1, 2, 1}));
  EXPECT_EQ(Tensor::from({true, false}).dtype(), DType::kBool);
  EXPECT_EQ(Tensor::from({1.5f, 2.5f}).shape(), Shape{2});
  const std::vector<Floats> rows = {{1, 2}, {3, 4}, {5, 6}};
  EXPECT_EQ(Tensor::from(rows).shape(), (Shape{3, 2}));
  EXPECT_EQ(Tensor::from(rows).to_vector<float>(), (Floats{1, 2, 3, 4, 5, 6}));
  EXPECT_EQ(Tensor::from(std::vector<std::array<double, 2>>{{1, 2}}).dtype(), DType::kFloat64);
  std::vector<std::vector<std::vector<std::vector<std::vector<std::vector<int>>>>>> deep(1);
  deep[0].resize(2);
  EXPECT_EQ(Tensor::from(std::vector(1, deep[0])).shape(), (Shape{1, 2, 0, 0, 0, 0}));
  EXPECT_EQ(Tensor::from(std::vector<Floats>{}).shape(), (Shape{0, 0}));
  EXPECT_EQ(Tensor::from<int>({}).shape(), Shape{0});
}

TEST(DataIn, RaggedListsAreRefusedWithTheirPlace) {
  expect_refusal(refusal([] { Tensor::from({{1, 2}, {3}}); }), {"[1] has 1 entries", "has 2", "same length"});
  expect_refusal(refusal([] {
                   Tensor::from(std::vector<std::vector<Floats>>{{{1}, {2}}, {{3}, {4, 5}}});
                 }),
                 {"[1][1] has 2 entries", "has 1"});
  expect_refusal(refusal([] { Tensor::from(std::vector<Floats>{{}, {1}}); }), {"[1] has 1 entries", "has 0"});
}

TEST(DataIn, StridesAreInBytesAndOfEitherSign) {
  const std::array<float, 6> values = {1, 2, 3, 4, 5, 6};
  EXPECT_EQ(Tensor::from(values.data(), {2, 3}).to_vector<float>(), (Floats{1, 2, 3, 4, 5, 6}));
  EXPECT_EQ(Tensor::from(values.data(), {3, 2}, {4, 12}).to_vector<float>(), (Floats{1, 4, 2, 5, 3, 6}));
  EXPECT_EQ(Tensor::from(values.data() + 5, {3}, {-8}).to_vector<float>(), (Floats{6, 4, 2}));
  EXPECT_EQ(Tensor::from(values.data(), {2, 2}, {0, 4}).to_vector<float>(), (Floats{1, 2, 1, 2}));
  EXPECT_EQ(Tensor::from(values.data(), {0, 2}, {8, 4}).shape(), (Shape{0, 2}));
  const float* nothing = nullptr;
  EXPECT_EQ(Tensor::from(nothing, {0}).size(), 0);
  expect_refusal(refusal([&] { Tensor::from(nothing, {2}); }), {"null", "float32(2,)"});
  expect_refusal(refusal([&] {
                   Tensor::from(values.data(), {2, 3}, {4});
                 }),
                 {"1 strides", "(2, 3)", "each axis"});
  expect_refusal(refusal([&] { Tensor::from(values.data(), {-1}); }), {"extents must be 0 or more"});
}

// A literal 0 in braces is no null pointer.
TEST(DataIn, BracesAreValuesAndNotPointers) {
  EXPECT_EQ(Tensor::from<int>({0}, {1}).to_vector<int>(), Ints{0});
  EXPECT_EQ(Tensor::from<int>({0}).to_vector<int>(), Ints{0});
}

TEST(DataIn, ViewsCopyNothingAndGiveBackOnce) {
  auto values = std::make_shared<Floats>(Floats{1, 2, 3, 4});
  int released = 0;
  {
    const Tensor x = Tensor::view(values->data(), {DType::kFloat32, {2, 2}}, [&] { ++released; });
    EXPECT_EQ(x.data<float>(), values->data());
    const Tensor copy = x;
    EXPECT_EQ((x + x).to_vector<float>(), (Floats{2, 4, 6, 8}));
    EXPECT_EQ(released, 0);
  }
  EXPECT_EQ(released, 1);
  const auto* const bytes = reinterpret_cast<const char*>(values->data());
  expect_refusal(refusal([&] {
                   Tensor::view(bytes + 1, {DType::kFloat32, {2}}, [&] { ++released; });
                 }),
                 {"multiple of 4", "Tensor::from copies"});
  expect_refusal(refusal([&] { Tensor::view(nullptr, {DType::kFloat32, {2}}); }), {"null"});
  EXPECT_EQ(released, 1);
}

// What a step updates in place must not be somebody else's memory.
TEST(DataIn, BoolsAreNothingButZeroAndOne) {
  const unsigned char bytes[] = {0, 1, 255};
  EXPECT_THROW(Tensor::view(bytes, {DType::kBool, {3}}), InvalidArgument);
  EXPECT_NO_THROW(Tensor::view(bytes, {DType::kBool, {2}}));
  const Tensor copy = Tensor::from_strided(bytes, DType::kBool, {3}, {1});
  EXPECT_EQ(static_cast<const unsigned char*>(copy.buffer()->data())[2], 1);
}

TEST(DataIn, StepsDoNotWriteIntoViews) {
  const Floats values = {1, 2, 3, 4};
  Floats before = values;
  std::vector<Tensor> state = {Tensor::view(before.data(), {DType::kFloat32, {4}})};
  Step step([](const std::vector<Tensor>& a) { return std::vector<Tensor>{a[0] + 1.0}; }, 1);
  for (int i = 0; i < 3; ++i) step(state, {});
  EXPECT_EQ(state[0].to_vector<float>(), (Floats{4, 5, 6, 7}));
  EXPECT_EQ(before, values);
}

TEST(DataIn, UnsupportedElementsAreKnownAtCompileTime) {
  static_assert(is_element_type<float> && is_element_type<bool> && is_element_type<long> &&
                is_element_type<long long> && is_element_type<Float16> && is_element_type<const double>);
  static_assert(!is_element_type<long double> && !is_element_type<char> && !is_element_type<uint32_t> &&
                !is_element_type<std::string> && !is_element_type<Floats>);
}

TEST(DataIn, ShapesTakeAnyIntegers) {
  const Floats v(5);
  EXPECT_EQ(zeros({v.size(), 3}).shape(), (Shape{5, 3}));
  EXPECT_EQ((Shape{uint8_t{2}, int16_t{3}, 4u, 5L}), (Shape{2, 3, 4, 5}));
  EXPECT_EQ(Shape(std::vector<int>{2, 3}), (Shape{2, 3}));
  EXPECT_EQ(Shape(std::vector<size_t>{2, 3}), (Shape{2, 3}));
  EXPECT_EQ(Shape({2, 3}), (Shape{2, 3}));
  expect_refusal(refusal([] { Shape{std::numeric_limits<size_t>::max()}; }),
                 {"18446744073709551615", "too large"});
  EXPECT_EQ(zeros(5).shape(), Shape{5});
  EXPECT_EQ(ones(v.size()).shape(), Shape{5});
  EXPECT_EQ(full(2, 7.0, DType::kInt32).to_vector<int>(), (Ints{7, 7}));
  EXPECT_EQ(zeros({}).shape(), Shape{});
}

TEST(DataIn, TensorsStayUnambiguous) {
  const Tensor a(1.0f), b(2.0f);
  const auto count = [](const Tensors& tensors) { return tensors.size(); };
  EXPECT_EQ(count({a, b}), 2u);
  EXPECT_EQ(count({{"words", a}}), 1u);
  EXPECT_EQ(count({{"words", a}, {"lengths", b}}), 2u);
  EXPECT_TRUE(Tensors({{"words", a}, {"lengths", b}}).named());
  EXPECT_EQ(count(a), 1u);
  EXPECT_EQ(count({}), 0u);
}

TEST(DataIn, StreamsShowWhatIsThere) {
  std::ostringstream out;
  out << Shape{2, 3} << ' ' << DType::kInt64 << ' ' << Tensor() << ' ' << Tensor(1.5);
  EXPECT_EQ(out.str(), "(2, 3) int64 undefined " + Tensor(1.5).str());
}

}  // namespace
}  // namespace lamina
