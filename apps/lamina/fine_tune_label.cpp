// None, one or several labels of a text: cells that hold a list of them.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>

#include "cli.h"
#include "judged_texts.h"
#include "lamina/base/error.h"
#include "lamina/zoo/transformers/multi_label_classifier.h"
#include "text_parts.h"

namespace lamina::cli {
namespace {

using Names = std::vector<std::string>;

// What a cell says by itself to be of no label.
constexpr const char* kNone = "-";

std::string separator_of_labels(const DataArguments& arguments) {
  return arguments.label_separator.empty() ? "," : arguments.label_separator;
}

Names labels_in(const std::string& cell, const std::string& separator) {
  Names labels;
  const auto add = [&](std::string label) {
    const size_t from = label.find_first_not_of(" \t"), to = label.find_last_not_of(" \t");
    if (from != std::string::npos) label = label.substr(from, to - from + 1);
    if (from != std::string::npos && label != kNone) labels.push_back(label);
  };
  for (size_t at = 0; at <= cell.size();) {
    const size_t end = std::min(cell.find(separator, at), cell.size());
    add(cell.substr(at, end - at));
    at = end + separator.size();
  }
  return labels;
}

struct LabelledLists {
  Names texts, pairs;
  std::vector<Names> labels;
  TextInputs inputs() const { return {texts, pairs}; }
};

LabelledLists read(const std::string& source, const std::string& part, const DataArguments& arguments) {
  Names cells;  // each combination is a class to whoever reads tables
  JudgedTexts texts = read_labelled_texts(source, part, arguments, cells);
  LabelledLists lists{std::move(texts.texts), std::move(texts.pairs), {}};
  for (const std::string& cell : texts.labels)
    lists.labels.push_back(labels_in(cell, separator_of_labels(arguments)));
  return lists;
}

Metrics metrics_of(const MultiLabelClassifier& classifier, const LabelledLists& texts,
                   std::vector<std::vector<float>>* probabilities = nullptr) {
  const MultiLabelScores scores = classifier.evaluate(texts.inputs(), texts.labels, probabilities);
  return {{"loss", scores.loss},
          {"exact_match", scores.exact_match},
          {"micro_f1", scores.micro_f1},
          {"macro_f1", scores.macro_f1}};
}

class Labelling final : public FineTuning {
 public:
  explicit Labelling(const TrainOptions& options)
      : parts_(read_text_parts<LabelledLists>(
            options,
            [&](const std::string& source, const char* part) {
              return read(source, part, options.arguments);
            },
            has_part, &LabelledLists::texts, &LabelledLists::pairs, &LabelledLists::labels)),
        classifier_(MultiLabelClassifier::from_pretrained(
            options.from, {.labels = names(options.arguments), .seed = options.seed}, &head_)) {}
  std::vector<std::string> created() const override { return head_.created; }
  PretrainedModel& model() const override { return classifier_.model(); }
  size_t size(Part part) const override { return parts_.at(part).texts.size(); }
  std::unique_ptr<BatchSource> batches(Part part, const TextBatchesOptions& options) const override {
    const LabelledLists& texts = parts_.at(part);
    return std::make_unique<LabelledBatches>(classifier_.batches(texts.inputs(), texts.labels, options));
  }
  Metrics judge(Part part) override { return metrics_of(classifier_, parts_.at(part), &probabilities_); }
  void set_max_length(int64_t tokens) override { classifier_.set_max_length(tokens); }
  void save(const std::string& folder) const override { classifier_.save_pretrained(folder); }
  std::string hash(Part part) const override {
    const LabelledLists& lists = parts_.at(part);
    JudgedTexts texts{lists.texts, lists.pairs, {}, {}};
    for (const Names& labels : lists.labels)
      texts.labels.push_back(fmt::format("{}", fmt::join(labels, "\n")));
    return hash_of(texts);
  }
  void describe(TrainingReport& report, Part judged) const override {
    const LabelledLists& texts = parts_.at(judged);
    TrainingReport::Rows rows;
    for (size_t label = 0; label < classifier_.labels().size(); ++label) {
      const std::string& name = classifier_.labels()[label];
      int64_t right = 0, said = 0, there = 0;
      for (size_t i = 0; i < texts.labels.size(); ++i) {
        const bool is = std::count(texts.labels[i].begin(), texts.labels[i].end(), name) > 0;
        const bool says = probabilities_[i][label] >= 0.5F;
        there += is, said += says, right += is && says;
      }
      const auto share = [](int64_t part, int64_t all) {
        return all > 0 ? fmt::format("{:.1f} %", 100.0 * static_cast<double>(part) / static_cast<double>(all))
                       : std::string("none");
      };
      rows.emplace_back(name, fmt::format("precision {}, recall {}, {} texts", share(right, said),
                                          share(right, there), there));
    }
    report.sections.push_back({"Labels", std::move(rows)});
  }

