// The shared parts of the subcommands.
#include "cli.h"

#include <fmt/format.h>

#include <unistd.h>

#include <cmath>
#include <cstdio>

#include "lamina/base/error.h"
#include "lamina/base/threads.h"

namespace lamina::cli {

void add_json(Command& command, bool& json, const std::string& what) {
  command.flag(json, "--json", "Print " + what + " as JSON on standard output, all else on standard error");
}

void add_place(Command& command, Place& place) {
  command.add(place.device,
              {.name = "--device", .help = "Device to work on: cpu, gpu, cuda:1, /CPU:0, ...", .type = "D"});
  command.add(place.threads, {.name = "--threads",
                              .help = "Threads of the CPU (default: OMP_NUM_THREADS, or all)",
                              .type = "N",
                              .least = 1,
                              .most = 4096});
}

DeviceScope enter(const Place& place) {
  if (place.threads > 0) set_num_threads(place.threads);
  if (place.device.empty()) return device(current_device().str());
  try {
    parse_device(place.device);
  } catch (const InvalidArgument& error) {
    throw UsageError(std::string("--device: ") + error.what());
  }
  return device(place.device);
}

Sequential load(const std::string& path) {
  if (access(path.c_str(), F_OK) != 0) {
    throw FileError("there is no model file '" + path +
                    "'; 'lamina train' makes one, see 'lamina train --help'");
  }
  return load_model(path);
}

void print_json(const Json& value) {
  std::string line = value.dump() + "\n";
  std::fwrite(line.data(), 1, line.size(), stdout);
  std::fflush(stdout);
}

Json finite(double value) { return std::isfinite(value) ? Json(value) : Json(); }

std::string bytes(double count) {
  static constexpr const char* kUnits[] = {"B", "KiB", "MiB", "GiB", "TiB"};
  int unit = 0;
  for (; count >= 1024 && unit < 4; ++unit) count /= 1024;
  return fmt::format("{:.{}f} {}", count, unit == 0 ? 0 : count < 10 ? 2 : 1, kUnits[unit]);
}

}  // namespace lamina::cli
