// The shared parts of the subcommands.
#include "cli.h"
#include "model_file.h"

#include <fmt/format.h>

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <system_error>

#include "lamina/base/error.h"
#include "lamina/base/log.h"
#include "lamina/base/system.h"
#include "lamina/base/terminal.h"
#include "lamina/base/threads.h"
#include "lamina/base/utf8.h"
#include "lamina/formats/classic.h"
#include "lamina/formats/snapshot.h"
#include "lamina/formats/weight_format.h"

namespace lamina::cli {
void add_json(Command& command, bool& json, const std::string& what) {
  command.flag(json, "--json", "Print " + what + " as JSON on standard output, all else on standard error");
}

void add_place(Command& command, Place& place) {
  command.add(place.device,
              {.name = "--device", .help = "Device to work on: cpu, cuda[:N] or /GPU:N", .type = "D"});
  command.add(place.threads, {.name = "--threads",
                              .help = "Threads of the CPU (default: OMP_NUM_THREADS, or all)",
                              .type = "N",
                              .least = 1});
}

namespace {

// More threads than processors only wait for each other.
void set_threads(int wanted) {
  const int processors = system_info().processors;
  if (wanted > processors) {
    tell(stderr, fmt::format("lamina: --threads {}: using {}, the number of processors to run on\n", wanted,
                             processors));
  }
  set_num_threads(std::min(wanted, processors));
}

}  // namespace

DeviceScope enter(const Place& place) {
  if (place.threads > 0) set_threads(place.threads);
  if (place.device.empty()) return device(current_device().str());
  try {
    parse_device(place.device);
  } catch (const InvalidArgument& error) {
    throw UsageError(std::string("--device: ") + error.what());
  }
  return device(place.device);
}

namespace {

// Files of weights that were made of a model say what it is.
Model model_in_weights(const std::string& path, const LoadOptions& options) {
  WeightSnapshot weights;
  try {
    weights = open_weights(path);
  } catch (const FileError&) {
    return load_model(path, options);  // which says what it is not
  }
  return has_architecture(weights) ? model_of(weights, options) : load_model(path, options);
}

}  // namespace

Model load(const std::string& path, const LoadOptions& options) {
  if (!exists(path)) {
    throw FileError("there is no model file '" + path +
                    "'; 'lamina train' makes one, see 'lamina train --help'");
  }
  if (is_classic_file(path)) {
    throw InvalidArgument("'" + path +
                          "' holds an estimator, which is fitted at once and has no layers: this is "
                          "for networks, .keras files; evaluate, predict, run and summary take both");
  }
  return is_model_path(path) ? load_model(path, options) : model_in_weights(path, options);
}

Model load_to_ask(const std::string& path) {
  if (is_architecture(path))
    throw InvalidArgument("'" + path +
                          "' is an architecture without weights: there is nothing to ask of it; lamina train makes a "
                          "model of it, and lamina convert a new one");
  try {
    return load(path);
  } catch (const Error& error) {
    Model model = load(path, {.compile = false});  // throws the same where it is not training's matter
    const std::string what = error.what();
    warn(what + (what.ends_with('?') ? " " : ". ") + "Predictions do not need it");
    return model;
  }
}

std::pair<std::string, std::string> name_and_file(const std::string& text, const std::vector<std::string>& known) {
  const std::string* longest = nullptr;
  for (const std::string& name : known) {
    if (text.starts_with(name + "=") && (!longest || name.size() > longest->size())) longest = &name;
  }
  if (longest) return {*longest, text.substr(longest->size() + 1)};
  const size_t at = exists(text) ? std::string::npos : text.find('=');
  return at == std::string::npos ? std::pair{std::string(), text}
                                 : std::pair{text.substr(0, at), text.substr(at + 1)};
}

bool ends_with_any(std::string path, std::initializer_list<const char*> endings) {
  std::transform(path.begin(), path.end(), path.begin(), [](unsigned char c) { return std::tolower(c); });
  return std::any_of(endings.begin(), endings.end(),
                     [&](const char* ending) { return path.ends_with(ending); });
}

std::pair<std::string, std::string> place_and_part(const std::string& source,
                                                   const std::vector<std::string>& parts,
                                                   const std::string& otherwise) {
  for (const std::string& part : parts) {
    if (source.ends_with(":" + part) && !exists(source))
      return {source.substr(0, source.size() - part.size() - 1), part};
  }
  return {source, otherwise};
}

bool exists(const std::string& path) {
  std::error_code ignored;
  return std::filesystem::exists(path, ignored);
}

void make_folder(const std::string& path) {
  std::error_code error, ignored;
  std::filesystem::create_directories(path, error);
  if (std::filesystem::is_directory(path, ignored)) return;
  throw FileError("cannot make the folder '" + path +
                  "': " + (error ? error.message() : "a file is in the way"));
}

void print_json(const Json& value) {
  const std::string line = valid_utf8(value.dump()) + "\n";
  tell(stdout, line);
}

void tell(std::FILE* stream, const std::string& text) {
  std::fwrite(text.data(), 1, text.size(), stream);
  if (std::fflush(stream) == 0 && std::ferror(stream) == 0) return;
  forget_gone_reader(stream);
}

void forget_gone_reader(std::FILE* stream) {
  pollfd reader{fileno(stream), 0, 0};
  if (std::ferror(stream) == 0 || poll(&reader, 1, 0) < 1 || (reader.revents & (POLLERR | POLLHUP)) == 0) {
    return;
  }
  // What is still in the buffer, and all that follows, goes nowhere without being an error.
  const int nowhere = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
  if (nowhere < 0) return;
  dup2(nowhere, fileno(stream));
  ::close(nowhere);
  std::fflush(stream);
  std::clearerr(stream);
}

Json finite(double value) { return std::isfinite(value) ? Json(value) : Json(); }

std::string shown(const std::string& text) {
  std::string result;
  size_t begin = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\n' && text[i] != '\t') continue;
    result += printable(text.substr(begin, i - begin)) + text[i];
    begin = i + 1;
  }
  return result + printable(text.substr(begin));
}

std::string bytes(double count) {
  static constexpr const char* kUnits[] = {"B", "KiB", "MiB", "GiB", "TiB"};
  int unit = 0;
  for (; count >= 1024 && unit < 4; ++unit) count /= 1024;
  return fmt::format("{:.{}f} {}", count, unit == 0 ? 0 : count < 10 ? 2 : 1, kUnits[unit]);
}

}  // namespace lamina::cli
