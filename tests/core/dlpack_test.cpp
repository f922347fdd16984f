// DLPack: nothing is copied that need not be, each deleter is called once, and what contradicts itself is
// refused.
#include "lamina/core/dlpack.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "lamina/base/error.h"
#include "lamina/ops/binary.h"

namespace lamina::dlpack {
namespace {

using Floats = std::vector<float>;

/// An array of another library's, and how often it was given back.
struct Foreign {
  Floats values = {0, 1, 2, 3, 4, 5};
  std::vector<int64_t> shape, strides;
  ManagedTensorVersioned managed{};
  int released = 0;

  Foreign(std::vector<int64_t> of_shape, std::vector<int64_t> of_strides)
      : shape(std::move(of_shape)), strides(std::move(of_strides)) {
    managed.version = {1, 1};
    managed.context = this;
    managed.deleter = [](ManagedTensorVersioned* self) { ++static_cast<Foreign*>(self->context)->released; };
    managed.array = {values.data(),
                     {1, 0},
                     static_cast<int32_t>(shape.size()),
                     {2, 32, 1},
                     shape.data(),
                     strides.empty() ? nullptr : strides.data(),
                     0};
  }
  Foreign(const Foreign&) = delete;
  Foreign& operator=(const Foreign&) = delete;
};

TEST(DLPack, TakesRowMajorElementsWithoutACopy) {
  Foreign foreign({2, 3}, {});
  {
    const Tensor x = from_dlpack(&foreign.managed);
    EXPECT_EQ(x.shape(), (Shape{2, 3}));
    EXPECT_EQ(x.data<float>(), foreign.values.data());
    EXPECT_EQ((x + 1.0).to_vector<float>(), (Floats{1, 2, 3, 4, 5, 6}));
    EXPECT_EQ(foreign.released, 0);
  }
  EXPECT_EQ(foreign.released, 1);
}

TEST(DLPack, CopiesStridedElementsAndGivesThemBackAtOnce) {
  Foreign turned({3, 2}, {1, 3});
  const Tensor x = from_dlpack(&turned.managed);
  EXPECT_EQ(turned.released, 1);
  EXPECT_EQ(x.to_vector<float>(), (Floats{0, 3, 1, 4, 2, 5}));
  Foreign column({3}, {2});
  column.managed.array.byte_offset = 4;
  EXPECT_EQ(from_dlpack(&column.managed).to_vector<float>(), (Floats{1, 3, 5}));
  Foreign one_row({1, 6}, {77, 1});  // the stride of an axis of extent 1 does not matter
  EXPECT_EQ(from_dlpack(&one_row.managed).data<float>(), one_row.values.data());
}

TEST(DLPack, HonoursTheByteOffset) {
  Foreign foreign({2, 2}, {2, 1});
  foreign.managed.array.byte_offset = 8;
  EXPECT_EQ(from_dlpack(&foreign.managed).to_vector<float>(), (Floats{2, 3, 4, 5}));
}

TEST(DLPack, GoesOutAndComesBack) {
  const Tensor x = Tensor::from({{1.0f, 2.0f}, {3.0f, 4.0f}}) * 2.0;
  ManagedTensorVersioned* const out = to_dlpack(x);
  EXPECT_EQ(out->version.major, 1u);
  EXPECT_EQ(out->flags & kReadOnly, kReadOnly);
  EXPECT_EQ(out->array.data, static_cast<const void*>(x.data<float>()));
  EXPECT_EQ(out->array.strides[0], 2);
  const Tensor back = from_dlpack(out);
  EXPECT_EQ(back.to_vector<float>(), (Floats{2, 4, 6, 8}));

  ManagedTensor* const old = to_dlpack_unversioned(Tensor::from({true, false}));
  EXPECT_EQ(old->array.dtype.code, 6);
  EXPECT_EQ(from_dlpack(old).to_vector<int>(), (std::vector<int>{1, 0}));
}

TEST(DLPack, EveryDTypeSurvives) {
  for (const DType dtype :
       {DType::kBool, DType::kInt8, DType::kInt16, DType::kInt32, DType::kInt64, DType::kUInt8,
        DType::kFloat16, DType::kBFloat16, DType::kFloat32, DType::kFloat64}) {
    const std::vector<char> zeros(3 * size_of(dtype), 0);
    const Tensor x = Tensor::from_bytes(zeros.data(), 3, dtype, {3});
    EXPECT_EQ(from_dlpack(to_dlpack(x)).dtype(), dtype);
  }
}

TEST(DLPack, OutlivesTheTensor) {
  ManagedTensorVersioned* out = nullptr;
  {
    const Tensor x = Tensor::from({1.0f, 2.0f});
    out = to_dlpack(x);
  }
  EXPECT_EQ(static_cast<const float*>(out->array.data)[1], 2.0f);
  out->deleter(out);
}

/// What from_dlpack says to `foreign`, which it must have given back all the same.
std::string refusal(Foreign& foreign) {
  std::string text = "nothing was thrown";
  try {
    from_dlpack(&foreign.managed);
  } catch (const Error& error) {
    text = error.what();
  }
  EXPECT_EQ(foreign.released, 1);
  return text;
}

TEST(DLPack, RefusesWhatItCannotTake) {
  const auto check = [](auto&& spoil, const char* part) {
    Foreign foreign({2, 3}, {3, 1});
    spoil(foreign.managed);
    const std::string text = refusal(foreign);
    EXPECT_NE(text.find(part), std::string::npos) << text;
  };
  using M = ManagedTensorVersioned;
  check([](M& m) { m.array.device.type = 2; }, "device of type 2");
  check([](M& m) { m.version.major = 2; }, "version 2.1 is newer");
  check([](M& m) { m.array.dtype = {5, 64, 1}; }, "type code 5 with 64 bits");
  check([](M& m) { m.array.dtype.lanes = 4; }, "4 lanes");
  check([](M& m) { m.array.ndim = -1; }, "-1 axes");
  check([](M& m) { m.array.ndim = 13; }, "13 axes");
  check([](M& m) { m.array.shape = nullptr; }, "shape is null");
  check([](M& m) { m.array.shape[1] = -3; }, "extent -3 of axis 1 is negative");
  check([](M& m) { m.array.data = nullptr; }, "data is null");
  check([](M& m) { m.array.strides[0] = int64_t{1} << 62; }, "stride 4611686018427387904 of axis 0");
  EXPECT_THROW(from_dlpack(static_cast<M*>(nullptr)), InvalidArgument);
}

}  // namespace
}  // namespace lamina::dlpack
