// The run folder and the small texts that go with it.
#include "run_folder.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <filesystem>
#include <system_error>

#include "cli.h"
#include "lamina/base/error.h"
#include "lamina/base/file_date.h"
#include "lamina/base/log.h"

namespace lamina::cli {
namespace fs = std::filesystem;

void write_run_note(const std::string& folder, const RunNote& note, const WriteOptions& options) {
  Json json = Json::object({{"seconds", note.seconds}});
  if (!note.checkpoint.empty()) json["checkpoint"] = note.checkpoint;
  for (const auto& [name, value] : note.about.as_object()) json[name] = value;
  write_file(folder + "/run.json", json.dump() + "\n", options);
}

RunNote read_run_note(const std::string& folder) {
  constexpr uint64_t kMost = 1 << 16;
  RunNote note;
  const std::string path = folder + "/run.json";
  if (!exists(path)) return note;
  try {
    const Json json = Json::parse(read_file(path, kMost), path);
    if (!json.is_object()) throw FileError("it holds no object");
    const Json *checkpoint = json.find("checkpoint"), *seconds = json.find("seconds");
    if (!checkpoint) return note;  // of an older release
    const std::string named = checkpoint->as_string();
    const double spent = seconds ? seconds->as_double() : 0;
    if (spent >= 0 && spent < 1e12) note.seconds = spent;
    note.checkpoint = named;
  } catch (const Error& error) {
    note.problem = "'" + path + "' is no note of a training: " + error.what();
  }
  return note;
}

std::string checkpoint_name(const std::string& checkpoint, const std::string& folder) {
  const fs::path file = fs::absolute(checkpoint).lexically_normal();
  const std::string relative = file.lexically_relative(fs::absolute(folder).lexically_normal()).string();
  return relative.empty() ? file.string() : relative;
}

std::string find_run_folder(const std::string& checkpoint) {
  std::string newest;
  fs::file_time_type when;
  std::error_code error;
  for (fs::directory_iterator entry("runs", error), end; !error && entry != end; entry.increment(error)) {
    const std::string folder = entry->path().string();
    const RunNote note = read_run_note(folder);
    if (!note.problem.empty()) warn(note.problem + "; whose run '" + folder + "' is, is not known");
    if (note.checkpoint != checkpoint_name(checkpoint, folder)) continue;
    std::error_code ignored;
    const fs::file_time_type time = fs::last_write_time(folder + "/run.json", ignored);
    if (!newest.empty() && time < when) continue;
    newest = folder;
    when = time;
  }
  return newest;
}

std::string make_run_folder(const std::string& wanted, const std::string& name) {
  if (!wanted.empty()) {
    make_folder(wanted);
    return wanted;
  }
  make_folder("runs");
  std::error_code error;
  const std::string stem = fmt::format("runs/{}-{:%Y%m%d}-", name, file_date());
  for (int number = 1; number < 100000; ++number) {
    const std::string path = stem + std::to_string(number);
    // create_directory says whether it was us who made it, also when two runs begin at once.
    if (fs::create_directory(path, error)) return path;
    if (error && !exists(path)) {
      throw FileError("cannot make the run folder '" + path + "': " + error.message() +
                      "; choose another with --run-dir");
    }
  }
  throw FileError("cannot make a run folder '" + stem +
                  "N': all numbers are taken; choose another with --run-dir");
}

std::string shell_line(const std::vector<std::string>& words) {
  static const std::string kPlain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./:=,+@%";
  std::string line;
  for (const std::string& word : words) {
    if (!line.empty()) line += " ";
    if (!word.empty() && word.find_first_not_of(kPlain) == std::string::npos) {
      line += word;
      continue;
    }
    line += "'";
    for (char c : word) line += c == '\'' ? std::string("'\\''") : std::string(1, c);
    line += "'";
  }
  return line;
}

std::string today() {
  const std::tm now = file_date();
  return fmt::format("{} {:%B %Y}", now.tm_mday, now);
}

}  // namespace lamina::cli
