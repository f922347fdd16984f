// lamina doctor: what this machine and this build have, at once.
#include <fmt/format.h>

#include "cli.h"
#include "lamina/base/system.h"
#include "lamina/base/terminal.h"
#include "lamina/base/threads.h"
#include "lamina/base/version.h"
#include "lamina/data/labelled_data.h"

namespace lamina::cli {
namespace {

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

void print_row(const Terminal& terminal, const std::string& name, const std::string& value) {
  fmt::print("{} {}\n", styled(terminal, "36", fmt::format("{:<18}", name)), value);
}

/// What is measured while the user waits, in milliseconds.
constexpr int kLoadTime = 100;

std::string load_text(double busy, int processors) {
  if (busy < 0) return "unknown";
  const std::string text = fmt::format("{:.1f} of {} processors busy with other programs", busy, processors);
  return busy < 0.5 ? text : text + ": figures measured now are worth little";
}

int doctor(bool json) {
  SystemInfo info = system_info();
  const double busy = busy_processors(kLoadTime);
  if (json) {
    Json libraries = Json::object();
    for (const auto& [name, number] : library_versions()) libraries[name] = number;
    Json sets = Json::list();
    for (const std::string& name : info.instruction_sets) sets.push_back(name);
    Json sets_here = Json::object();
    for (const std::string& name : named_data_sets()) {
      const std::string folder = find_data_set(name);
      sets_here[name] = folder.empty() ? Json() : Json(folder);
    }
    print_json(Json::object(
        {{"version", version()},
         {"devices", Json::list({Json::object({{"name", "/CPU:0"}, {"description", info.processor}})})},
         {"instruction_sets", sets},
         {"processors", info.processors},
         {"threads", info.threads},
         {"thread_policy", describe_threads()},
         {"busy_processors", busy < 0 ? Json() : Json(busy)},
         {"memory_bytes", info.memory_bytes},
         {"available_bytes", info.available_bytes},
         {"operating_system", info.operating_system},
         {"libraries", libraries},
         {"data_sets", sets_here}}));
    return 0;
  }
  Terminal terminal = terminal_of(stdout);
  fmt::print("{}\n\n", styled(terminal, "1", std::string("Lamina ") + version()));
  print_row(terminal, "system", info.operating_system);
  print_row(terminal, "/CPU:0", printable(info.processor));
  print_row(terminal, "instruction sets", joined(info.instruction_sets));
  print_row(terminal, "processors", fmt::format("{}", info.processors));
  print_row(terminal, "load", load_text(busy, info.processors));
  print_row(terminal, "threads", describe_threads());
  print_row(terminal, "memory",
            fmt::format("{}, {} available", bytes(static_cast<double>(info.memory_bytes)),
                        bytes(static_cast<double>(info.available_bytes))));
  fmt::print("\n{}\n", styled(terminal, "1", "Libraries"));
  for (const auto& [name, number] : library_versions()) print_row(terminal, name, number);
  fmt::print("\n{}\n", styled(terminal, "1", "Data sets"));
  for (const std::string& name : named_data_sets()) {
    const std::string folder = find_data_set(name);
    print_row(terminal, name, folder.empty() ? "not on this machine" : folder);
  }
  return 0;
}

}  // namespace

void add_doctor(CLI::App& app, Action& action) {
  Command command(app, "doctor", "Show devices, instruction sets, libraries and data sets");
  auto json = std::make_shared<bool>(false);
  add_json(command, *json, "the findings");
  command.on_call([json, &action] { action = [json] { return doctor(*json); }; });
}

}  // namespace lamina::cli
