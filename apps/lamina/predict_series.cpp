// Forecasts in words and as JSON.
#include "predict_series.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "cli.h"
#include "lamina/base/error.h"
#include "lamina/base/terminal.h"
#include "lamina/zoo/forecast.h"
#include "lamina/zoo/samples.h"

namespace lamina::cli {
namespace {

LabelledData read_series(const Model& model, const std::string& text, const DataArguments& arguments) {
  const SourceRange range = parse_source(text);
  return part_of(load_data(range.source, data_options(model_needs(model), arguments, "test")), range);
}

Json numbers(const std::vector<double>& values) {
  Json list = Json::list();
  for (const double value : values) list.push_back(finite(value));
  return list;
}

void print_as_json(const std::string& source, const std::string& column, const Forecast& said) {
  Json line = Json::object({{"input", source}, {"column", column}});
  if (!said.last.empty()) line["after"] = said.last;
  line["forecast"] = numbers(said.values);
  if (!said.lower.empty()) {
    line["lower"] = numbers(said.lower);
    line["upper"] = numbers(said.upper);
    line["coverage"] = said.coverage;
  }
  print_json(line);
}

void print_as_text(const std::string& source, const std::string& column, const Forecast& said) {
  fmt::print("{}: {}{}\n", printable(source), printable(column),
             said.last.empty() ? "" : " after " + printable(said.last));
  for (size_t i = 0; i < said.values.size(); ++i) {
    std::string interval;
    if (i < said.lower.size()) {
      interval =
          fmt::format("  {:.0f}% within {:.6g} to {:.6g}", said.coverage * 100, said.lower[i], said.upper[i]);
    }
    fmt::print("  {:>+4d}  {:.6g}{}\n", static_cast<int>(i + 1), said.values[i], interval);
  }
}

}  // namespace

void predict_series(Model& model, const std::vector<std::string>& sources, const DataArguments& arguments,
                    int steps, bool json) {
  int64_t bad = 0;
  for (const std::string& source : sources) {
    const LabelledData series = read_series(model, source, arguments);
    const Forecast said = with_data_of(source, [&] { return forecast(model, series, steps); });
    (json ? print_as_json : print_as_text)(source, series.features.at(0), said);
    bad += std::count_if(said.values.begin(), said.values.end(), [](double v) { return !std::isfinite(v); });
  }
  if (bad == 0) return;
  std::fflush(stdout);
  throw Error(fmt::format("{} forecasts are no numbers: look for such values in the weights", bad));
}

}  // namespace lamina::cli
