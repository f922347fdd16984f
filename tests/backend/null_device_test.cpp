// The null device: memory that the host cannot touch, and a kernel for every op that only says its name.
#include "tests/support/null_device.h"

#include <gtest/gtest.h>

#include <utility>

#include "lamina/backend/stream.h"
#include "lamina/base/error.h"
#include "lamina/graph/program.h"
#include "tests/support/temporary_folder.h"

namespace lamina {
namespace {

using test::message_of;
using testing::kNullDevice;
using testing::null_bytes;
using testing::NullCall;
using What = NullCall::What;

TEST(NullDevice, FaultsOnAHostAccess) {
  Buffer buffer(kNullDevice, 64);
  volatile auto* const address = static_cast<volatile char*>(buffer.address());
  EXPECT_DEATH(static_cast<void>(address[0]), "");
  EXPECT_DEATH(address[63] = 1, "");
}

TEST(NullDevice, HasNoAddressForTheHost) {
  Buffer buffer(kNullDevice, 64);
  for (const auto& text :
       {message_of<InvalidArgument>([&] { static_cast<void>(buffer.data()); }),
        message_of<InvalidArgument>([&] { static_cast<void>(std::as_const(buffer).data()); })}) {
    EXPECT_NE(text.find("the host cannot read or write memory of /NULL:0"), std::string::npos) << text;
    EXPECT_NE(text.find("copy it to /CPU:0"), std::string::npos) << text;
  }
}

TEST(NullDevice, KeepsCountOfItsMemory) {
  const size_t before = null_bytes();
  {
    const Buffer one(kNullDevice, 100), none(kNullDevice, 0);
    EXPECT_EQ(null_bytes(), before + 100);
  }
  EXPECT_EQ(null_bytes(), before);
  EXPECT_THROW(Buffer(kNullDevice, SIZE_MAX), Unsupported);
}

TEST(NullDevice, RefusesAddressesThatAreNotItsOwn) {
  char host[16] = {};
  const Buffer buffer(kNullDevice, 16);
  Backend& device = backend(kNullDevice);
  EXPECT_THROW(device.fill(host, 0, 16, nullptr), InternalError);
  EXPECT_THROW(
      device.copy(const_cast<void*>(buffer.address()), host, 16, CopyDirection::kWithinDevice, nullptr),
      InternalError);
}

TEST(NullDevice, HasAKernelForEveryOp) {
  for (const Op* op : all_ops()) {
    const auto& candidates = op->kernels(DeviceKind::kNull);
    ASSERT_FALSE(candidates.empty()) << op->name;
    EXPECT_FALSE(candidates.front().name == "null" && candidates.size() > 1) << op->name;
  }
}

}  // namespace
}  // namespace lamina
