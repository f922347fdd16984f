// Asks the model once more, for its probabilities.
#include "scope.h"

#include "lamina/explain/classification.h"
#include "lamina/zoo/out_of_scope.h"

namespace lamina::cli {

std::vector<std::pair<std::string, double>> scope_metrics_of(Model& model, const ModelSamples& samples) {
  const std::optional<OutOfScope> scope = OutOfScope::of(model.data_info());
  if (!scope || !samples.y.defined()) return {};
  const Classification said =
      classify(model.predict(samples.x, {.batch_size = 256}), samples.y, output_kind(model));
  return scope_metrics(*scope, said.probabilities, said.expected);
}

}  // namespace lamina::cli
