// Streams, events and copies: their order as a device sees it, and what is refused before a device gets it.
#include "lamina/backend/stream.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "lamina/base/error.h"
#include "tests/support/null_device.h"
#include "tests/support/temporary_folder.h"

namespace lamina {
namespace {

using test::message_of;
using testing::clear_null_calls;
using testing::kNullDevice;
using testing::null_calls;
using testing::NullCall;
using What = NullCall::What;

constexpr Device kCpu{};

bool holds(const std::string& text, const std::vector<std::string>& words) {
  return std::all_of(words.begin(), words.end(),
                     [&](const std::string& word) { return text.find(word) != std::string::npos; });
}

std::vector<What> asked() {
  std::vector<What> result;
  for (const NullCall& call : null_calls()) result.push_back(call.what);
  return result;
}

TEST(Copies, OnTheCpuAreDoneWhenTheCallReturns) {
  const std::array<int, 4> given{1, 2, 3, 4};
  std::array<int, 4> got{};
  Buffer a(kCpu, sizeof given), b(kCpu, sizeof given);
  copy_from_host(a, 0, given.data(), sizeof given);
  copy(b, a, sizeof given);
  copy_to_host_async(got.data(), b, 0, sizeof got);
  EXPECT_EQ(got, given);
  copy_from_host(b, 4, given.data() + 3, 4);
  copy_to_host(got.data(), b, 4, 8);
  EXPECT_EQ(got, (std::array<int, 4>{4, 3, 3, 4}));
  fill(b, 0, 8);
  copy_to_host(got.data(), b, 0, sizeof got);
  EXPECT_EQ(got, (std::array<int, 4>{0, 0, 3, 4}));
}

TEST(Copies, ReachADeviceInOrder) {
  const std::array<char, 16> given{};
  std::array<char, 16> got;
  got.fill('x');
  Buffer host(kCpu, 16), one(kNullDevice, 16), two(kNullDevice, 16), far(Device{DeviceKind::kNull, 1}, 16);
  clear_null_calls();
  copy(one, host, 16);
  copy(two, one, 16);
  fill(two, 0, 16);
  copy_from_host(two, 8, given.data(), 8);
  copy_to_host_async(got.data(), two, 0, 16);
  EXPECT_EQ(asked(), (std::vector<What>{What::kFromHost, What::kWithinDevice, What::kFill, What::kFromHost,
                                        What::kToHost}));
  EXPECT_EQ(got, given) << "what a device cannot give is zeros";
  clear_null_calls();
  copy(host, two, 16);
  EXPECT_EQ(asked(), (std::vector<What>{What::kToHost, What::kSynchronize}));
  clear_null_calls();
  copy(far, two, 16);  // by way of the host
  EXPECT_EQ(asked(), (std::vector<What>{What::kToHost, What::kSynchronize, What::kFromHost}));
  clear_null_calls();
  copy(far, two, 0);
  EXPECT_TRUE(null_calls().empty());
}

TEST(Copies, OfMoreBytesThanThereAreAreRefused) {
  std::array<char, 32> host{};
  Buffer cpu(kCpu, 16), device(kNullDevice, 8);
  clear_null_calls();
  for (const auto& text : {
           message_of<InvalidArgument>([&] { copy(device, cpu, 16); }),
           message_of<InvalidArgument>([&] { copy(cpu, device, 16); }),
           message_of<InvalidArgument>([&] { copy_from_host(device, 0, host.data(), 16); }),
           message_of<InvalidArgument>([&] { copy_to_host(host.data(), device, 0, 16); }),
           message_of<InvalidArgument>([&] { copy_to_host_async(host.data(), device, 0, 16); }),
           message_of<InvalidArgument>([&] { fill(device, 0, 16); }),
       }) {
    EXPECT_TRUE(holds(text, {"16 bytes", "the buffer on /NULL:0 has 8"})) << text;
  }
  const std::string beyond = message_of<InvalidArgument>([&] { copy_to_host(host.data(), device, 9, 0); });
  EXPECT_TRUE(holds(beyond, {"0 bytes from byte 9 on", "has 8"})) << beyond;
  const std::string wraps =
      message_of<InvalidArgument>([&] { copy_from_host(device, 4, host.data(), SIZE_MAX - 2); });
  EXPECT_TRUE(holds(wraps, {"from byte 4 on", "has 8"})) << wraps;
  EXPECT_TRUE(null_calls().empty()) << "the device was asked nevertheless";
}

TEST(Copies, IntoBorrowedMemoryAreRefused) {
  const std::array<char, 8> theirs{};
  Buffer own(kCpu, 8), borrowed(kCpu, theirs.data(), 8, {});
  for (const auto& text :
       {message_of<InvalidArgument>([&] { copy(borrowed, own, 8); }),
        message_of<InvalidArgument>([&] { copy_from_host(borrowed, 0, theirs.data(), 8); }),
        message_of<InvalidArgument>([&] { fill(borrowed, 0, 8); })}) {
    EXPECT_TRUE(holds(text, {"somebody else's memory", "your own"})) << text;
  }
}

TEST(Streams, WaitForEventsOfEachOther) {
  clear_null_calls();
  {
    const Stream side(kNullDevice);
    Event ready(kNullDevice);
    ready.record(side);
    main_stream(kNullDevice).wait(ready);
    EXPECT_TRUE(ready.done());
    ready.synchronize();
    side.synchronize();
    const Stream moved(std::move(const_cast<Stream&>(side)));
    const Event also_moved(std::move(ready));
  }
  const std::vector<NullCall> calls = null_calls();
  EXPECT_EQ(asked(),
            (std::vector<What>{What::kNewStream, What::kNewEvent, What::kRecord, What::kWait,
                               What::kSynchronize, What::kSynchronize, What::kFreeEvent, What::kFreeStream}))
      << "once each, whoever was moved";
  EXPECT_NE(calls[2].stream, 0);
  EXPECT_EQ(calls[3].stream, 0);
  EXPECT_EQ(calls[3].event, calls[2].event);
}

TEST(Streams, OfTheCpuAreTheCallingThread) {
  const Stream stream(kCpu);
  Event event(kCpu);
  event.record(stream);
  main_stream(kCpu).wait(event);
  EXPECT_TRUE(event.done());
  event.synchronize();
  EXPECT_EQ(main_stream(kCpu).device(), kCpu);
}

TEST(Events, OfAnotherBackendAreRefused) {
  Event of_cpu(kCpu), of_null(kNullDevice);
  of_cpu.record(main_stream(kCpu));
  const std::string waited = message_of<InvalidArgument>([&] { main_stream(kNullDevice).wait(of_cpu); });
  EXPECT_TRUE(holds(waited, {"Stream::wait", "the stream is of /NULL:0", "the event of /CPU:0"})) << waited;
  const std::string recorded = message_of<InvalidArgument>([&] { of_null.record(main_stream(kCpu)); });
  EXPECT_TRUE(holds(recorded, {"Event::record", "the stream is of /CPU:0", "the event of /NULL:0"}))
      << recorded;
  // The same backend, another device.
  const std::string other = message_of<InvalidArgument>([&] {
    of_null.record(main_stream(Device{DeviceKind::kNull, 1}));
  });
  EXPECT_TRUE(holds(other, {"/NULL:1", "/NULL:0"})) << other;
}

TEST(Events, ThatWereNeverRecordedAreRefused) {
  const Event event(kCpu);
  for (const auto& text : {message_of<InvalidArgument>([&] { main_stream(kCpu).wait(event); }),
                           message_of<InvalidArgument>([&] { static_cast<void>(event.done()); }),
                           message_of<InvalidArgument>([&] { event.synchronize(); })}) {
    EXPECT_TRUE(holds(text, {"never recorded", "call record first"})) << text;
  }
}

TEST(Streams, OfADeviceThatIsNotThereAreRefused) {
  EXPECT_THROW(Stream(Device{DeviceKind::kGpu, 99}), Unsupported);
  EXPECT_THROW(Event(Device{DeviceKind::kGpu, 99}), Unsupported);
  EXPECT_THROW(static_cast<void>(main_stream(Device{DeviceKind::kNull, 7})), Unsupported);
}

}  // namespace
}  // namespace lamina
