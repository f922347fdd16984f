// history.csv and run.json, which people may have edited and disks may have damaged.
#include "run_record.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <filesystem>
#include <sstream>

#include "cli.h"
#include "lamina/base/error.h"
#include "lamina/base/files.h"
#include "lamina/base/terminal.h"

namespace lamina::cli {
namespace fs = std::filesystem;

namespace {

constexpr uint64_t kMostHistory = uint64_t{64} << 20, kMostNote = uint64_t{1} << 20;
constexpr size_t kMostLogs = 200;

std::vector<std::string> fields_of(const std::string& line) {
  std::vector<std::string> fields;
  for (size_t at = 0;;) {
    const size_t end = line.find(',', at);
    fields.push_back(line.substr(at, end - at));
    if (end == std::string::npos) return fields;
    at = end + 1;
  }
}

[[noreturn]] void damaged(const std::string& path, size_t line, const std::string& what) {
  throw FileError(fmt::format("'{}' is no history of a training: line {}: {}", path, line, what));
}

double number_of(const std::string& field, const std::string& path, size_t line) {
  double value = 0;
  const auto [end, error] = std::from_chars(field.data(), field.data() + field.size(), value);
  if (error != std::errc() || end != field.data() + field.size())
    damaged(path, line, "'" + printable(field.substr(0, 40)) + "' is no number");
  return value;
}

// A line of names that begins with "epoch", then the epochs from 0 on.
std::vector<TrainingReport::Series> read_history(const std::string& path) {
  std::istringstream text(read_file(path, kMostHistory));
  std::vector<TrainingReport::Series> history;
  std::string line;
  if (!std::getline(text, line)) damaged(path, 1, "the file is empty");
  const auto chomp = [&] {
    if (!line.empty() && line.back() == '\r') line.pop_back();
  };
  chomp();
  if (line.starts_with("\xef\xbb\xbf")) line.erase(0, 3);  // as spreadsheets write
  const std::vector<std::string> names = fields_of(line);
  if (names[0] != "epoch" || names.size() < 2)
    damaged(path, 1,
            "expected names of columns, the first of them 'epoch', received '" +
                printable(line.substr(0, 60)) + "'");
  if (names.size() > kMostLogs)
    damaged(path, 1, fmt::format("{} columns; at most {} are read", names.size(), kMostLogs));
  for (size_t i = 1; i < names.size(); ++i) {
    if (std::find(names.begin(), names.begin() + static_cast<std::ptrdiff_t>(i), names[i]) !=
        names.begin() + static_cast<std::ptrdiff_t>(i))
      damaged(path, 1, "two columns are called '" + printable(names[i]) + "'");
    history.push_back({names[i], {}});
  }
  for (size_t number = 2; std::getline(text, line); ++number) {
    chomp();
    if (line.empty()) continue;
    const std::vector<std::string> fields = fields_of(line);
    if (fields.size() != names.size())
      damaged(path, number, fmt::format("{} values for {} columns", fields.size(), names.size()));
    const auto expected = static_cast<double>(history[0].values.size());
    if (number_of(fields[0], path, number) != expected)
      damaged(path, number,
              fmt::format("epoch {} was expected, received {}", expected, printable(fields[0])));
    for (size_t i = 1; i < fields.size(); ++i)
      history[i - 1].values.push_back(number_of(fields[i], path, number));
  }
  if (history[0].values.empty()) damaged(path, 2, "there is no epoch yet");
  return history;
}

double number_of(const Json& json) { return json.is_null() ? NAN : json.as_double(); }

void read_about(const std::string& path, RunRecord& record) {
  const Json json = Json::parse(read_file(path, kMostNote), path);
  if (!json.is_object()) throw FileError("'" + path + "' is no note of a training: it holds no object");
  try {
    if (const Json* seconds = json.find("seconds")) record.run.seconds = seconds->as_double();
    if (const Json* task = json.find("task")) record.task = task->as_string();
    if (const Json* of = json.find("metrics_of")) record.run.metrics_of = of->as_string();
    if (const Json* metrics = json.find("metrics")) {
      for (const auto& [name, value] : metrics->as_object())
        record.run.metrics.emplace_back(name, number_of(value));
    }
    if (const Json* options = json.find("options")) {
      for (const auto& [name, value] : options->as_object())
        record.run.options.emplace_back(name, value.as_string());
    }
    // A rate that stayed is no column of the history.
    const auto& history = record.run.history;
    const bool logged = std::any_of(history.begin(), history.end(),
                                    [](const auto& series) { return series.name == "learning_rate"; });
    if (const Json* rate = json.find("learning_rate"); rate && !logged) {
      const std::vector<double> rates(record.run.epochs(), number_of(*rate));
      record.run.history.push_back({"learning_rate", rates});
    }
  } catch (const InvalidArgument& error) {
    throw FileError("'" + path + "' is no note of a training: " + error.what());
  }
}

// Run folders inside `folder`, for a message: "; there are runs in it: a, b, ..."
std::string runs_inside(const std::string& folder) {
  std::vector<std::string> found;
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end && found.size() < 1000;
       entry.increment(error)) {
    if (exists(entry->path().string() + "/history.csv")) found.push_back(printable(entry->path().string()));
  }
  if (found.empty()) return "; 'lamina train' leaves runs in runs/";
  std::sort(found.begin(), found.end());
  const bool more = found.size() > 3;
  found.resize(std::min<size_t>(found.size(), 3));
  return fmt::format("; there are runs in it: {}{}", fmt::join(found, ", "), more ? ", ..." : "");
}

}  // namespace

RunRecord read_run(const std::string& path) {
  std::error_code ignored;
  RunRecord record;
  record.folder = path;
  const fs::path name = fs::path(path).filename();
  if (name == "history.csv" || name == "report.html" || name == "run.json") {
    record.folder = fs::path(path).parent_path().string();
    if (record.folder.empty()) record.folder = ".";
  } else if (exists(path) && !fs::is_directory(path, ignored)) {
    throw FileError("'" + path + "' is no run: a run is a folder with history.csv, as 'lamina train' leaves");
  }
  if (!exists(record.folder)) throw FileError("there is no run '" + path + "': no such folder");
  const std::string history = record.folder + "/history.csv";
  const std::string note = record.folder + "/run.json";
  const bool has_history = exists(history);
  if (!has_history && exists(note)) {  // an estimator has no epochs, and what it was worth stands in the note
    read_about(note, record);
    if (!record.run.metrics.empty()) return record;
  }
  if (!has_history)
    throw FileError("'" + record.folder + "' is no run: it has no history.csv" + runs_inside(record.folder));
  record.run.history = read_history(history);
  if (exists(note)) read_about(note, record);
  return record;
}

}  // namespace lamina::cli
