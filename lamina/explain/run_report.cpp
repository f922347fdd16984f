// From a run to its report: headlines, tables, confusion matrix and mistakes.
#include "lamina/explain/run_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "lamina/base/detail/text.h"
#include "lamina/base/system.h"
#include "lamina/base/threads.h"
#include "lamina/base/version.h"
#include "lamina/classic/metrics.h"
#include "lamina/explain/classification_plots.h"
#include "lamina/explain/decision_report.h"
#include "lamina/explain/detail/run_parts.h"
#include "lamina/explain/grad_cam.h"
#include "lamina/ops/take.h"

namespace lamina {
namespace {

// Of inputs that are several, all have as many.
int64_t samples_of(const Batch& held_out) { return held_out.x.empty() ? 0 : held_out.x[0].shape()[0]; }

}  // namespace

namespace detail {

std::string duration(double seconds) {
  if (seconds < 0.1) return fmt::format("{:.0f} ms", seconds * 1000);
  if (seconds < 100) return fmt::format("{:.1f} s", seconds);
  return fmt::format("{}:{:02} min", static_cast<int64_t>(seconds) / 60, static_cast<int64_t>(seconds) % 60);
}

void add_metrics(TrainingReport& report, const RunDescription& run) {
  const std::string of = run.held_out_name.empty() ? "" : run.held_out_name + " ";
  const int64_t samples = run.held_out.x.empty() ? run.train_samples : samples_of(run.held_out);
  const auto count = [&](const std::string& metric) {
    if (metric.rfind("val_", 0) != 0) return count_of(samples, "sample");
    return run.validation_samples > 0 ? count_of(run.validation_samples, "sample") : std::string();
  };
  const auto is_share = [](const std::string& metric) {
    return metric.find("accuracy") != std::string::npos;
  };
  const auto add = [&](bool shares) {
    for (const auto& [name, value] : run.metrics) {
      if (is_share(name) != shares) continue;
      report.headlines.push_back(
          {of + detail::spaced(name),
           shares ? fmt::format("{:.2f} %", value * 100) : fmt::format("{:.4f}", value), count(name)});
    }
  };
  add(true);
  add(false);
}

void add_configuration(TrainingReport& report, const RunDescription& run, bool trained,
                       const TrainingReport::Rows& more) {
  TrainingReport::Rows rows = {{"data", run.data}};
  if (trained) rows.emplace_back("training samples", detail::grouped(run.train_samples));
  rows.insert(rows.end(), run.configuration.begin(), run.configuration.end());
  rows.insert(rows.end(), more.begin(), more.end());
  report.sections.push_back({"Configuration", rows});
  if (run.compared_with.empty()) return;
  TrainingReport::Rows others;
  for (const auto& [name, value] : run.compared_with) others.emplace_back(name, fmt::format("{:.4f}", value));
  report.sections.push_back({"To compare", others});
}

void add_machine(TrainingReport& report) {
  const SystemInfo system = system_info();
  TrainingReport::Rows machine = {
      {"processor", system.processor},
      {"instruction set", system.instruction_sets.empty() ? "" : system.instruction_sets.front()},
      {"threads", std::to_string(num_threads())},
      {"peak memory", fmt::format("{:.0f} MiB", static_cast<double>(peak_memory_bytes()) / (1 << 20))},
      {"system", system.operating_system},
      {"Lamina", version()}};
  for (const auto& [name, number] : library_versions()) machine.emplace_back(name, number);
  report.sections.push_back({"Machine and versions", machine});
}

}  // namespace detail

namespace {

void add_headlines(TrainingReport& report, const Model& model, const RunDescription& run) {
  detail::add_metrics(report, run);
  if (run.epochs > 0) {
    report.headlines.push_back(
        {"training time", detail::duration(run.seconds),
         fmt::format("{} epoch{}, {} threads", run.epochs, run.epochs == 1 ? "" : "s", num_threads())});
  }
  if (run.step_seconds > 0) {
    report.headlines.push_back({"training step", fmt::format("{:.2f} ms", run.step_seconds * 1e3),
                                fmt::format("batch of {}", run.batch_size)});
  }
  report.headlines.push_back(
      {"parameters", detail::grouped(model.count_params()),
       fmt::format("{:.2f} MiB as float32", static_cast<double>(model.count_params()) * 4 / (1 << 20))});
}

void add_layers(TrainingReport& report, const Model& model) {
  for (const auto& layer : model.layers()) {
    report.layers.push_back({layer->name(), layer->class_name(),
                             layer->built() ? layer->output_shape().str() : "?", layer->count_params()});
  }
}

void add_sections(TrainingReport& report, const Model& model, const RunDescription& run) {
  TrainingReport::Rows rows;
  if (model.compiled()) {
    const CompileOptions& options = model.compile_options();
    if (auto optimizer = options.optimizer.get()) {
      rows.emplace_back(
          "optimizer", fmt::format("{}, learning rate {:g}", optimizer->class_name(), model.learning_rate()));
    }
    std::string losses;
    for (const Choice<Loss>& loss : options.loss.values()) {
      if (!loss.given()) continue;
      losses += (losses.empty() ? "" : ", ") +
                detail::spaced(goes_by_shape(loss) ? loss.name() : loss.get()->name());
    }
    if (!losses.empty()) rows.emplace_back("loss", losses);
  }
  detail::add_configuration(report, run, run.epochs > 0, rows);
  detail::add_machine(report);
}

// Where the model saw what it says of these samples; none of models that cannot be asked, and of pictures too small to
// point at something.
std::vector<Picture> maps_of(const Model& model, const Tensor& x, const Classification& said,
                             const std::vector<size_t>& samples) {
  constexpr int64_t kLeastSide = 32;
  if (samples.empty() || x.rank() != 4 || x.shape()[1] < kLeastSide || x.shape()[2] < kLeastSide) return {};
  if (model.input_names().size() != 1 || grad_cam_layer(model).empty()) return {};
  std::vector<int64_t> numbers(samples.begin(), samples.end());
  std::vector<int> called;
  for (const size_t i : samples) called.push_back(said.predicted[i]);
  const Tensor some = take(x, Tensor::from(numbers, Shape{static_cast<int64_t>(numbers.size())}), 0).eval();
  std::vector<Picture> maps;
  try {
    const Tensor all = grad_cam(model, some, called);
    for (size_t i = 0; i < samples.size(); ++i)
      maps.push_back(overlay(picture_of(some, static_cast<int64_t>(i)), all, static_cast<int64_t>(i)));
  } catch (const InvalidArgument&) {
    return {};  // a layer that has no derivative
  }
  return maps;
}

// A row for each class: how much of what was called so is, and how much of what is was called so.
void add_class_reports(TrainingReport& report, const Classification& said) {
  if (report.classes.empty()) return;
  const Tensor expected = Tensor::from(said.expected), predicted = Tensor::from(said.predicted);
  TrainingReport::Rows rows;
  for (const classic::ClassReport& one : classic::class_reports(expected, predicted)) {
    rows.emplace_back(report.classes[static_cast<size_t>(one.label)],
                      fmt::format("precision {:.3f}, recall {:.3f}, F1 {:.3f} of {}", one.precision, one.recall, one.f1,
                                  detail::grouped(one.support)));
  }
  report.sections.push_back({"Classes", rows});
}

void add_mistakes(TrainingReport& report, Model& model, const RunDescription& run) {
  const OutputKind kind = output_kind(model);
  if (samples_of(run.held_out) == 0 || run.held_out.y.size() != 1 || kind == OutputKind::kValues) return;
  const Tensor outputs = model.predict(run.held_out.x, {.batch_size = 256});
  if (outputs.rank() != 2) return;
  Classification result;
  try {
    result = classify(outputs, run.held_out.y[0], kind);
  } catch (const InvalidArgument&) {
    return;  // targets that are no classes leave nothing to confuse
  }
  add_classification(report, result, run.classes,
                     detail::grouped(samples_of(run.held_out)) + " " +
                         (run.held_out_name.empty() ? "" : run.held_out_name + " ") + "samples");
  add_class_reports(report, result);
  add_decisions(report, model, result);
  const std::vector<Tensor>& inputs = run.held_out.x.values();
  const auto image =
      std::find_if(inputs.begin(), inputs.end(), [](const Tensor& x) { return is_image(x.shape()); });
  if (report.confusion.empty() || image == inputs.end()) return;
  const std::vector<size_t> worst = result.worst_mistakes(run.mistakes);
  const std::vector<Picture> maps = maps_of(model, *image, result, worst);
  for (size_t place = 0; place < worst.size(); ++place) {
    const size_t i = worst[place];
    Picture picture = shrink(picture_of(*image, static_cast<int64_t>(i)), 96);
    report.mistakes.push_back({std::move(picture), report.classes[static_cast<size_t>(result.expected[i])],
                               report.classes[static_cast<size_t>(result.predicted[i])], result.confidence[i],
                               static_cast<int64_t>(i), maps.empty() ? Picture() : shrink(maps[place], 96)});
  }
}

}  // namespace

void add_classification(TrainingReport& report, const Classification& said,
                        const std::vector<std::string>& classes, const std::string& evaluated_on) {
  constexpr int kMostClasses = 50;  // a matrix of more nobody could read
  if (said.classes > kMostClasses || said.expected.empty()) return;
  report.confusion = said.confusion();
  for (size_t label = 0; label < report.confusion.size(); ++label)
    report.classes.push_back(label < classes.size() ? classes[label] : std::to_string(label));
  report.evaluated_on = evaluated_on;
  for (Plot& plot : classification_plots(said, classes)) report.plots.push_back(std::move(plot));
}

TrainingReport run_report(Model& model, const RunDescription& run) {
  TrainingReport report;
  report.title = run.title;
  const bool trained = run.epochs > 0 || run.held_out.x.empty();
  report.subtitle = fmt::format("{} layers, {} parameters, {} on {} samples of {}{}{}", model.layers().size(),
                                detail::grouped(model.count_params()), trained ? "trained" : "evaluated",
                                detail::grouped(trained ? run.train_samples : samples_of(run.held_out)),
                                run.data, run.date.empty() ? "" : ", ", run.date);
  report.command = run.command;
  report.history = run.history;
  report.plots = run.plots;
  add_headlines(report, model, run);
  add_layers(report, model);
  add_sections(report, model, run);
  add_mistakes(report, model, run);
  return report;
}

}  // namespace lamina
