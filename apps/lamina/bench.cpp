// lamina bench: how fast a model trains and answers here.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <thread>

#include "cli.h"
#include "lamina/base/system.h"
#include "lamina/base/terminal.h"
#include "lamina/base/threads.h"
#include "lamina/formats/classic.h"
#include "lamina/zoo/recipes.h"
#include "lamina/zoo/tutorial_models.h"

namespace lamina::cli {
namespace {

struct Options {
  std::string model, mode = "train";
  int batch = 0, steps = 0, callers = 0;
  Place place;
  bool json = false;
};

constexpr int kRounds = 4;        // epochs of training, or passes of prediction; the first warms up
constexpr int kMostCalls = 2000;  // of one sample, for the latency

double now_ms() {
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

double median(std::vector<double> values) {
  if (values.empty()) return 0;
  auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

// Notes how long epochs and steps take.
class Stopwatch : public Callback {
 public:
  void on_epoch_begin(int, const Logs&) override { epoch_ = now_ms(); }
  void on_epoch_end(int, const Logs&) override { epochs.push_back(now_ms() - epoch_); }
  void on_batch_begin(int64_t, const Logs&) override { step_ = now_ms(); }
  void on_batch_end(int64_t, const Logs&) override { steps.push_back(now_ms() - step_); }
  std::vector<double> epochs, steps;

 private:
  double epoch_ = 0, step_ = 0;
};

struct Subject {
  std::string name;
  Model model;
  int batch = 32, steps = 50;
};

Subject subject_of(const std::string& name) {
  constexpr uint64_t kSeed = 0;
  if ((name.size() > 6 && name.ends_with(".keras")) || is_classic_file(name))
    return {name, load(name), 32, 50};
  if (const Recipe* recipe = find_recipe(name)) {
    if (recipe->network.empty())
      throw InvalidArgument("bench: the network of '" + name +
                            "' goes by its data; train it, and time the file");
    const TutorialModel& network = tutorial_model(recipe->network);
    return {name, network.build(kSeed), recipe->batch_size, network.steps};
  }
  const TutorialModel& network = tutorial_model(name);
  return {name, network.build(kSeed), network.batch_size, network.steps};
}

// The time of answering for one sample, result in hand.
std::vector<double> latencies(Model& model, const Tensor& one) {
  std::vector<double> times;
  for (int i = 0; i < 20; ++i) model.predict_on_batch(one).eval();
  const double end = now_ms() + 1000;
  while (static_cast<int>(times.size()) < kMostCalls && (now_ms() < end || times.size() < 5)) {
    double begin = now_ms();
    model.predict_on_batch(one).eval();
    times.push_back(now_ms() - begin);
  }
  return times;
}

// Milliseconds for as many threads as there are batches to ask the model `calls` times each, all at once.
double ask_at_once(Model& model, const std::vector<Tensor>& batches, int calls) {
  const double begin = now_ms();
  std::vector<std::thread> threads;
  for (const Tensor& x : batches) {
    threads.emplace_back([&, loops = num_threads()] {
      set_num_threads(loops);
      for (int call = 0; call < calls; ++call) model.predict_on_batch(x).eval();
    });
  }
  for (std::thread& thread : threads) thread.join();
  return now_ms() - begin;
}

int bench(const Options& options) {
  if (options.callers > 0 && options.mode != "infer")
    throw InvalidArgument("bench: --callers is for --mode infer: one thread at a time trains a model");
  auto scope = enter(options.place);
  const double process_ms = process_age_ms(), begin = now_ms();
  Subject subject = subject_of(options.model);
  const double startup_ms = process_ms + now_ms() - begin;
  Model& model = subject.model;
  const bool train = options.mode == "train";
  const int batch = options.batch > 0 ? options.batch : subject.batch;
  const int steps = options.steps > 0 ? options.steps : subject.steps;
  Samples samples = synthetic_samples(model, int64_t{batch} * steps);
  Tensor one = synthetic_samples(model, 1, 1).x;

  double first_ms = 0, best_ms = 1e300;
  std::vector<double> times;
  if (train) {
    if (!model.compiled()) {
      throw InvalidArgument("bench: '" + subject.name +
                            "' was saved without optimizer and loss; measure it with --mode infer");
    }
    Stopwatch watch;
    model.fit(samples.x, samples.y,
              {.epochs = kRounds, .batch_size = batch, .callbacks = {&watch}, .verbose = 0});
    first_ms = watch.steps.at(0);
    for (size_t i = 1; i < watch.epochs.size(); ++i) best_ms = std::min(best_ms, watch.epochs[i] / steps);
    times.assign(watch.steps.begin() + steps, watch.steps.end());
  } else {
    Samples first = synthetic_samples(model, batch, 2);
    double start = now_ms();
    model.predict_on_batch(first.x).eval();
    first_ms = now_ms() - start;
    std::vector<Tensor> batches;  // of each caller
    for (int i = 0; i < options.callers; ++i)
      batches.push_back(synthetic_samples(model, batch, static_cast<uint64_t>(2 + i)).x);
    for (int round = 0; round < kRounds; ++round) {
      double each = 0;
      if (options.callers > 0) {
        each = ask_at_once(model, batches, steps) / steps / options.callers;
      } else {
        start = now_ms();
        model.predict(samples.x, {.batch_size = batch}).eval();
        each = (now_ms() - start) / steps;
      }
      if (round > 0) best_ms = std::min(best_ms, each);
    }
    for (int i = 0; i < std::max(steps, 20); ++i) {
      start = now_ms();
      model.predict_on_batch(first.x).eval();
      times.push_back(now_ms() - start);
    }
  }
  std::vector<double> calls = latencies(model, one);

  const std::string unit = train ? "train_ms_step" : "infer_ms_batch";
  Json result = Json::object({{"model", subject.name},
                              {"mode", options.mode},
                              {"batch", batch},
                              {"steps", steps},
                              {"threads", num_threads()},
                              {"callers", options.callers},
                              {unit, best_ms},
                              {unit + "_min", *std::min_element(times.begin(), times.end())},
                              {unit + "_p50", median(times)},
                              {"samples_s", batch * 1e3 / best_ms},
                              {"latency_ms_p50", median(calls)},
                              {"latency_ms_min", *std::min_element(calls.begin(), calls.end())},
                              {"first_step_ms", first_ms},
                              {"startup_ms", startup_ms},
                              {"peak_rss_mb", static_cast<double>(peak_memory_bytes()) / (1 << 20)},
                              {"params", model.count_params()}});
  if (options.json) {
    print_json(result);
    return 0;
  }
  Terminal terminal = terminal_of(stdout);
  fmt::print("{}\n", styled(terminal, "1",
                            fmt::format("{}, {}, batch of {}, {} threads", subject.name,
                                        train ? "training" : "inference", batch, num_threads())));
  auto row = [&](const char* name, const std::string& value) { fmt::print("  {:<22}{}\n", name, value); };
  row(train ? "step" : "batch",
      fmt::format("{:.3f} ms in the best epoch; one: {:.3f} ms at least, {:.3f} ms in the median", best_ms,
                  result.at(unit + "_min").as_double(), median(times)));
  row("samples per second", fmt::format("{:.0f}", batch * 1e3 / best_ms));
  row("answer for one sample", fmt::format("{:.4f} ms in the median", median(calls)));
  row(train ? "first step" : "first batch", fmt::format("{:.1f} ms", first_ms));
  row("start", fmt::format("{:.0f} ms", startup_ms));
  row("peak memory", bytes(static_cast<double>(peak_memory_bytes())));
  row("parameters", fmt::format("{}", model.count_params()));
  return 0;
}

}  // namespace

void add_bench(CLI::App& app, Action& action) {
  Command command(app, "bench", "Measure how fast a model trains or answers, on synthetic data");
  auto options = std::make_shared<Options>();
  command.add(
      options->model,
      {.name = "MODEL", .help = "cnn28, mlp, cnn64, catsdogs, a recipe, or a .keras file", .required = true});
  command.add(
      options->mode,
      {.name = "--mode", .help = "What to measure", .choices = {"train", "infer"}, .show_default = true});
  command.add(options->batch, {.name = "--batch",
                               .help = "Samples of a batch (default: the model's usual one)",
                               .type = "N",
                               .least = 1,
                               .most = 1 << 20});
  command.add(options->steps, {.name = "--steps",
                               .help = "Batches of a round; the best of three rounds counts",
                               .type = "N",
                               .least = 1,
                               .most = 1 << 20});
  command.add(options->callers,
              {.name = "--callers",
               .help = "Threads that ask one model at once, --steps batches each (--mode infer)",
               .type = "N",
               .least = 1,
               .most = 256});
  add_place(command, options->place);
  add_json(command, options->json, "the figures");
  command.on_call([options, &action] { action = [options] { return bench(*options); }; });
}

}  // namespace lamina::cli
