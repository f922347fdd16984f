// A recipe's start, as a person sees it.
#include "train_start.h"

#include <chrono>

#include "lamina/base/error.h"
#include "lamina/nn/callbacks/progress_bar.h"
#include "lamina/nn/callbacks/progress_line.h"

namespace lamina::cli {
namespace {

// A line that is drawn again in place where a person watches.
class Bar {
 public:
  explicit Bar(const Talk& talk) : talk_(talk), terminal_(terminal_of(talk.stream)) {}

  void draw(const std::string& what, int64_t done, int64_t all) {
    if (talk_.quiet || !terminal_.interactive) return;
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - began_).count();
    Progress progress;
    progress.step = done;
    progress.total = all;
    progress.seconds = seconds;
    progress.finished = done == all;
    const std::string line = progress_line(progress, terminal_);
    tell(talk_.stream, "\r" + cut(what + " " + line, terminal_.width - 1) + "\x1b[K" + (done == all ? "\n" : ""));
  }

 private:
  const Talk& talk_;
  Terminal terminal_;
  std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
};

}  // namespace

void prepare(const TrainOptions& options, TrainJob& job, const TrainingData& data, const Talk& talk,
             const std::atomic<bool>& stop) {
  if (!job.recipe || !job.recipe->start) return;
  ProgressBar epochs({.stream = talk.stream, .verbose = options.quiet ? 0 : 1});
  Bar bar(talk);
  const RecipeStart start{
      .seed = options.seed,
      .callbacks = {&epochs},
      .say = [&](const std::string& text) { talk.say(text); },
      .progress = [&](const std::string& what, int64_t done, int64_t all) { bar.draw(what, done, all); },
      .stop_flag = &stop};
  if (!with_data_of(job.data, [&] { return job.recipe->start(job.model, data.training, data.stops, start); }))
    throw Error("interrupted before the first epoch of all weights: nothing is saved; the same command begins again");
}

}  // namespace lamina::cli
