// A number for a text: stars, how alike two sentences are.
#include <fmt/format.h>

#include "cli.h"
#include "judged_texts.h"
#include "lamina/zoo/transformers/text_regressor.h"
#include "text_parts.h"

namespace lamina::cli {
namespace {

constexpr size_t kExamples = 12;  // in the report

Metrics metrics_of(const TextRegressor& regressor, const JudgedTexts& texts,
                   std::vector<float>* predicted = nullptr) {
  const RegressionScores scores = regressor.evaluate(texts.inputs(), texts.values, predicted);
  return {{"loss", scores.loss},
          {"mean_absolute_error", scores.mean_absolute_error},
          {"r2", scores.r2},
          {"pearson", scores.pearson}};
}

class Regressing final : public FineTuning {
 public:
  explicit Regressing(const TrainOptions& options)
      : parts_(read_text_parts<JudgedTexts>(
            options,
            [&](const std::string& source, const char* part) {
              return read_valued_texts(source, part, options.arguments);
            },
            has_part, &JudgedTexts::texts, &JudgedTexts::pairs, &JudgedTexts::values)),
        regressor_(TextRegressor::from_pretrained(
            options.from, {.name = options.arguments.label_column, .seed = options.seed}, &head_)) {}
  std::vector<std::string> created() const override { return head_.created; }
  PretrainedModel& model() const override { return regressor_.model(); }
  size_t size(Part part) const override { return parts_.at(part).texts.size(); }
  std::unique_ptr<BatchSource> batches(Part part, const TextBatchesOptions& options) const override {
    const JudgedTexts& texts = parts_.at(part);
    return std::make_unique<LabelledBatches>(regressor_.batches(texts.inputs(), texts.values, options));
  }
  Metrics judge(Part part) override { return metrics_of(regressor_, parts_.at(part), &predicted_); }
  void set_max_length(int64_t tokens) override { regressor_.set_max_length(tokens); }
  void save(const std::string& folder) const override { regressor_.save_pretrained(folder); }
  std::string hash(Part part) const override { return hash_of(parts_.at(part)); }
  void describe(TrainingReport& report, Part judged) const override {
    const JudgedTexts& texts = parts_.at(judged);
    TrainingReport::Rows rows;
    for (size_t i = 0; i < std::min(kExamples, texts.texts.size()); ++i)
      rows.emplace_back(texts.texts[i] + (texts.pairs.empty() ? "" : " | " + texts.pairs[i]),
                        fmt::format("{:.4g} was expected, {:.4g} came", texts.values[i], predicted_[i]));
    report.sections.push_back({"Numbers", std::move(rows)});
  }

 private:
  TextParts<JudgedTexts> parts_;
  HeadReport head_;
  TextRegressor regressor_;
  std::vector<float> predicted_;  // of what was judged
};

std::pair<Metrics, size_t> evaluate(const std::string& folder, const std::string& data,
                                    const DataArguments& arguments) {
  const TextRegressor regressor = TextRegressor::from_pretrained(folder);
  const JudgedTexts texts = read_valued_texts(data, "test", arguments);
  return {metrics_of(regressor, texts), texts.texts.size()};
}

void predict(const std::string& folder, const TextInputs& texts,
             const std::function<void(const Json&, const std::string&)>& say) {
  const TextRegressor regressor = TextRegressor::from_pretrained(folder);
  const std::vector<float> values = regressor.predict(texts);
  for (size_t i = 0; i < values.size(); ++i)
    say(input_of(texts, i, {{"value", finite(values[i])}}), fmt::format("{:.4g}", values[i]));
}

}  // namespace

FineTuningTask regress_task() {
  return {.name = "regress",
          .description =
              "fine-tune a checkpoint (--from DIR) to give texts a number: a table of texts and "
              "numbers",
          .columns = columns_of_judged_texts(),
          .best = "val_loss",
          .pairs = true,
          .begin = [](const TrainOptions& options) -> std::unique_ptr<FineTuning> {
            return std::make_unique<Regressing>(options);
          },
          .owns = [](const Json& config) { return is_of_problem(config, TextProblem::kNumbers); },
          .evaluate = evaluate,
          .predict = predict};
}

}  // namespace lamina::cli
