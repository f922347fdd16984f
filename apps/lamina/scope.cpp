// Asks the model once more, for its probabilities.
#include "scope.h"

#include "cli.h"
#include "lamina/base/terminal.h"
#include "lamina/explain/classification.h"
#include "lamina/zoo/judged_by.h"
#include "lamina/zoo/out_of_scope.h"

namespace lamina::cli {

std::vector<std::pair<std::string, double>> metrics_beside(Model& model, const ModelSamples& samples) {
  const std::optional<OutOfScope> scope = OutOfScope::of(model.data_info());
  const JudgedBy judged_by = JudgedBy::of(model.data_info());
  if ((!scope && judged_by.names.empty()) || !samples.y.defined()) return {};
  const OutputKind kind = output_kind(model);
  const Classification said = classify(model.predict(samples.all_x(), {.batch_size = 256}), samples.y, kind);
  auto metrics = judgements(judged_by, said.probabilities, said.expected);
  if (!scope) return metrics;
  const auto of_scope = scope_metrics(*scope, said.probabilities, said.expected);
  metrics.insert(metrics.end(), of_scope.begin(), of_scope.end());
  return metrics;
}

void tell_notice(const Model& model) {
  const std::string notice = JudgedBy::of(model.data_info()).notice;
  if (!notice.empty()) tell(stderr, "lamina: note: " + printable(notice) + "\n");
}

}  // namespace lamina::cli