 private:
  // Those that the user names, or all there are to learn.
  Names names(const DataArguments& arguments) const {
    DataNeeds needs;
    tell_info(needs.known, needs, arguments);
    if (!needs.known.class_names.empty()) return needs.known.class_names;
    std::set<std::string> all;
    for (const LabelledLists* part : {&parts_.training, &parts_.validation}) {
      for (const Names& labels : part->labels) all.insert(labels.begin(), labels.end());
    }
    if (all.size() < 2)
      throw InvalidArgument("the texts have " + std::to_string(all.size()) +
                            " labels in all; two at least were expected, with '" +
                            separator_of_labels(arguments) +
                            "' between those of one text (--label-separator)");
    return {all.begin(), all.end()};
  }

  TextParts<LabelledLists> parts_;
  HeadReport head_;
  MultiLabelClassifier classifier_;
  std::vector<std::vector<float>> probabilities_;  // of what was judged
};

std::pair<Metrics, size_t> evaluate(const std::string& folder, const std::string& data,
                                    const DataArguments& arguments) {
  const auto classifier = MultiLabelClassifier::from_pretrained(folder);
  const LabelledLists texts = read(data, "test", arguments);
  return {metrics_of(classifier, texts), texts.texts.size()};
}

void predict(const std::string& folder, const TextInputs& texts,
             const std::function<void(const Json&, const std::string&)>& say) {
  const auto classifier = MultiLabelClassifier::from_pretrained(folder);
  const auto rows = classifier.probabilities(texts);
  for (size_t i = 0; i < rows.size(); ++i) {
    Json probabilities = Json::object(), labels = Json::list();
    std::string line;
    for (size_t label = 0; label < rows[i].size(); ++label) {
      const std::string& name = classifier.labels()[label];
      probabilities[name] = finite(rows[i][label]);
      if (!(rows[i][label] >= 0.5F)) continue;
      labels.push_back(name);
      line += fmt::format("{}{} {:.1f}%", line.empty() ? "" : ", ", name, rows[i][label] * 100);
    }
    say(input_of(texts, i, {{"labels", std::move(labels)}, {"probabilities", std::move(probabilities)}}),
        line.empty() ? "nothing" : line);
  }
}

}  // namespace

FineTuningTask label_task() {
  std::vector<std::string> columns = columns_of_judged_texts();
  columns.insert(columns.end(), {"--labels", "--label-separator"});
  return {.name = "label",
          .description =
              "fine-tune a checkpoint (--from DIR) to give texts none, one or several labels: a "
              "table of texts and lists of labels",
          .columns = columns,
          .best = "val_loss",
          .pairs = true,
          .begin = [](const TrainOptions& options) -> std::unique_ptr<FineTuning> {
            return std::make_unique<Labelling>(options);
          },
          .owns = [](const Json& config) { return is_of_problem(config, TextProblem::kAnyLabels); },
          .evaluate = evaluate,
          .predict = predict};
}

}  // namespace lamina::cli
