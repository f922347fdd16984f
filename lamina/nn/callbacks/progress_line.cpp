// The progress line: parts are made, measured, and dropped in a fixed order until the line fits.
#include "lamina/nn/callbacks/progress_line.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace lamina {
namespace {

constexpr int kBarColumns = 20;
constexpr int kShortBarColumns = 8;

std::string repeat(const char* text, int count) {
  std::string result;
  for (int i = 0; i < count; ++i) result += text;
  return result;
}

std::string bar(const Progress& progress, int width, const Terminal& terminal) {
  double fraction =
      progress.finished ? 1.0
      : progress.total > 0
          ? std::clamp(static_cast<double>(progress.step) / static_cast<double>(progress.total), 0.0, 1.0)
          : 0.0;
  int filled = static_cast<int>(std::floor(fraction * width));
  int rest = width - filled;
  if (!terminal.utf8) {
    std::string text = "[" + repeat("=", filled);
    if (rest > 0) text += ">" + repeat(".", rest - 1);
    return text + "]";
  }
  // Without colours the two halves must differ in shape.
  bool plain = terminal.colours == Colours::kNone;
  return styled(terminal, "32", repeat("━", filled)) +
         styled(terminal, "38;5;240", repeat(plain ? "─" : "━", rest));
}

double seconds_per_step(const Progress& progress) {
  if (progress.seconds_per_step > 0) return progress.seconds_per_step;
  return progress.seconds / std::max(1.0, static_cast<double>(progress.step));
}

std::string time_part(const Progress& progress) {
  if (progress.finished || progress.total <= 0 || progress.step <= 0)
    return format_duration(progress.seconds);
  return format_duration(seconds_per_step(progress) * static_cast<double>(progress.total - progress.step));
}

std::string step_time(const Progress& progress) { return format_step_time(seconds_per_step(progress)); }

}  // namespace

std::string format_metric(double value) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value > 0 ? "inf" : "-inf";
  double size = std::fabs(value);
  if (size != 0 && (size < 1e-3 || size >= 1e7)) return fmt::format("{:.4e}", value);
  return fmt::format("{:.4f}", value);
}

std::string format_duration(double seconds) {
  int64_t s =
      std::isfinite(seconds) ? static_cast<int64_t>(std::llround(std::max(0.0, std::min(seconds, 1e9)))) : 0;
  if (s < 60) return fmt::format("{}s", s);
  if (s < 3600) return fmt::format("{}:{:02}", s / 60, s % 60);
  return fmt::format("{}:{:02}:{:02}", s / 3600, s / 60 % 60, s % 60);
}

std::string format_step_time(double seconds) {
  if (seconds >= 1) return fmt::format("{:.2f}s/step", seconds);
  if (seconds >= 9.95e-3) return fmt::format("{:.0f}ms/step", seconds * 1e3);
  if (seconds >= 1e-3) return fmt::format("{:.1f}ms/step", seconds * 1e3);
  return fmt::format("{:.0f}us/step", std::max(0.0, seconds) * 1e6);
}

std::string progress_line(const Progress& progress, const Terminal& terminal) {
  const int width = std::max(1, terminal.width - 1);  // the last column makes some terminals wrap
  std::string counter =
      progress.total > 0
          ? fmt::format("{:>{}}/{}", progress.step, fmt::formatted_size("{}", progress.total), progress.total)
          : fmt::format("{}", progress.step);
  std::string time = time_part(progress), speed = step_time(progress);
  std::vector<std::string> values;
  for (const auto& [name, value] : progress.values)
    values.push_back(printable(name) + ": " + format_metric(value));

  int bar_columns = progress.total > 0 ? kBarColumns : 0;
  bool with_speed = true;
  auto measure = [&] {
    int total = columns(counter) + 1 + columns(time);
    if (bar_columns > 0) total += 1 + bar_columns + (terminal.utf8 ? 0 : 2);
    if (with_speed) total += 1 + columns(speed);
    for (const std::string& value : values) total += 3 + columns(value);
    return total;
  };
  if (measure() > width && bar_columns > 0) bar_columns = kShortBarColumns;
  if (measure() > width) bar_columns = 0;
  if (measure() > width) with_speed = false;
  while (measure() > width && !values.empty()) values.pop_back();
  if (measure() > width) return cut(counter, width);

  std::string line = styled(terminal, "1", counter);
  if (bar_columns > 0) line += " " + bar(progress, bar_columns, terminal);
  line += " " + styled(terminal, "1", time);
  if (with_speed) line += " " + speed;
  for (const std::string& value : values) line += " - " + value;
  return line;
}

std::string epoch_line(int epoch, int epochs, const Progress& progress) {
  std::string line = fmt::format("Epoch {}/{} - {} - {}", epoch, epochs, format_duration(progress.seconds),
                                 step_time(progress));
  for (const auto& [name, value] : progress.values)
    line += " - " + printable(name) + ": " + format_metric(value);
  return line;
}

}  // namespace lamina
