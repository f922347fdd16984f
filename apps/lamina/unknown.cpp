// Two lists of confidences, and what separates them.
#include "unknown.h"

#include <algorithm>

#include "cli.h"
#include "lamina/base/error.h"
#include "lamina/classic/metrics.h"
#include "lamina/explain/classification.h"

namespace lamina::cli {
namespace {

// The probability of the class that is called, for each sample.
std::vector<double> confidences_of(Model& model, const ModelSamples& samples, OutputKind kind) {
  std::vector<double> all;
  for (const std::vector<float>& row : class_probabilities(model.predict(samples.all_x(), {.batch_size = 256}), kind))
    all.push_back(*std::max_element(row.begin(), row.end()));
  return all;
}

}  // namespace

std::vector<std::pair<std::string, double>> unknown_metrics(Model& model, const ModelSamples& known,
                                                            const std::string& source, const DataArguments& arguments) {
  constexpr double kKept = 0.95;
  const OutputKind kind = output_kind(model);
  if (kind == OutputKind::kValues)
    throw InvalidArgument("--unknown: the model tells no classes apart, so that nothing could be of none of them");
  const SourceRange range = parse_source(source);
  const std::vector<double> strange = with_data_of(range.source, [&] {
    DataNeeds needs = model_needs(model);
    needs.target_optional = true;
    LabelledData data = part_of(load_data(range.source, data_options(needs, arguments, "test")), range);
    data.y = Tensor();  // of classes that the model has no number for
    return confidences_of(model, model_samples(model, data), kind);
  });
  std::vector<double> sure = confidences_of(model, known, kind);
  std::vector<int32_t> labels(sure.size(), 1);
  labels.resize(sure.size() + strange.size(), 0);
  std::vector<double> scores = sure;
  scores.insert(scores.end(), strange.begin(), strange.end());
  const double area = classic::roc_auc_score(Tensor::from(labels), Tensor::from(scores));
  std::sort(sure.begin(), sure.end());
  const double threshold = sure[static_cast<size_t>((1 - kKept) * static_cast<double>(sure.size()))];
  const auto found = std::count_if(strange.begin(), strange.end(), [&](double each) { return each < threshold; });
  return {{"unknown_auc", area},
          {"unknown_threshold", threshold},
          {"unknown_found", static_cast<double>(found) / static_cast<double>(strange.size())}};
}

}  // namespace lamina::cli
