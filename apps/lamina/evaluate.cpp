// lamina evaluate: loss and metrics of a model on labelled data.
#include <fmt/format.h>

#include "cli.h"
#include "data_arguments.h"
#include "lamina/base/terminal.h"
#include "lamina/nn/callbacks/progress_bar.h"
#include "lamina/nn/compile_for_evaluation.h"
#include "lamina/zoo/samples.h"

namespace lamina::cli {
namespace {

struct Options {
  std::string model, data;
  DataArguments arguments;
  int batch_size = 256;
  bool json = false, quiet = false;
  Place place;
};

int evaluate(const Options& options) {
  auto scope = enter(options.place);
  Model model = load(options.model);
  compile_for_evaluation(model);
  tell_model(model, options.arguments);
  const SourceRange range = parse_source(options.data);
  LabelledData data = load_data(range.source, data_options(model, options.arguments, "test"));
  if (range.given) {
    const int64_t end = range.end < 0 ? data.samples() : range.end;
    data = part_of(data, range.begin, end - range.begin);
  }
  settle_scale(model, data);
  const ModelSamples samples = model_samples(model, data);
  ProgressBar bar({.stream = options.json ? stderr : stdout, .verbose = options.quiet ? 0 : 1});
  const Logs logs = model.evaluate(samples.all_x(), samples.all_y(),
                                   {.batch_size = options.batch_size, .callbacks = {&bar}, .verbose = 0});
  const auto metrics = logs.items();
  if (options.json) {
    Json values = Json::object();
    for (const auto& [name, value] : metrics) values[name] = finite(value);
    print_json(Json::object({{"metrics", values}, {"samples", samples.x.shape()[0]}}));
    return 0;
  }
  std::string line;
  for (const auto& [name, value] : metrics)
    line += fmt::format("{}: {} - ", printable(name), format_metric(value));
  fmt::print("{}{} samples\n", line, samples.x.shape()[0]);
  return 0;
}

}  // namespace

void add_evaluate(CLI::App& app, Action& action) {
  Command command(app, "evaluate", "Compute loss and metrics of a model on labelled data");
  auto options = std::make_shared<Options>();
  command.add(options->model, {.name = "MODEL", .help = "A compiled .keras file", .required = true});
  command.add(options->data,
              {.name = "--data",
               .help = "Named set (its part test unless SET:train), folder of images, .csv/.tsv or .npz",
               .type = "SRC",
               .required = true});
  command.add(options->batch_size, {.name = "--batch-size",
                                    .help = "Samples at a time",
                                    .type = "N",
                                    .least = 1,
                                    .most = 1 << 24,
                                    .show_default = true});
  add_data_arguments(command, options->arguments);
  command.flag(options->quiet, "--quiet", "Print only the result");
  add_place(command, options->place);
  add_json(command, options->json, "metrics and the number of samples");
  command.on_call([options, &action] { action = [options] { return evaluate(*options); }; });
}

}  // namespace lamina::cli
