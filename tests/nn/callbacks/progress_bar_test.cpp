// The progress bar as fit and evaluate drive it.
#include "lamina/nn/callbacks/progress_bar.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "lamina/base/terminal.h"
#include "lamina/nn/model.h"

namespace lamina {
namespace {

Logs logs(double loss) {
  Logs result;
  result.set("loss", loss);
  return result;
}

struct Screen {
  std::string text;
  ProgressBarOptions options(bool interactive, int width = 80, double redraw_seconds = 0) {
    Terminal terminal;
    terminal.interactive = interactive;
    terminal.width = width;
    return {.terminal = terminal, .redraw_seconds = redraw_seconds, .write = [this](std::string_view part) {
              text += part;
            }};
  }
};

RunInfo info(int epochs, int64_t steps, int verbose = 1) {
  RunInfo run;
  run.epochs = epochs;
  run.steps = steps;
  run.verbose = verbose;
  return run;
}

// attach() wants a model, which the bar never looks at.
void attach(Callback& bar, const RunInfo& run) {
  static Sequential model;
  bar.attach(model, run);
}

void play_epoch(Callback& bar, int epoch, int64_t steps, int64_t first = 0) {
  bar.on_epoch_begin(epoch, Logs());
  for (int64_t step = first; step < steps; ++step) {
    bar.on_batch_begin(step, Logs());
    bar.on_batch_end(step, logs(1.0 / static_cast<double>(step + 1)));
  }
  Logs last = logs(0.25);
  last.set("val_loss", 0.5);
  bar.on_epoch_end(epoch, last);
}

TEST(ProgressBar, RedrawsOneLineAnEpochOnATerminal) {
  Screen screen;
  ProgressBar bar(screen.options(true));
  attach(bar, info(2, 4));
  bar.on_train_begin(Logs());
  play_epoch(bar, 0, 4);
  bar.on_train_end(Logs());
  EXPECT_EQ(screen.text.rfind("Epoch 1/2\n\r1/4 [=====>", 0), 0u) << screen.text;
  EXPECT_NE(screen.text.find("\r2/4 [=========="), std::string::npos);
  EXPECT_NE(screen.text.find(" - loss: 0.2500 - val_loss: 0.5000"), std::string::npos);
  EXPECT_EQ(std::count(screen.text.begin(), screen.text.end(), '\n'), 2);
  EXPECT_EQ(screen.text.back(), '\n');
}

TEST(ProgressBar, WipesWhatALongerLineLeft) {
  Screen screen;
  ProgressBar bar(screen.options(true));
  attach(bar, info(1, 2));
  bar.on_epoch_begin(0, Logs());
  bar.on_batch_end(0, logs(123456.0));
  const size_t before = screen.text.size();
  bar.on_batch_end(1, logs(1.0));
  const std::string first =
      screen.text.substr(screen.text.find('\r') + 1, before - screen.text.find('\r') - 1);
  const std::string second = screen.text.substr(before + 1);
  EXPECT_GE(second.size(), first.size());
}

TEST(ProgressBar, PrintsOneLineAnEpochElsewhere) {
  Screen screen;
  ProgressBar bar(screen.options(false));
  attach(bar, info(3, 4));
  bar.on_train_begin(Logs());
  play_epoch(bar, 0, 4);
  play_epoch(bar, 1, 4);
  EXPECT_EQ(std::count(screen.text.begin(), screen.text.end(), '\n'), 2);
  EXPECT_EQ(screen.text.find('\r'), std::string::npos);
  EXPECT_EQ(screen.text.rfind("Epoch 1/3 - 0s - ", 0), 0u) << screen.text;
  EXPECT_NE(screen.text.find("/step - loss: 0.2500 - val_loss: 0.5000\nEpoch 2/3 - "), std::string::npos);
}

TEST(ProgressBar, VerboseTwoPrintsLinesOnATerminalToo) {
  Screen screen;
  ProgressBar bar(screen.options(true));
  attach(bar, info(1, 4, 2));
  play_epoch(bar, 0, 4);
  EXPECT_EQ(screen.text.find('\r'), std::string::npos);
  EXPECT_EQ(screen.text.rfind("Epoch 1/1 - ", 0), 0u);
}

TEST(ProgressBar, IsSilentWithVerboseZero) {
  for (bool interactive : {false, true}) {
    Screen screen;
    ProgressBar bar(screen.options(interactive));
    attach(bar, info(1, 4, 0));
    bar.on_train_begin(Logs());
    play_epoch(bar, 0, 4);
    bar.on_train_end(Logs());
    EXPECT_EQ(screen.text, "");
  }
}

TEST(ProgressBar, DrawsNoMoreOftenThanAsked) {
  Screen screen;
  ProgressBar bar(screen.options(true, 80, 3600));
  attach(bar, info(1, 1000));
  play_epoch(bar, 0, 1000);
  EXPECT_EQ(std::count(screen.text.begin(), screen.text.end(), '\r'), 2);  // the first and the last
}

TEST(ProgressBar, AnInterruptedLineIsEnded) {
  Screen screen;
  ProgressBar bar(screen.options(true));
  attach(bar, info(1, 9));
  bar.on_train_begin(Logs());
  bar.on_epoch_begin(0, Logs());
  bar.on_batch_end(0, logs(1));
  bar.on_train_end(Logs());
  EXPECT_EQ(screen.text.back(), '\n');
}

TEST(ProgressBar, ALineThatAnExceptionLeftOpenIsEnded) {
  Screen screen;
  {
    ProgressBar bar(screen.options(true));
    attach(bar, info(1, 9));
    bar.on_train_begin(Logs());
    bar.on_epoch_begin(0, Logs());
    bar.on_batch_end(0, logs(1));
    ASSERT_NE(screen.text.back(), '\n');
  }
  EXPECT_EQ(screen.text.back(), '\n');
}

TEST(ProgressBar, EvaluationHasABarOfItsOwnOutsideOfTraining) {
  Screen screen;
  ProgressBar bar(screen.options(true));
  attach(bar, info(1, 2));
  bar.on_test_begin(Logs());
  bar.on_test_batch_end(0, logs(1));
  bar.on_test_batch_end(1, logs(2));
  bar.on_test_end(logs(2));
  EXPECT_NE(screen.text.find("2/2 ["), std::string::npos);
  EXPECT_EQ(screen.text.find("Epoch"), std::string::npos);
  screen.text.clear();
  bar.on_train_begin(Logs());
  bar.on_epoch_begin(0, Logs());
  screen.text.clear();
  bar.on_test_begin(Logs());
  bar.on_test_batch_end(0, logs(1));
  bar.on_test_end(logs(1));
  EXPECT_EQ(screen.text, "");
}

}  // namespace
}  // namespace lamina
