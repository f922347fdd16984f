// Generators of replies, from the command line.
#include "replies.h"

#include <fmt/format.h>

#include <algorithm>

#include "cli.h"
#include "fingerprint.h"
#include "folder_training.h"
#include "lamina/base/files.h"
#include "lamina/chat/reply_generator.h"
#include "lamina/chat/reply_pairs.h"
#include "lamina/explain/run_report.h"
#include "lamina/zoo/transformers/average_weights.h"
#include "metrics.h"
#include "train_report.h"

namespace lamina::cli {
namespace {

constexpr size_t kShown = 12;  // replies

QuestionColumns columns_of(const DataArguments& arguments) {
  return {arguments.text_column, arguments.label_column};
}

Metrics metrics_of(const ReplyScores& scores) {
  return {
      {"perplexity", scores.perplexity}, {"chrf", scores.chrf}, {"retrieval_chrf", scores.retrieval_chrf}};
}

Json fingerprint(const ReplyOptions& how, const ReplyPairs& pairs, const PretrainedModel& model) {
  std::vector<std::string> turns, replies;
  for (const QuestionAnswer& pair : pairs.training)
    turns.push_back(pair.question), replies.push_back(pair.answer);
  return Json::object({{"recipe", kReplies},
                       {"weights", hash_of(model)},
                       {"seed", std::to_string(how.seed)},
                       {"epochs", how.epochs},
                       {"batch_tokens", how.batch_tokens},
                       {"turns", hash_of(turns)},
                       {"replies", hash_of(replies)}});
}

std::string write_report(const TrainOptions& options, const ReplyOptions& how, const ReplyPairs& pairs,
                         const ReplyGenerator& generator, const FolderTraining& training,
                         const Metrics& metrics) {
  RunDescription run = description_of(kReplies, options.data, options, training.log());
  run.train_samples = static_cast<int64_t>(pairs.training.size());
  run.validation_samples = static_cast<int64_t>(pairs.held_out.size());
  run.held_out_name = "validation";
  run.metrics = metrics;
  run.configuration = {{"network", options.from.empty() ? "a small T5" : options.from},
                       {"tokens of a batch", std::to_string(how.batch_tokens)},
                       {"seed", std::to_string(how.seed)}};
  PretrainedModel& model = generator.translator().model();
  TrainingReport report = run_report(model, run);
  const Json table = table_of(report, model);
  TrainingReport::Rows rows;
  for (size_t i = 0; i < std::min(kShown, pairs.held_out.size()); ++i) {
    const std::string reply = generator(pairs.held_out[i].question).text;
    rows.emplace_back(pairs.held_out[i].question, reply);
    if (reply != pairs.held_out[i].answer) rows.emplace_back("was replied", pairs.held_out[i].answer);
  }
  report.sections.push_back({"Replies", std::move(rows)});
  return write_page(report, about(kReplies, kReplies, table, run), training.log(), training.files());
}

}  // namespace

int train_replies(const TrainOptions& options) {
  if (options.data.empty())
    throw UsageError(
        "train: the recipe 'replies' has no data of its own: name questions and answers, or a folder of "
        "dialogues with train.json and dev.json (--data)");
  const std::string folder = out_folder(options, kReplies);
  const ReplyPairs pairs = read_reply_pairs(options.data, columns_of(options.arguments));
  ReplyOptions how{.seed = options.seed, .from = options.from};
  how.epochs = options.epochs.value_or(how.epochs);
  how.batch_tokens = options.batch_size.value_or(static_cast<int>(how.batch_tokens));
  FolderTraining training(options, kReplies, folder);
  ReplyLesson lesson =
      with_data_of(options.data, [&] { return ReplyGenerator::prepare(pairs.training, how); });
  PretrainedModel& model = lesson.translator.model();
  training.open(fingerprint(how, pairs, model));
  training.talk().say(fmt::format("{} turns to learn, {} held out, {} steps an epoch.", pairs.training.size(),
                                  pairs.held_out.size(), *lesson.batches.steps()));
  AverageWeights average(lesson.averaged);
  training.fit(model, lesson.batches, nullptr, "", {&average}, options.data);
  average.apply(model);
  auto generator = ReplyGenerator::trained(std::move(lesson.translator), pairs.training);
  generator.save_pretrained(folder);
  const ReplyScores scores = generator.evaluate(pairs.held_out);
  generator.set_threshold(scores.threshold);
  generator.save_pretrained(folder);  // with what the held-out turns say
  training.talk().say(fmt::format("Replies are told from a confidence of {:.3f}: {} of {} held-out turns.",
                                  scores.threshold, scores.told, scores.turns));
  const Metrics metrics = metrics_of(scores);
  training.finish(metrics, "validation", write_report(options, how, pairs, generator, training, metrics),
                  Json::object({{"samples", static_cast<int64_t>(pairs.held_out.size())},
                                {"threshold", scores.threshold},
                                {"told", scores.told}}));
  return 0;
}

int evaluate_replies(const std::string& folder, const std::string& source, const DataArguments& arguments,
                     bool json) {
  if (source.empty())
    throw UsageError(
        "evaluate: --data is required: what the replies were learned from, of which a part is held out");
  const ReplyScores scores = ReplyGenerator::from_pretrained(folder).evaluate(
      read_reply_pairs(source, columns_of(arguments)).held_out);
  const Metrics metrics = metrics_of(scores);
  if (json) {
    print_json(Json::object({{"metrics", metrics_json(metrics)}, {"samples", scores.turns}}));
  } else {
    tell(stdout, fmt::format("{} - {} turns\n", metrics_line(metrics), scores.turns));
  }
  return 0;
}

}  // namespace lamina::cli
