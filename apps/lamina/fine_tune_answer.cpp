// Prompts and answers, by encoder-decoders and decoders.
#include <fmt/format.h>

#include <algorithm>

#include "cli.h"
#include "lamina/zoo/transformers/responder.h"
#include "text_parts.h"
#include "translation.h"

namespace lamina::cli {
namespace {

constexpr size_t kShown = 12;  // answers

TranslationTask columns_of(const DataArguments& arguments) {
  return {.prefix = "",
          .source = arguments.text_column.empty() ? "prompt" : arguments.text_column,
          .target = arguments.label_column.empty() ? "answer" : arguments.label_column};
}

ParallelTexts pairs_of(const std::string& source, const std::string& part, const DataArguments& arguments) {
  return with_data_of(source, [&] { return read_pairs(source, part, columns_of(arguments)).texts; });
}

Metrics metrics_of(const Responder& responder, const ParallelTexts& pairs) {
  const ResponseScores scores = responder.evaluate(pairs);
  return {{"loss", scores.loss},
          {"accuracy", scores.accuracy},
          {"exact_match", scores.exact_match},
          {"chrf", scores.chrf}};
}

class Answering final : public FineTuning {
 public:
  explicit Answering(const TrainOptions& options)
      : parts_(read_text_parts<ParallelTexts>(
            options,
            [&](const std::string& source, const char* part) {
              return pairs_of(source, part, options.arguments);
            },
            has_pairs, &ParallelTexts::sources, &ParallelTexts::targets)),
        responder_(Responder::from_pretrained(options.from, {.seed = options.seed})) {
    // As long as answers are, and a little more.
    size_t longest = 0;
    for (const std::string& answer : parts_.training.targets)
      longest = std::max(longest, responder_.tokenizer().encode(answer, {.ids_only = true}).size());
    GenerationConfig how = model().generation_config();
    const int64_t context = model().context_length();
    how.max_length = std::nullopt;
    how.max_new_tokens = static_cast<int64_t>(longest + longest / 4 + 8);
    if (context > 0) how.max_new_tokens = std::min(*how.max_new_tokens, std::max<int64_t>(1, context / 2));
    model().set_generation_config(how);
  }
  PretrainedModel& model() const override { return responder_.model(); }
  size_t size(Part part) const override { return parts_.at(part).size(); }
  std::unique_ptr<BatchSource> batches(Part part, const TextBatchesOptions& options) const override {
    return responder_.batches(parts_.at(part), options);
  }
  Metrics judge(Part part) override { return metrics_of(responder_, parts_.at(part)); }
  void set_max_length(int64_t tokens) override { responder_.set_max_length(tokens); }
  void save(const std::string& folder) const override { responder_.save_pretrained(folder); }
  std::string hash(Part part) const override {
    return hash_of(parts_.at(part).sources) + hash_of(parts_.at(part).targets);
  }
  void describe(TrainingReport& report, Part judged) const override {
    const ParallelTexts& pairs = parts_.at(judged);
    const size_t count = std::min(kShown, pairs.size());
    const std::vector<std::string> prompts(pairs.sources.begin(),
                                           pairs.sources.begin() + static_cast<std::ptrdiff_t>(count));
    const std::vector<std::string> answers = responder_.respond(prompts);
    TrainingReport::Rows rows;
    for (size_t i = 0; i < count; ++i) {
      rows.emplace_back(prompts[i], answers[i]);
      if (answers[i] != pairs.targets[i]) rows.emplace_back("was expected", pairs.targets[i]);
    }
    report.sections.push_back({"Answers", std::move(rows)});
  }

 private:
  TextParts<ParallelTexts> parts_;
  Responder responder_;
};

std::pair<Metrics, size_t> evaluate(const std::string& folder, const std::string& data,
                                    const DataArguments& arguments) {
  const Responder responder = Responder::from_pretrained(folder);
  const ParallelTexts pairs = pairs_of(data, "test", arguments);
  return {metrics_of(responder, pairs), pairs.size()};
}

void predict(const std::string& folder, const TextInputs& inputs,
             const std::function<void(const Json&, const std::string&)>& say) {
  const std::vector<std::string>& texts = inputs.texts;
  const std::vector<std::string> answers = Responder::from_pretrained(folder).respond(texts);
  for (size_t i = 0; i < texts.size(); ++i)
    say(Json::object({{"input", texts[i]}, {"answer", answers[i]}}), answers[i]);
}

}  // namespace

FineTuningTask answer_task() {
  return {
      .name = "answer",
      .description =
          "fine-tune a checkpoint (--from DIR) to answer prompts, the loss being that of the answers: pairs "
          "of texts",
      .columns = {"--text-column", "--label-column"},
      .best = "val_loss",
      .begin = [](const TrainOptions& options) -> std::unique_ptr<FineTuning> {
        return std::make_unique<Answering>(options);
      },
      .owns = [](const Json& config) { return Responder::separator_of(config).has_value(); },
      .evaluate = evaluate,
      .predict = predict};
}

}  // namespace lamina::cli
