// Classes of texts: tables with a column of labels, and folders of texts.
#include <fmt/format.h>

#include <algorithm>

#include "cli.h"
#include "judged_texts.h"
#include "lamina/explain/run_report.h"
#include "lamina/zoo/transformers/text_classifier.h"
#include "text_parts.h"

namespace lamina::cli {
namespace {

Metrics metrics_of(const TextClassifier& classifier, const JudgedTexts& texts,
                   std::vector<std::vector<float>>* probabilities = nullptr) {
  const ClassScores scores = classifier.evaluate(texts.inputs(), texts.labels, probabilities);
  return {{"loss", scores.loss}, {"accuracy", scores.accuracy}, {"macro_f1", scores.macro_f1}};
}

class Classifying final : public FineTuning {
 public:
  explicit Classifying(const TrainOptions& options)
      : parts_(read_text_parts<JudgedTexts>(
            options,
            [&](const std::string& source, const char* part) {
              return read_labelled_texts(source, part, options.arguments, known_);
            },
            has_part, &JudgedTexts::texts, &JudgedTexts::pairs, &JudgedTexts::labels)),
        classifier_(TextClassifier::from_pretrained(options.from, {.labels = known_, .seed = options.seed},
                                                    &head_)) {}
  std::vector<std::string> created() const override { return head_.created; }
  PretrainedModel& model() const override { return classifier_.model(); }
  size_t size(Part part) const override { return parts_.at(part).texts.size(); }
  std::unique_ptr<BatchSource> batches(Part part, const TextBatchesOptions& options) const override {
    const JudgedTexts& texts = parts_.at(part);
    return std::make_unique<LabelledBatches>(classifier_.batches(texts.inputs(), texts.labels, options));
  }
  Metrics judge(Part part) override { return metrics_of(classifier_, parts_.at(part), &probabilities_); }
  void set_max_length(int64_t tokens) override { classifier_.set_max_length(tokens); }
  void save(const std::string& folder) const override { classifier_.save_pretrained(folder); }
  std::string hash(Part part) const override { return hash_of(parts_.at(part)); }
  void describe(TrainingReport& report, Part judged) const override {
    const JudgedTexts& texts = parts_.at(judged);
    Classification said;
    said.classes = static_cast<int>(classifier_.labels().size());
    const auto number = [&](const std::string& label) {
      const auto& all = classifier_.labels();
      return static_cast<int>(std::find(all.begin(), all.end(), label) - all.begin());
    };
    said.probabilities = probabilities_;
    for (size_t i = 0; i < texts.texts.size(); ++i) {
      const std::vector<float>& row = said.probabilities[i];
      const auto best = std::max_element(row.begin(), row.end());
      said.expected.push_back(number(texts.labels[i]));
      said.predicted.push_back(static_cast<int>(best - row.begin()));
      said.confidence.push_back(*best);
    }
    add_classification(report, said, classifier_.labels(), fmt::format("{} texts", texts.texts.size()));
  }

 private:
  std::vector<std::string> known_;
  TextParts<JudgedTexts> parts_;
  HeadReport head_;
  TextClassifier classifier_;
  std::vector<std::vector<float>> probabilities_;  // of what was judged
};

std::pair<Metrics, size_t> evaluate(const std::string& folder, const std::string& data,
                                    const DataArguments& arguments) {
  const TextClassifier classifier = TextClassifier::from_pretrained(folder);
  std::vector<std::string> known = classifier.labels();
  const JudgedTexts texts = read_labelled_texts(data, "test", arguments, known);
  return {metrics_of(classifier, texts), texts.texts.size()};
}

void predict(const std::string& folder, const TextInputs& texts,
             const std::function<void(const Json&, const std::string&)>& say) {
  const TextClassifier classifier = TextClassifier::from_pretrained(folder);
  const auto rows = classifier.probabilities(texts);
  for (size_t i = 0; i < texts.size(); ++i) {
    const auto best = std::max_element(rows[i].begin(), rows[i].end());
    const auto number = static_cast<size_t>(best - rows[i].begin());
    Json probabilities = Json::list();
    for (const float value : rows[i]) probabilities.push_back(finite(value));
    say(input_of(texts, i,
                 {{"class", static_cast<int64_t>(number)},
                  {"label", classifier.labels()[number]},
                  {"confidence", finite(*best)},
                  {"probabilities", std::move(probabilities)}}),
        fmt::format("{} {:.1f}%", classifier.labels()[number], *best * 100));
  }
}

}  // namespace

FineTuningTask classify_task() {
  std::vector<std::string> columns = columns_of_judged_texts();
  columns.push_back("--labels");
  return {.name = "classify",
          .description =
              "fine-tune a checkpoint (--from DIR) to tell classes of texts, or of pairs of texts, "
              "apart: a table of texts and labels",
          .columns = columns,
          .best = "val_accuracy",
          .pairs = true,
          .begin = [](const TrainOptions& options) -> std::unique_ptr<FineTuning> {
            return std::make_unique<Classifying>(options);
          },
          .owns = [](const Json& config) { return is_of_problem(config, TextProblem::kOneLabel); },
          .evaluate = evaluate,
          .predict = predict};
}

}  // namespace lamina::cli
