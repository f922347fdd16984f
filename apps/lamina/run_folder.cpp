// The run folder and the small texts that go with it.
#include "run_folder.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <ctime>
#include <filesystem>
#include <system_error>

#include "cli.h"
#include "lamina/base/error.h"

namespace lamina::cli {
namespace fs = std::filesystem;

std::string make_run_folder(const std::string& wanted, const std::string& name) {
  if (!wanted.empty()) {
    make_folder(wanted);
    return wanted;
  }
  make_folder("runs");
  std::error_code error;
  const std::string stem = fmt::format("runs/{}-{:%Y%m%d}-", name, fmt::localtime(std::time(nullptr)));
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
  const std::tm now = fmt::localtime(std::time(nullptr));
  return fmt::format("{} {:%B %Y}", now.tm_mday, now);
}

}  // namespace lamina::cli
