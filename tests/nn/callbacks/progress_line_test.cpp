// The progress line at the widths that terminals have.
#include "lamina/nn/callbacks/progress_line.h"

#include <gtest/gtest.h>

#include <cmath>

namespace lamina {
namespace {

Progress sample() {
  Progress progress;
  progress.step = 142;
  progress.total = 469;
  progress.seconds = 1.42;
  progress.values = {{"accuracy", 0.8121}, {"loss", 0.52041}};
  return progress;
}

Terminal plain(int width, bool utf8 = false) {
  Terminal terminal;
  terminal.width = width;
  terminal.utf8 = utf8;
  return terminal;
}

TEST(ProgressLine, ShrinksWithTheTerminal) {
  EXPECT_EQ(progress_line(sample(), plain(120)),
            "142/469 [======>.............] 3s 10ms/step - accuracy: 0.8121 - loss: 0.5204");
  EXPECT_EQ(progress_line(sample(), plain(80)),
            "142/469 [======>.............] 3s 10ms/step - accuracy: 0.8121 - loss: 0.5204");
  EXPECT_EQ(progress_line(sample(), plain(70)),
            "142/469 [==>.....] 3s 10ms/step - accuracy: 0.8121 - loss: 0.5204");
  EXPECT_EQ(progress_line(sample(), plain(40)), "142/469 3s - accuracy: 0.8121");
  EXPECT_EQ(progress_line(sample(), plain(20)), "142/469 3s");
  EXPECT_EQ(progress_line(sample(), plain(5)), "142/");
}

TEST(ProgressLine, NeverReachesTheLastColumn) {
  for (bool utf8 : {false, true}) {
    for (int width = 2; width <= 140; ++width) {
      EXPECT_LT(columns(progress_line(sample(), plain(width, utf8))), width);
    }
  }
}

TEST(ProgressLine, DrawsWithUnicodeWhereItCan) {
  EXPECT_EQ(progress_line(sample(), plain(80, true)).substr(8, 18), "━━━━━━");
  Terminal colourful = plain(80, true);
  colourful.colours = Colours::kAnsi256;
  EXPECT_NE(progress_line(sample(), colourful).find("\x1b[32m━━━━━━\x1b[0m"), std::string::npos);
}

TEST(ProgressLine, FinishedShowsTheTimeTaken) {
  Progress progress = sample();
  progress.step = 469;
  progress.seconds = 4.69;
  progress.finished = true;
  EXPECT_EQ(progress_line(progress, plain(60)), "469/469 5s 10ms/step - accuracy: 0.8121 - loss: 0.5204");
}

TEST(ProgressLine, CountsWithoutATotal) {
  Progress progress = sample();
  progress.total = 0;
  progress.seconds = 75;
  EXPECT_EQ(progress_line(progress, plain(80)), "142 1:15 528ms/step - accuracy: 0.8121 - loss: 0.5204");
}

TEST(ProgressLine, SpeedOfTheStepsAloneWins) {
  Progress progress = sample();
  progress.seconds_per_step = 0.01;
  progress.seconds = 100;  // an epoch that began long ago, with a pause in between
  EXPECT_NE(progress_line(progress, plain(80)).find("3s 10ms/step"), std::string::npos);
}

TEST(ProgressLine, ExtremesDoNotBreakIt) {
  Progress progress;
  EXPECT_EQ(progress_line(progress, plain(80)), "0 0s 0us/step");
  progress.total = 10;
  progress.values = {{"loss", NAN}, {"big", INFINITY}, {"bad\x1bname", 1e-9}};
  EXPECT_EQ(progress_line(progress, plain(90)),
            " 0/10 [>...................] 0s 0us/step - loss: nan - big: inf - bad?name: 1.0000e-09");
  progress.step = 30;  // more than the total: still a full bar
  EXPECT_NE(progress_line(progress, plain(120)).find("[====================]"), std::string::npos);
}

TEST(ProgressLine, OneLineForAnEpoch) {
  Progress progress = sample();
  progress.step = 469;
  progress.seconds = 4.69;
  EXPECT_EQ(epoch_line(3, 10, progress), "Epoch 3/10 - 5s - 10ms/step - accuracy: 0.8121 - loss: 0.5204");
}

TEST(ProgressLine, Durations) {
  EXPECT_EQ(format_duration(0.2), "0s");
  EXPECT_EQ(format_duration(59.4), "59s");
  EXPECT_EQ(format_duration(125), "2:05");
  EXPECT_EQ(format_duration(3723), "1:02:03");
  EXPECT_EQ(format_duration(INFINITY), "0s");
  EXPECT_EQ(format_step_time(0.00034), "340us/step");
  EXPECT_EQ(format_step_time(0.0034), "3.4ms/step");
  EXPECT_EQ(format_step_time(0.034), "34ms/step");
  EXPECT_EQ(format_step_time(2.5), "2.50s/step");
}

}  // namespace
}  // namespace lamina
