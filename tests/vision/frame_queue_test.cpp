// Frames between two threads: the oldest go where there is no room, and the end is told.
#include "lamina/vision/frame_queue.h"

#include <gtest/gtest.h>

#include <thread>

#include "lamina/base/error.h"
#include "tests/support/temporary_folder.h"

namespace lamina::vision {
namespace {

TEST(FrameQueue, DropsTheOldest) {
  FrameQueue queue(2);
  for (int64_t i = 0; i < 5; ++i) queue.push({i, "f"});
  EXPECT_EQ(queue.dropped(), 3);
  EXPECT_EQ(queue.pop()->number, 3);
  queue.close();
  queue.push({9, "late"});
  EXPECT_EQ(queue.pop()->number, 4);
  EXPECT_FALSE(queue.pop());
  EXPECT_NE(test::message_of<InvalidArgument>([] { FrameQueue none(0); }).find("0 frames"),
            std::string::npos);
}

TEST(FrameQueue, EveryFrameIsSeenOrDropped) {
  FrameQueue queue(3);
  std::thread camera([&] {
    for (int64_t i = 0; i < 1000; ++i) queue.push({i, "f"});
    queue.close();
  });
  int64_t seen = 0, last = -1;
  while (const auto frame = queue.pop()) {
    EXPECT_GT(frame->number, last);
    last = frame->number;
    ++seen;
  }
  camera.join();
  EXPECT_EQ(seen + queue.dropped(), 1000);
  EXPECT_EQ(last, 999);
}

}  // namespace
}  // namespace lamina::vision
