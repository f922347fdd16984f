// ProgressBar: when to draw; what is drawn is progress_line's.
#include "lamina/nn/callbacks/progress_bar.h"

#include <algorithm>
#include <chrono>

namespace lamina {
namespace {

double now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

}  // namespace

ProgressBar::ProgressBar(ProgressBarOptions options)
    : options_(std::move(options)),
      terminal_(options_.terminal ? *options_.terminal
                                  : terminal_of(options_.stream ? options_.stream : stdout)) {}

ProgressBar::~ProgressBar() {
  if (!open_line_) return;
  try {
    put("\n");
  } catch (...) {  // a stranger's `write`; nothing more can be shown
  }
}

bool ProgressBar::bar() const { return terminal_.interactive && verbose() == 1; }

void ProgressBar::put(std::string_view text) const {
  if (options_.write) {
    options_.write(text);
    return;
  }
  std::FILE* stream = options_.stream ? options_.stream : stdout;
  std::fwrite(text.data(), 1, text.size(), stream);
  std::fflush(stream);
}

void ProgressBar::start() {
  started_ = last_step_ = now();
  last_drawn_ = 0;
  first_step_ = -1;
  step_ = 0;
  drawn_columns_ = 0;
  open_line_ = false;
  // The window may have changed its width since the last epoch.
  if (!options_.terminal) terminal_ = terminal_of(options_.stream ? options_.stream : stdout);
}

void ProgressBar::note_step(int64_t batch) {
  if (first_step_ < 0) first_step_ = batch;
  step_ = batch + 1;
  last_step_ = now();
}

Progress ProgressBar::progress(const Logs& logs, bool finished) const {
  Progress progress;
  progress.step = step_;
  progress.total = run().steps;
  progress.seconds = now() - started_;
  if (step_ > first_step_ && first_step_ >= 0) {
    progress.seconds_per_step = (last_step_ - started_) / static_cast<double>(step_ - first_step_);
  }
  progress.values = logs.items();
  progress.finished = finished;
  return progress;
}

void ProgressBar::draw(const Logs& logs, bool finished) {
  last_drawn_ = now();
  const Progress state = progress(logs, finished);
  std::string line = progress_line(state, terminal_);
  // Colour codes take no columns: measure the line as it would be without them.
  Terminal plain = terminal_;
  plain.colours = Colours::kNone;
  const int width = columns(progress_line(state, plain));
  const int rest = std::max(0, drawn_columns_ - width);
  put("\r" + line + std::string(static_cast<size_t>(rest), ' ') + (finished ? "\n" : ""));
  drawn_columns_ = width;
  open_line_ = !finished;
}

void ProgressBar::on_train_begin(const Logs&) { training_ = true; }

void ProgressBar::on_train_end(const Logs&) {
  training_ = false;
  if (open_line_) put("\n");
  open_line_ = false;
}

void ProgressBar::on_epoch_begin(int epoch, const Logs&) {
  start();
  if (bar()) put("Epoch " + std::to_string(epoch + 1) + "/" + std::to_string(run().epochs) + "\n");
}

void ProgressBar::on_batch_begin(int64_t batch, const Logs&) {
  if (first_step_ < 0) first_step_ = batch;
}

void ProgressBar::on_batch_end(int64_t batch, const Logs& logs) {
  note_step(batch);
  if (bar() && last_step_ - last_drawn_ >= options_.redraw_seconds) draw(logs, false);
}

void ProgressBar::on_epoch_end(int epoch, const Logs& logs) {
  if (verbose() == 0) return;
  if (bar()) {
    draw(logs, true);
    return;
  }
  put(epoch_line(epoch + 1, run().epochs, progress(logs, true)) + "\n");
}

void ProgressBar::on_test_begin(const Logs&) {
  if (!training_) start();
}

void ProgressBar::on_test_batch_end(int64_t batch, const Logs& logs) {
  if (training_) return;
  note_step(batch);
  if (bar() && last_step_ - last_drawn_ >= options_.redraw_seconds) draw(logs, false);
}

void ProgressBar::on_test_end(const Logs& logs) {
  if (!training_ && bar()) draw(logs, true);
}

}  // namespace lamina
