// One network a fold.
#include "lamina/zoo/cross_validation.h"

#include "lamina/base/error.h"
#include "lamina/classic/model_selection.h"
#include "lamina/zoo/detail/learning.h"
#include "lamina/zoo/samples.h"

namespace lamina {
namespace {

// Rows of probabilities; one column is that of class 1.
std::vector<std::vector<float>> rows_of(const Tensor& outputs) {
  const std::vector<float> values = outputs.to_vector<float>();
  const auto width = static_cast<size_t>(outputs.rank() == 2 ? outputs.shape()[1] : 1);
  std::vector<std::vector<float>> rows;
  for (size_t i = 0; i < values.size(); i += width) {
    if (width == 1) {
      rows.push_back({1 - values[i], values[i]});
    } else {
      rows.emplace_back(values.begin() + static_cast<std::ptrdiff_t>(i),
                        values.begin() + static_cast<std::ptrdiff_t>(i + width));
    }
  }
  return rows;
}

}  // namespace

CrossValidated cross_validate(const Recipe& recipe, const LabelledData& data, const CrossValidationOptions& options) {
  detail::classes_of(data, "samples");
  CrossValidated result;
  result.labels = data.y.to_vector<int>();
  result.probabilities.resize(result.labels.size());
  const auto splits = classic::stratified_k_fold(data.y, {.n_splits = options.folds, .shuffle = true, .random_state = 0});
  double losses = 0;
  int64_t done = 0;
  for (const classic::Split& split : splits) {
    const LabelledData training = part_of(data, split.train), held_out = part_of(data, split.test);
    const int64_t steps = options.epochs * ((training.samples() + options.batch_size - 1) / options.batch_size);
    Model model = recipe.build(training, {options.seed, steps, options.features});
    learn_data_info(model, training);
    const ModelSamples learned = model_samples(model, training), judged = model_samples(model, held_out);
    const History history = model.fit(learned.all_x(), learned.all_y(),
                                      {.epochs = options.epochs,
                                       .batch_size = options.batch_size,
                                       .verbose = 0,
                                       .seed = options.seed,
                                       .stop_flag = options.stop_flag});
    if (history.interrupted) return result;
    losses += model.evaluate(judged.all_x(), judged.all_y(), {.verbose = 0}).items().at(0).second *
              static_cast<double>(split.test.size());
    const std::vector<std::vector<float>> rows = rows_of(model.predict(judged.all_x(), {.batch_size = 256}));
    for (size_t i = 0; i < rows.size(); ++i) result.probabilities[static_cast<size_t>(split.test[i])] = rows[i];
    if (options.progress) options.progress(++done, options.folds);
  }
  result.loss = losses / static_cast<double>(result.labels.size());
  result.whole = true;
  return result;
}

}  // namespace lamina
