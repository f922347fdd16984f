// Runs side by side: tables, and curves over the epochs.
#include "lamina/explain/comparison_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "lamina/base/detail/text.h"
#include "lamina/base/error.h"
#include "lamina/explain/detail/legend.h"
#include "lamina/explain/plot.h"

namespace lamina {
namespace {

constexpr size_t kMostRuns = 20;
constexpr char kUnknown[] = "–";

// In the order in which they first appear.
void add_new(std::vector<std::string>& names, const std::string& name) {
  if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
}

std::vector<std::string> logs_of(const std::vector<ComparedRun>& runs) {
  std::vector<std::string> names;
  for (const ComparedRun& run : runs) {
    for (const TrainingReport::Series& series : run.history) add_new(names, series.name);
  }
  return names;
}

const TrainingReport::Series* find(const ComparedRun& run, const std::string& log) {
  for (const TrainingReport::Series& series : run.history) {
    if (series.name == log) return &series;
  }
  return nullptr;
}

std::string row(const std::string& name, const std::vector<std::string>& cells, const char* tag = "td") {
  std::string out = fmt::format("<tr><{0} class=\"key\">{1}</{0}>", tag, html_escape(name));
  for (const std::string& cell : cells)
    out += fmt::format("<{0} class=\"number\">{1}</{0}>", tag, html_escape(cell));
  return out + "</tr>\n";
}

std::string number(double value) { return std::isnan(value) ? "nan" : fmt::format("{:.5g}", value); }

// A row for each run's value of one thing.
template <class Value>
std::string row_of(const std::vector<ComparedRun>& runs, const std::string& name, Value&& value) {
  std::vector<std::string> cells;
  for (const ComparedRun& run : runs) cells.push_back(value(run));
  return row(name, cells);
}

std::vector<std::string> names_of(const std::vector<ComparedRun>& runs) {
  std::vector<std::string> names;
  for (const ComparedRun& run : runs) names.push_back(run.name);
  return names;
}

// What each run's model was found to be, its best epoch, what its last one logged, and its time.
std::string figures_table(const std::vector<ComparedRun>& runs) {
  std::vector<std::string> metrics;
  for (const ComparedRun& run : runs) {
    for (const auto& [name, value] : run.metrics) add_new(metrics, run.metrics_of + " " + name);
  }
  std::string rows = row_of(runs, "epochs", [](const ComparedRun& run) {
    return run.epochs() > 0 ? std::to_string(run.epochs()) : std::string(kUnknown);
  });
  for (const std::string& metric : metrics) {
    rows += row_of(runs, detail::spaced(metric), [&](const ComparedRun& run) {
      for (const auto& [name, value] : run.metrics) {
        if (run.metrics_of + " " + name == metric) return number(value);
      }
      return std::string(kUnknown);
    });
  }
  rows += row_of(runs, "best epoch", [](const ComparedRun& run) {
    const size_t best = best_epoch(run).epoch;
    return best > 0 ? std::to_string(best) : std::string(kUnknown);
  });
  rows += row_of(runs, "its loss", [](const ComparedRun& run) {
    const BestEpoch best = best_epoch(run);
    return best.epoch > 0 ? number(best.value) : std::string(kUnknown);
  });
  for (const std::string& log : logs_of(runs)) {
    rows += row_of(runs, "last " + detail::spaced(log), [&](const ComparedRun& run) {
      const TrainingReport::Series* series = find(run, log);
      return series && !series->values.empty() ? number(series->values.back()) : std::string(kUnknown);
    });
  }
  rows += row_of(runs, "seconds of training", [](const ComparedRun& run) {
    return run.seconds > 0 ? fmt::format("{:.1f}", run.seconds) : std::string(kUnknown);
  });
  return "<section class=\"card\"><h2>Final figures</h2><table><thead>\n" + row("", names_of(runs), "th") +
         "</thead><tbody>\n" + rows +
         "</tbody></table><p class=\"axis\">The best epoch is the one with the lowest validation loss, or "
         "training loss where nothing was held out.</p></section>\n";
}

std::string curves(const std::vector<ComparedRun>& runs) {
  constexpr size_t kMostMarked = 60, kMostPoints = 1000;
  std::string out;
  for (const std::string& log : logs_of(runs)) {
    Plot plot{.heading = detail::heading_of(log), .note = {}, .x_label = "epoch", .y_label = ""};
    plot.whole_x = true;
    for (const ComparedRun& run : runs) {
      const TrainingReport::Series* series = find(run, log);
      Plot::Curve curve{.name = run.name, .x = {}, .y = {}};
      const size_t epochs = series ? series->values.size() : 0, stride = epochs / kMostPoints + 1;
      curve.look = epochs <= kMostMarked ? Look::kMarked : Look::kLine;
      for (size_t i = 0; i < epochs; ++i) {
        if (i % stride != 0 && i + 1 != epochs) continue;
        curve.x.push_back(static_cast<double>(i + 1));
        curve.y.push_back(series->values[i]);
      }
      plot.curves.push_back(std::move(curve));  // without points, too: a run has one colour on all plots
    }
    out += plot_card(plot);
  }
  return "<div class=\"columns\">\n" + out + "</div>\n";
}

std::string options_table(const std::vector<ComparedRun>& runs) {
  std::vector<std::string> names;
  bool all_known = true;
  for (const ComparedRun& run : runs) {
    all_known = all_known && !run.options.empty();
    for (const auto& [name, value] : run.options) add_new(names, name);
  }
  std::string rows;
  for (const std::string& name : names) {
    std::set<std::string> values;
    const std::string cells = row_of(runs, name, [&](const ComparedRun& run) {
      const auto at = std::find_if(run.options.begin(), run.options.end(),
                                   [&](const auto& option) { return option.first == name; });
      const std::string value = at == run.options.end() ? kUnknown : at->second;
      values.insert(value);
      return value;
    });
    if (values.size() > 1) rows += cells;
  }
  std::string out = "<section class=\"card\"><h2>Options that differ</h2>";
  if (rows.empty()) {
    out += all_known ? "<p class=\"axis\">None: all are the same.</p>" : "";
  } else {
    out += "<table class=\"options\"><thead>\n" + row("", names_of(runs), "th") + "</thead><tbody>\n" + rows +
           "</tbody></table>";
  }
  if (!all_known) {
    out +=
        "<p class=\"axis\">–: a run that has not come to its end, or is of an older release, does not "
        "say.</p>";
  }
  return out + "</section>\n";
}

}  // namespace

size_t ComparedRun::epochs() const {
  size_t most = 0;
  for (const TrainingReport::Series& series : history) most = std::max(most, series.values.size());
  return most;
}

BestEpoch best_epoch(const ComparedRun& run) {
  const TrainingReport::Series* series = nullptr;
  for (const char* log : {"val_loss", "loss"}) {
    if (!series) series = find(run, log);
  }
  if (!series) return {};
  BestEpoch best{series->name, 0, 0};
  for (size_t i = 0; i < series->values.size(); ++i) {
    const double value = series->values[i];
    if (!std::isfinite(value) || (best.epoch > 0 && value >= best.value)) continue;
    best.epoch = i + 1;
    best.value = value;
  }
  return best;
}

std::string comparison_page(const std::string& title, const std::vector<ComparedRun>& runs) {
  if (runs.empty() || runs.size() > kMostRuns)
    throw InvalidArgument(
        fmt::format("comparison_page: 1 to {} runs fit on a page; received {}", kMostRuns, runs.size()));
  std::set<std::string> names;
  std::string subtitle;
  for (const ComparedRun& run : runs) {
    if (!names.insert(run.name).second)
      throw InvalidArgument("comparison_page: two runs are called '" + run.name + "'");
    subtitle += (subtitle.empty() ? "" : ", ") + run.name;
  }
  return report_page(title, subtitle, figures_table(runs) + curves(runs) + options_table(runs));
}

}  // namespace lamina
