// Cross-validation at the end of a training.
#include "train_folds.h"

#include <fmt/format.h>

#include <algorithm>

#include "lamina/base/error.h"
#include "lamina/zoo/cross_validation.h"
#include "lamina/zoo/judged_by.h"

namespace lamina::cli {

bool judged_by_folds(const TrainJob& job, const TrainingData& data, const TrainOptions& options) {
  return job.recipe && job.recipe->folds > 0 && data.held_out_name.empty() && options.validation_split == 0 &&
         data.raw.y.defined();
}

std::string folds_name(const TrainJob& job) { return fmt::format("{} folds", job.recipe->folds); }

std::vector<std::pair<std::string, double>> fold_metrics(const TrainOptions& options, const TrainJob& job,
                                                         const TrainingData& data, const Talk& talk,
                                                         const std::atomic<bool>& stop) {
  talk.say(fmt::format("Judging it by {} networks, each on the part of the samples that it has not seen.", job.recipe->folds));
  CrossValidationOptions how;
  how.folds = job.recipe->folds;
  how.epochs = job.epochs;
  how.batch_size = job.batch_size;
  how.seed = options.seed;
  how.features = features_of(options);
  how.stop_flag = &stop;
  const CrossValidated said = cross_validate(*job.recipe, data.raw, how);
  if (!said.whole) return {};
  double right = 0;
  for (size_t i = 0; i < said.labels.size(); ++i) {
    const std::vector<float>& row = said.probabilities[i];
    right += std::max_element(row.begin(), row.end()) - row.begin() == said.labels[i];
  }
  std::vector<std::pair<std::string, double>> metrics{{"loss", said.loss},
                                                      {"accuracy", right / static_cast<double>(said.labels.size())}};
  const auto more = judgements(JudgedBy::of(job.model.data_info()), said.probabilities, said.labels);
  metrics.insert(metrics.end(), more.begin(), more.end());
  return metrics;
}

}  // namespace lamina::cli
