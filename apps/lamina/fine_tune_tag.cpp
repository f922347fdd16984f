// A tag for each word: files of CoNLL's form, JSON lines, and the slots of dialogues.
#include <fmt/format.h>

#include <algorithm>

#include "cli.h"
#include "lamina/chat/dialogue.h"
#include "lamina/zoo/transformers/text_tagger.h"
#include "text_parts.h"

namespace lamina::cli {
namespace {

/// What users say, with the values of slots as spans (IOB2).
TaggedTexts slots_of(const std::vector<Dialogue>& dialogues) {
  TaggedTexts texts;
  for (const Dialogue& dialogue : dialogues) {
    for (const DialogueTurn& turn : dialogue.turns) {
      if (turn.tokens.empty()) continue;
      std::vector<std::string> tags(turn.tokens.size(), "O");
      for (const DialogueSpan& span : turn.spans) {
        for (int64_t i = span.begin; i < span.end; ++i)
          tags.at(static_cast<size_t>(i)) = (i == span.begin ? "B-" : "I-") + span.slot;
      }
      texts.words.push_back(turn.tokens);
      texts.tags.push_back(std::move(tags));
    }
  }
  return texts;
}

TaggedTexts read(const std::string& source, const std::string& part) {
  const auto [place, wanted] = place_and_part(source, {"train", "val", "test"}, part);
  const std::string file = tagged_file(place, wanted);
  if (file.empty())
    throw FileError("the folder '" + place + "' has no part '" + wanted + "': " + wanted +
                    ".conll, .txt, .tsv, .jsonl "
                    "or .json of dialogues was expected");
  if (file.ends_with(".json") || file.ends_with(".json.gz")) return slots_of(read_dialogues(file, wanted));
  return read_tagged_texts(file);
}

bool has(const std::string& source, const std::string& part) {
  const std::string file = tagged_file(source, part);
  return !file.empty() && file != tagged_file(source, part == "train" ? "test" : "train");
}

Metrics metrics_of(const TextTagger& tagger, const TaggingScores& scores) {
  Metrics metrics{{"loss", scores.loss}, {"accuracy", scores.tags.accuracy}};
  if (!tagger.finds_spans()) return metrics;
  const TagScore& spans = scores.tags.all;
  metrics.insert(metrics.end(), {{"precision", spans.precision}, {"recall", spans.recall}, {"f1", spans.f1}});
  return metrics;
}

class Tagging final : public FineTuning {
 public:
  explicit Tagging(const TrainOptions& options)
      : parts_(read_text_parts<TaggedTexts>(
            options, [](const std::string& source, const char* part) { return read(source, part); }, has,
            &TaggedTexts::words, &TaggedTexts::tags)),
        tagger_(
            TextTagger::from_pretrained(options.from, {.labels = labels(), .seed = options.seed}, &head_)) {}
  std::vector<std::string> created() const override { return head_.created; }
  PretrainedModel& model() const override { return tagger_.model(); }
  size_t size(Part part) const override { return parts_.at(part).size(); }
  std::unique_ptr<BatchSource> batches(Part part, const TextBatchesOptions& options) const override {
    return std::make_unique<LabelledBatches>(tagger_.batches(parts_.at(part), options));
  }
  Metrics judge(Part part) override {
    scores_ = tagger_.evaluate(parts_.at(part));
    return metrics_of(tagger_, scores_);
  }
  void set_max_length(int64_t tokens) override { tagger_.set_max_length(tokens); }
  void save(const std::string& folder) const override { tagger_.save_pretrained(folder); }
  std::string hash(Part part) const override {
    std::vector<std::string> all;
    for (const auto* const list : {&parts_.at(part).words, &parts_.at(part).tags}) {
      for (const std::vector<std::string>& text : *list)
        all.push_back(fmt::format("{}", fmt::join(text, " ")));
    }
    return hash_of(all);
  }
  void describe(TrainingReport& report, Part) const override {
    if (!tagger_.finds_spans()) return;
    TrainingReport::Rows rows;
    for (const auto& [type, score] : scores_.tags.types)
      rows.emplace_back(
          type, fmt::format("F1 {:.2f} %, precision {:.2f} %, recall {:.2f} %, {} spans", score.f1 * 100,
                            score.precision * 100, score.recall * 100, score.support));
    report.sections.push_back({"Spans by type", std::move(rows)});
  }

 private:
  // Those of the validation, too, which may have been drawn from the same texts.
  std::vector<std::string> labels() const {
    TaggedTexts all = parts_.training;
    all.tags.insert(all.tags.end(), parts_.validation.tags.begin(), parts_.validation.tags.end());
    return tags_of(all);
  }

  TextParts<TaggedTexts> parts_;
  HeadReport head_;
  TextTagger tagger_;
  TaggingScores scores_;  // of what was judged
};

std::pair<Metrics, size_t> evaluate(const std::string& folder, const std::string& data,
                                    const DataArguments&) {
  const TextTagger tagger = TextTagger::from_pretrained(folder);
  const TaggedTexts texts = read(data, "test");
  return {with_data_of(data, [&] { return metrics_of(tagger, tagger.evaluate(texts)); }), texts.size()};
}

void predict(const std::string& folder, const TextInputs& inputs,
             const std::function<void(const Json&, const std::string&)>& say) {
  const TextTagger tagger = TextTagger::from_pretrained(folder);
  const std::vector<std::string>& texts = inputs.texts;
  std::vector<std::vector<std::string>> words;
  for (const std::string& text : texts) words.push_back(words_of(text));
  const auto tags = tagger.predict(words);
  for (size_t i = 0; i < texts.size(); ++i) {
    Json all_words = Json::list(), all_tags = Json::list(), spans = Json::list();
    for (const std::string& word : words[i]) all_words.push_back(word);
    for (const std::string& tag : tags[i]) all_tags.push_back(tag);
    std::string line;
    for (const TaggedSpan& span : tagged_spans(tags[i])) {
      const std::vector<std::string> part(words[i].begin() + span.begin, words[i].begin() + span.end);
      const std::string text = fmt::format("{}", fmt::join(part, " "));
      spans.push_back(
          Json::object({{"type", span.type}, {"text", text}, {"begin", span.begin}, {"end", span.end}}));
      line += fmt::format("{}{}: {}", line.empty() ? "" : "; ", span.type, text);
    }
    say(Json::object({{"input", texts[i]},
                      {"words", std::move(all_words)},
                      {"tags", std::move(all_tags)},
                      {"spans", std::move(spans)}}),
        line.empty() ? "nothing" : line);
  }
}

}  // namespace

FineTuningTask tag_task() {
  return {
      .name = "tag",
      .description =
          "fine-tune a checkpoint (--from DIR) to find names, slots and their like in texts: words with tags",
      .columns = {},
      .best = "val_accuracy",
      .begin = [](const TrainOptions& options) -> std::unique_ptr<FineTuning> {
        return std::make_unique<Tagging>(options);
      },
      .owns = [](const Json& config) { return is_of_class(config, "ForTokenClassification"); },
      .evaluate = evaluate,
      .predict = predict};
}

}  // namespace lamina::cli
