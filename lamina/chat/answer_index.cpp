// Retrieval: BM25 and cosines of vectors, mixed as held-out entries say.
#include "lamina/chat/answer_index.h"

#include <algorithm>

#include "lamina/base/error.h"
#include "lamina/base/json.h"
#include "lamina/chat/detail/answer_choice.h"
#include "lamina/formats/keras/keras.h"

namespace lamina {

namespace {
constexpr char kSection[] = "answers";
}

struct AnswerIndex::State {
  /// @param known  absent: chosen on held-out questions
  State(std::vector<QuestionAnswer> all, const AnswerIndexOptions& how,
        std::optional<detail::AnswerChoice> known = std::nullopt)
      : entries(std::move(all)),
        options(how),
        texts(entries, options),
        chosen(known ? *known : detail::choose_on_held_out(entries, options)) {}
  std::vector<QuestionAnswer> entries;
  AnswerIndexOptions options;
  detail::AnswerTexts texts;
  detail::AnswerChoice chosen;
};

AnswerIndex::AnswerIndex(std::vector<QuestionAnswer> entries, const AnswerIndexOptions& options) {
  if (entries.empty()) throw InvalidArgument("AnswerIndex: expected questions and answers; got none");
  if (!(options.precision > 0 && options.precision <= 1))
    throw InvalidArgument("AnswerIndex: precision is above 0 to 1; got " + std::to_string(options.precision));
  state_ = std::make_shared<const State>(std::move(entries), options);
}

AnswerIndex::AnswerIndex(std::shared_ptr<const State> state) : state_(std::move(state)) {}

void AnswerIndex::save(const std::string& path, const WriteOptions& options) const {
  if (!state_->texts.encoder())
    throw InvalidArgument(
        "AnswerIndex: nothing was learned that could be kept: BM25 alone is made of the entries");
  Model model = state_->texts.encoder()->model();
  Json section = Json::object({{"version", 1},
                               {"search_answers", state_->options.search_answers},
                               {"approximate_from", state_->options.approximate_from},
                               {"weight", state_->chosen.weight},
                               {"threshold", state_->chosen.threshold}});
  section["entries"] = detail::pairs_to_json(state_->entries);
  DataInfo info = model.data_info();
  info.sections[kSection] = std::move(section);
  model.set_data_info(info);
  save_keras(model, path, options);
}

AnswerIndex AnswerIndex::load(const std::string& path) {
  const std::string name = "'" + path + "'";
  const Model model = load_keras(path);
  const Json* const section = model.data_info().sections.find(kSection);
  if (!section) throw FileError(name + ": it is no index of answers, as 'lamina chat --save' makes it");
  try {
    if (section->at("version").as_int() != 1) throw InvalidArgument("another version than 1");
    std::vector<QuestionAnswer> entries = detail::pairs_from_json(section->at("entries"));
    const detail::AnswerChoice chosen{section->at("weight").as_double(),
                                      section->at("threshold").as_double()};
    const auto share = [](double value) { return value >= 0 && value <= 1; };
    if (entries.empty() || !share(chosen.weight) || !share(chosen.threshold))
      throw InvalidArgument("it has no entries, or weight and threshold are not from 0 to 1");
    AnswerIndexOptions options{.search_answers = section->at("search_answers").as_bool(),
                               .loaded = SentenceEncoder::of(model, name)};
    options.approximate_from = section->at("approximate_from").as_int();
    return AnswerIndex(std::make_shared<const State>(std::move(entries), options, chosen));
  } catch (const InvalidArgument& error) {
    throw FileError(name + ": the section \"" + kSection + "\": " + error.what());
  }
}

const std::vector<QuestionAnswer>& AnswerIndex::entries() const { return state_->entries; }
double AnswerIndex::weight() const { return state_->chosen.weight; }
double AnswerIndex::threshold() const { return state_->chosen.threshold; }

std::vector<AnswerHit> AnswerIndex::search(const std::string& question, int64_t count) const {
  const detail::AnswerTexts& texts = state_->texts;
  const std::vector<detail::TextScores> scores = texts.scores(question, texts.vectors({question})[0]);
  std::vector<AnswerHit> hits =
      texts.ranked(scores, state_->chosen.weight, static_cast<size_t>(std::max<int64_t>(count, 0)));
  std::erase_if(hits, [](const AnswerHit& hit) { return hit.confidence <= 0; });
  for (AnswerHit& hit : hits) hit.confidence = std::min(hit.confidence, 1.0);
  return hits;
}

RetrievalMetrics AnswerIndex::evaluate(const std::vector<QuestionAnswer>& questions) const {
  const detail::AnswerTexts& texts = state_->texts;
  const std::vector<detail::AnsweredQuestion> asked = ask(texts, detail::different_questions(questions));
  RetrievalMetrics metrics;
  for (const double rank : reciprocal_ranks(texts, state_->entries, asked, state_->chosen.weight)) {
    metrics.recall_at_1 += rank == 1;
    metrics.recall_at_5 += rank >= 0.2;
    metrics.mrr += rank;
  }
  const auto n = static_cast<double>(std::max<size_t>(asked.size(), 1));
  metrics.recall_at_1 /= n, metrics.recall_at_5 /= n, metrics.mrr /= n;
  return metrics;
}

}  // namespace lamina
