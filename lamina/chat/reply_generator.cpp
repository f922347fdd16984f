// Replies: beams and hits, and the choice among them.
#include "lamina/chat/reply_generator.h"

#include <algorithm>
#include <cmath>
#include <filesystem>

#include "lamina/base/error.h"
#include "lamina/base/files.h"
#include "lamina/chat/detail/answer_texts.h"
#include "lamina/chat/detail/reply_prompt.h"
#include "lamina/text/translation_metrics.h"

namespace lamina {
namespace {

constexpr char kFile[] = "replies.json";
constexpr uint64_t kMostBytes = uint64_t{1} << 30;
constexpr int64_t kHits = 12, kBeams = 4;

std::string file_of(const std::string& folder) { return folder + "/" + kFile; }

constexpr double kFits = 50, kShare = 0.75;  // chrF of a reply that fits, and how many of those told should

/// What a folder keeps beside the model.
struct Kept {
  std::vector<QuestionAnswer> pairs;
  std::optional<double> threshold;
};

Kept read_kept(const std::string& file) {
  const Json json = Json::parse(read_file(file, kMostBytes), file, kMostBytes);
  try {
    if (json.at("version").as_int() != 1) throw InvalidArgument("another version than 1");
    std::vector<QuestionAnswer> pairs = detail::pairs_from_json(json.at("pairs"));
    if (pairs.empty()) throw InvalidArgument("no pairs");
    Kept kept{std::move(pairs), {}};
    if (const Json* const threshold = json.find("threshold")) {
      kept.threshold = threshold->as_double();
      if (!(*kept.threshold >= 0 && *kept.threshold <= 1)) throw InvalidArgument("a threshold beyond 0 to 1");
    }
    return kept;
  } catch (const InvalidArgument& error) {
    throw FileError("'" + file + "': expected turns and replies: " + error.what());
  }
}

/// The threshold and the number told, of confidences and whether the reply fits.
std::pair<double, int64_t> chosen_threshold(std::vector<std::pair<double, bool>> replies) {
  std::sort(replies.begin(), replies.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
  std::pair<double, int64_t> chosen{1, 0};
  int64_t fitting = 0;
  for (size_t i = 0; i < replies.size(); ++i) {
    fitting += replies[i].second;
    const auto told = static_cast<int64_t>(i + 1);
    // Equal confidences are told together.
    if (i + 1 < replies.size() && replies[i + 1].first == replies[i].first) continue;
    if (static_cast<double>(fitting) >= kShare * static_cast<double>(told))
      chosen = {std::clamp(replies[i].first, 0.0, 1.0), told};
  }
  return chosen;
}

}  // namespace

namespace detail {

AnswerIndex words_index(const std::vector<QuestionAnswer>& pairs) {
  return AnswerIndex(pairs, {.embed = false, .choose = false});
}

std::vector<FoundReply> found_replies(const std::string& turn, const std::optional<AnswerIndex>& index,
                                      int64_t count) {
  std::vector<FoundReply> found;
  if (!index) return found;
  for (const AnswerHit& hit : index->search(turn, count))
    found.push_back({index->entries()[static_cast<size_t>(hit.entry)].answer, hit.confidence});
  return found;
}

std::string reply_prompt(const std::string& turn, const std::vector<FoundReply>& found) {
  return found.empty() ? turn : turn + " | " + found[0].text;
}

std::string reply_prompt(const std::string& turn, const std::optional<AnswerIndex>& index) {
  return reply_prompt(turn, found_replies(turn, index, 1));
}

size_t most_like_all(const std::vector<std::string>& replies, const std::vector<double>& weights) {
  size_t best = 0;
  double most = -1;
  for (size_t i = 0; i < replies.size(); ++i) {
    double sum = 100 * weights[i];
    for (size_t k = 0; k < replies.size(); ++k) {
      if (k != i) sum += weights[k] * sentence_chrf(replies[i], {replies[k]}).score;
    }
    if (sum > most) most = sum, best = i;
  }
  return best;
}

}  // namespace detail

ReplyGenerator::ReplyGenerator(Translator translator, const std::vector<QuestionAnswer>& pairs)
    : translator_(std::move(translator)) {
  if (!pairs.empty()) index_ = detail::words_index(pairs);
  if (!translator_.model().compiled()) translator_.model().compile({});
}

bool ReplyGenerator::is_in(const std::string& folder) {
  std::error_code ignored;
  return std::filesystem::is_regular_file(file_of(folder), ignored);
}

ReplyGenerator ReplyGenerator::from_pretrained(const std::string& folder) {
  const Kept kept = is_in(folder) ? read_kept(file_of(folder)) : Kept();
  ReplyGenerator generator(Translator::from_pretrained(folder), kept.pairs);
  if (kept.threshold) generator.set_threshold(*kept.threshold);
  return generator;
}

void ReplyGenerator::save_pretrained(const std::string& folder) const {
  translator_.save_pretrained(folder);
  if (!index_) return;
  Json json = Json::object({{"version", 1}, {"threshold", threshold_}});
  json["pairs"] = detail::pairs_to_json(index_->entries());
  write_file(file_of(folder), json.dump());
}

void ReplyGenerator::set_threshold(double threshold) {
  if (!(threshold >= 0 && threshold <= 1))
    throw InvalidArgument("ReplyGenerator: a threshold is 0 to 1, not " + std::to_string(threshold));
  threshold_ = threshold;
}

std::vector<WrittenReply> ReplyGenerator::write(const std::vector<std::string>& turns) const {
  std::vector<std::string> prompts;
  std::vector<std::vector<detail::FoundReply>> found;
  for (const std::string& turn : turns) {
    found.push_back(detail::found_replies(turn, index_, kHits));
    prompts.push_back(detail::reply_prompt(turn, found.back()));
  }
  const std::vector<std::string> written = translator_.translate(prompts, {.num_beams = kBeams});
  std::vector<WrittenReply> chosen;
  for (size_t i = 0; i < turns.size(); ++i) {
    std::vector<std::string> replies{written[i]};
    std::vector<double> weights{confidence(prompts[i], written[i])};
    for (const detail::FoundReply& one : found[i]) {
      replies.push_back(one.text);
      weights.push_back(one.confidence);
    }
    const size_t best = detail::most_like_all(replies, weights);
    chosen.push_back({replies[best], best == 0 ? weights[0] : confidence(prompts[i], replies[best])});
  }
  return chosen;
}

double ReplyGenerator::confidence(const std::string& prompt, const std::string& reply) const {
  if (reply.empty()) return 0;
  TokenBatches batches = translator_.batches({{prompt}, {reply}}, false);
  const Logs logs = translator_.model().evaluate(batches, {.verbose = 0});
  return std::exp(-logs["loss"]);
}

WrittenReply ReplyGenerator::operator()(const std::string& turn) const {
  if (turn.find_first_not_of(" \t\r\n") == std::string::npos) return {};
  return write({turn})[0];
}

ReplyScores ReplyGenerator::evaluate(const std::vector<QuestionAnswer>& held_out) const {
  if (held_out.empty()) throw InvalidArgument("ReplyGenerator: expected turns to judge by; got none");
  std::vector<std::string> turns, prompts, replies, found;
  if (!index_)
    throw InvalidArgument("ReplyGenerator: it has no turns of its own, beside which it could be judged");
  const AnswerIndex index(index_->entries());
  for (const QuestionAnswer& pair : held_out) {
    turns.push_back(pair.question), replies.push_back(pair.answer);
    prompts.push_back(detail::reply_prompt(pair.question, index_));
    const std::vector<AnswerHit> hits = index.search(pair.question, 1);
    found.push_back(hits.empty() ? "" : index.entries()[static_cast<size_t>(hits[0].entry)].answer);
  }
  TokenBatches batches = translator_.batches({prompts, replies}, false);
  const Logs logs = translator_.model().evaluate(batches, {.verbose = 0});
  std::vector<std::string> told;
  std::vector<std::pair<double, bool>> fits;
  for (WrittenReply& reply : write(turns)) {
    fits.emplace_back(reply.confidence, sentence_chrf(reply.text, {replies[told.size()]}).score >= kFits);
    told.push_back(std::move(reply.text));
  }
  const auto [threshold, count] = chosen_threshold(std::move(fits));
  return {.turns = static_cast<int64_t>(turns.size()),
          .perplexity = std::exp(logs["loss"]),
          .chrf = corpus_chrf(told, {replies}).score,
          .retrieval_chrf = corpus_chrf(found, {replies}).score,
          .threshold = threshold,
          .told = count};
}

}  // namespace lamina
