// The page of a training that translates: how it learned, what it was worth, and what it says.
#include <fmt/format.h>

#include <algorithm>

#include "cli.h"
#include "lamina/explain/run_report.h"
#include "metrics.h"
#include "train_report.h"
#include "translation.h"

namespace lamina::cli {
namespace {

constexpr size_t kShown = 12;  // translations

TrainingReport::Rows examples(const ParallelTexts& texts, const std::vector<std::string>& translations) {
  TrainingReport::Rows rows;
  for (size_t i = 0; i < std::min({kShown, texts.size(), translations.size()}); ++i) {
    rows.emplace_back(texts.sources[i], translations[i]);
    if (translations[i] != texts.targets[i]) rows.emplace_back("as people say it", texts.targets[i]);
  }
  return rows;
}

// Without the mark of a space.
std::string spoken(std::string token) {
  const std::string mark = "\u2581";
  for (size_t at = token.find(mark); at != std::string::npos; at = token.find(mark))
    token.erase(at, mark.size());
  return token.empty() ? " " : token;
}

}  // namespace

std::string write_translation_report(const TrainOptions& options, const TranslationRun& run, Model& model,
                                     const TrainLog& log, const TrainFiles& files) {
  RunDescription described = description_of(run.name, run.data, options, log);
  described.train_samples = run.pairs;
  described.configuration = {{"network", run.network},
                             {"epochs", std::to_string(run.epochs)},
                             {"tokens of a batch", std::to_string(run.batch_tokens)},
                             {"seed", std::to_string(options.seed)}};
  if (run.judged) described.configuration.emplace_back("BLEU", run.judgement.signature);
  described.held_out_name = run.judged_name;
  described.metrics = run.judgement.metrics;
  TrainingReport report = run_report(model, described);
  for (TrainingReport::Headline& headline : report.headlines) {
    if (run.judged && headline.label.starts_with(run.judged_name))
      headline.note = fmt::format("{} pairs", run.judged->size());
  }
  if (run.tokens_s > 0)
    report.headlines.push_back(
        {"tokens per second", fmt::format("{:.0f}", run.tokens_s), "read and written"});
  const Json table = table_of(report, model);  // before the translations go in front of it
  if (run.judged)
    report.sections.insert(report.sections.begin(),
                           {"Translations", examples(*run.judged, run.judgement.translations)});
  for (const auto& [text, alignment] : run.alignments) {
    TrainingReport::Shares map{text, {}, {}, alignment.weights};
    for (const std::string& token : alignment.target) map.rows.push_back(spoken(token));
    for (const std::string& token : alignment.source) map.columns.push_back(spoken(token));
    report.attention.push_back(std::move(map));
  }
  Json note = about(run.name, "translation", table, described);
  note["learning_rate"] = finite(model.learning_rate());
  return write_page(report, note, log, files);
}

}  // namespace lamina::cli
