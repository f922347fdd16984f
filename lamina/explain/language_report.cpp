// Bits of a character are what counts; texts are measured in characters.
#include "lamina/explain/language_report.h"

#include <fmt/format.h>

#include "lamina/base/detail/text.h"
#include "lamina/base/threads.h"
#include "lamina/base/utf8.h"
#include "lamina/explain/detail/run_parts.h"

namespace lamina {
namespace {

int64_t characters(const std::vector<std::string>& texts) {
  int64_t count = 0;
  for (const std::string& text : texts) count += static_cast<int64_t>(count_characters(text));
  return count;
}

std::string extent(const std::vector<std::string>& texts) {
  return texts.size() == 1 ? fmt::format("{} characters", detail::grouped(characters(texts)))
                           : fmt::format("{} characters in {} texts", detail::grouped(characters(texts)),
                                         detail::grouped(static_cast<int64_t>(texts.size())));
}

}  // namespace

TrainingReport language_report(const LanguageModel& model, const LanguageTexts& texts,
                               const RunDescription& run) {
  TrainingReport report;
  const int64_t parameters = model.model().count_params();
  report.title = run.title;
  report.subtitle = fmt::format("{}, {} parameters, trained on {} of {}{}{}", model.model().class_name(),
                                detail::grouped(parameters), extent(texts.training), run.data,
                                run.date.empty() ? "" : ", ", run.date);
  report.command = run.command;
  report.history = run.history;
  for (const auto& [name, value] : run.metrics) {
    const bool share = name != "loss" && name != "bits_per_character";
    report.headlines.push_back({"test " + detail::spaced(name),
                                share ? fmt::format("{:.2f} %", value * 100) : fmt::format("{:.4f}", value),
                                name == "loss" ? "nats of a token" : extent(texts.test)});
  }
  report.headlines.push_back(
      {"training time", detail::duration(run.seconds),
       fmt::format("{} epoch{}, {} threads", run.epochs, run.epochs == 1 ? "" : "s", num_threads())});
  if (run.step_seconds > 0)
    report.headlines.push_back({"training step", fmt::format("{:.2f} ms", run.step_seconds * 1e3),
                                fmt::format("{} blocks", run.batch_size)});
  TrainingReport::Rows rows = {{"data", run.data},
                               {"training text", extent(texts.training)},
                               {"validation text", extent(texts.validation)},
                               {"test text", extent(texts.test)},
                               {"vocabulary", detail::grouped(model.tokenizer().size())}};
  rows.insert(rows.end(), run.configuration.begin(), run.configuration.end());
  report.sections.push_back({"Configuration", rows});
  detail::add_machine(report);
  return report;
}

}  // namespace lamina
