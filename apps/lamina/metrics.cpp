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

Json log_json(const Logs& logs, size_t index) {
  const std::optional<std::vector<double>> row = logs.row(index);
  if (!row) return finite(logs.value(index));
  Json list = Json::list({});
  for (const double value : *row) list.push_back(finite(value));
  return list;
}

std::string log_text(const Logs& logs, size_t index) {
  const std::optional<std::vector<double>> row = logs.row(index);
  if (!row) return format_metric(logs.value(index));
  std::string text;
  for (const double value : *row) text += (text.empty() ? "" : ", ") + format_metric(value);
  return "[" + text + "]";
}

}  // namespace lamina::cli
