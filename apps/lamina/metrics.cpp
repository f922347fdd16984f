// One way to write them down.
#include "metrics.h"

#include "cli.h"
#include "lamina/base/terminal.h"
#include "lamina/nn/callbacks/progress_line.h"

namespace lamina::cli {

std::string metrics_line(const Metrics& metrics) {
  std::string line;
  for (const auto& [name, value] : metrics)
    line += (line.empty() ? "" : " - ") + printable(name) + ": " + format_metric(value);
  return line;
}

Json metrics_json(const Metrics& metrics) {
  Json json = Json::object();
  for (const auto& [name, value] : metrics) json[name] = finite(value);
  return json;
}

}  // namespace lamina::cli
