// ProgressBar: shows a person how a training or an evaluation goes.
#pragma once

#include <cstdint>
#include <cstdio>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lamina/base/terminal.h"
#include "lamina/nn/callbacks/callback.h"
#include "lamina/nn/callbacks/progress_line.h"

namespace lamina {

/// Options of ProgressBar.
struct ProgressBarOptions {
  std::FILE* stream = nullptr;                       ///< where to draw; absent: standard output
  std::optional<Terminal> terminal = {};             ///< what that can show; absent: found out
  std::optional<int> verbose = {};                   ///< as in FitOptions; absent: what the run says
  double redraw_seconds = 0.05;                      ///< shortest time between two pictures of one epoch
  std::function<void(std::string_view)> write = {};  ///< takes the text in place of `stream`
};

/// Draws a bar as Keras's verbose=1 does where a person watches, and prints one line an epoch elsewhere or
/// with verbose=2; nothing with verbose=0. fit and evaluate add one by themselves when verbose is not 0. Loss
/// and metrics are read from the device only when a line is drawn, at most 20 times a second.
class ProgressBar : public Callback {
 public:
  explicit ProgressBar(ProgressBarOptions options = {});
  /// Ends the line that an exception in the middle of an epoch has left open.
  ~ProgressBar() override;

  std::string class_name() const override { return "ProgbarLogger"; }
  void on_train_begin(const Logs& logs) override;
  void on_train_end(const Logs& logs) override;
  void on_epoch_begin(int epoch, const Logs& logs) override;
  void on_epoch_end(int epoch, const Logs& logs) override;
  void on_batch_begin(int64_t batch, const Logs& logs) override;
  void on_batch_end(int64_t batch, const Logs& logs) override;
  void on_test_begin(const Logs& logs) override;
  void on_test_batch_end(int64_t batch, const Logs& logs) override;
  void on_test_end(const Logs& logs) override;

 private:
  int verbose() const { return options_.verbose.value_or(run().verbose); }
  bool bar() const;  // whether lines are redrawn in place
  void start();
  void note_step(int64_t batch);
  Progress progress(const Logs& logs, bool finished) const;
  void draw(const Logs& logs, bool finished);
  void put(std::string_view text) const;

  ProgressBarOptions options_;
  Terminal terminal_;
  bool training_ = false;
  bool open_line_ = false;  // a line without its newline is on the screen
  int drawn_columns_ = 0;
  double started_ = 0, last_drawn_ = 0, last_step_ = 0;
  int64_t first_step_ = -1, step_ = 0;
};

}  // namespace lamina
