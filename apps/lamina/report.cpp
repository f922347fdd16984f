// lamina report: several training runs on one page.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>

#include "cli.h"
#include "lamina/base/error.h"
#include "lamina/base/terminal.h"
#include "lamina/base/utf8.h"
#include "metrics.h"
#include "pages.h"
#include "run_record.h"

namespace lamina::cli {
namespace {

struct Options {
  std::vector<std::string> runs;
  std::string out = "comparison.html", title;
  bool overwrite = false, json = false;
};

// The last part of each folder's name where that tells the runs apart, else all of it.
void name_runs(std::vector<RunRecord>& records) {
  std::map<std::string, int> short_names, folders;
  const auto last = [](const RunRecord& record) {
    const auto path = std::filesystem::path(record.folder).lexically_normal();
    const auto name = path.has_filename() ? path.filename() : path.parent_path().filename();
    return valid_utf8(name.empty() || name == "." ? record.folder : name.string());
  };
  for (const RunRecord& record : records) {
    ++short_names[last(record)];
    if (++folders[std::filesystem::absolute(record.folder).lexically_normal() / ""] > 1)
      throw UsageError("report: the run '" + record.folder + "' is named twice");
  }
  for (RunRecord& record : records)
    record.run.name = short_names[last(record)] == 1 ? last(record) : valid_utf8(record.folder);
}

// Losses and accuracies of different tasks have nothing to say to each other.
void require_one_task(const std::vector<RunRecord>& records) {
  const RunRecord* first = nullptr;
  for (const RunRecord& record : records) {
    if (record.task.empty()) {
      tell(stderr, "lamina: '" + printable(record.folder) +
                       "' does not say what its task was: it has not come to its end, or is of an older "
                       "release; that it is the others' is not checked\n");
      continue;
    }
    if (!first) first = &record;
    if (record.task == first->task) continue;
    throw InvalidArgument("report: '" + first->folder + "' is a training for " + first->task + " and '" +
                          record.folder + "' one for " + record.task +
                          ": their figures mean different things; compare runs of one task");
  }
}

int report(const Options& options) {
  std::vector<RunRecord> records;
  for (const std::string& path : options.runs) records.push_back(read_run(path));
  name_runs(records);
  if (records.size() > 1) require_one_task(records);
  std::vector<ComparedRun> runs;
  for (RunRecord& record : records) runs.push_back(std::move(record.run));
  std::string title = options.title;
  if (title.empty()) title = runs.size() == 1 ? runs[0].name : fmt::format("{} runs compared", runs.size());
  write_page(options.out, comparison_page(title, runs), options.overwrite);
  if (!options.json) {
    fmt::print("Report: {}\n", printable(options.out));
    return 0;
  }
  Json list = Json::list();
  for (size_t i = 0; i < runs.size(); ++i) {
    const ComparedRun& run = runs[i];
    const BestEpoch best = best_epoch(run);
    Json last = Json::object();
    for (const auto& series : run.history) last[series.name] = finite(series.values.back());
    list.push_back(
        Json::object({{"run", records[i].folder},
                      {"epochs", static_cast<int64_t>(run.epochs())},
                      {"best_epoch", best.epoch > 0 ? Json(static_cast<int64_t>(best.epoch)) : Json()},
                      {"last", last},
                      {"metrics", metrics_json(run.metrics)}}));
  }
  print_json(Json::object({{"report", options.out}, {"runs", list}}));
  return 0;
}

}  // namespace

void add_report(CLI::App& app, Action& action) {
  Command command(app, "report", "Compare training runs on one page");
  auto options = std::make_shared<Options>();
  command.add(
      options->runs,
      {.name = "RUN", .help = "Run folders, as train leaves them in runs/; 1 to 20", .required = true});
  command.add(options->out, {.name = "--out",
                             .help = "Where to write the page; a report that is there is replaced",
                             .type = "FILE.html",
                             .show_default = true});
  command.add(options->title,
              {.name = "--title", .help = "Heading of the page (default: how many runs)", .type = "TEXT"});
  command.flag(options->overwrite, "--overwrite", "Replace what is at --out though it is no report");
  add_json(command, options->json, "where the page is, and each run's best epoch and final figures");
  command.footer(
      "The page shows the curves of all runs laid over one another, their final figures and best epochs, and "
      "the options that differ.");
  command.on_call([options, &action] { action = [options] { return report(*options); }; });
}

}  // namespace lamina::cli
