// Generators of replies, from the command line.
#include "replies.h"

#include <fmt/format.h>

#include <chrono>
#include <filesystem>

#include "cli.h"
#include "interrupt.h"
#include "lamina/base/file_lock.h"
#include "lamina/base/files.h"
#include "lamina/base/terminal.h"
#include "lamina/chat/reply_generator.h"
#include "lamina/chat/reply_pairs.h"
#include "metrics.h"
#include "run_folder.h"

namespace lamina::cli {
namespace {

void refuse_other_options(const TrainOptions& options) {
  const auto none = [](bool given, const char* name) {
    if (given) throw UsageError(std::string("train: the recipe 'replies' has no ") + name);
  };
  none(options.resume, "--resume: it is trained in minutes");
  none(options.validation_split > 0, "--validation-split: every tenth turn, or the part dev, validates");
  none(!options.validation_data.empty(), "--validation-data: every tenth turn, or the part dev, validates");
  none(!options.run_dir.empty(), "--run-dir");
  none(options.limit_samples > 0, "--limit-samples");
  none(options.stop_on_nan, "--stop-on-nan");
  none(options.gradient_norm, "--gradient-norm");
  none(!options.tokens.empty(), "--tokens");
  none(!options.model.empty(), "--model: --from names the folder to go on from");
}

Metrics metrics_of(const ReplyScores& scores) {
  return {
      {"perplexity", scores.perplexity}, {"chrf", scores.chrf}, {"retrieval_chrf", scores.retrieval_chrf}};
}

}  // namespace

int train_replies(const TrainOptions& options) {
  refuse_other_options(options);
  if (options.data.empty())
    throw UsageError(
        "train: the recipe 'replies' has no data of its own: name questions and answers, or a folder of "
        "dialogues with train.json and dev.json (--data)");
  const std::string folder = options.out.empty() ? kReplies : options.out;
  if (exists(folder + "/config.json") && !options.overwrite)
    throw FileError("'" + folder +
                    "' holds a model already: give another --out, or --overwrite to replace it");
  const ReplyPairs pairs = read_reply_pairs(options.data);
  ReplyOptions how{.seed = options.seed, .from = options.from};
  how.epochs = options.epochs.value_or(how.epochs);
  how.batch_tokens = options.batch_size.value_or(static_cast<int>(how.batch_tokens));
  const bool fresh = !exists(folder);
  make_folder(folder);
  const FileLock lock(folder + "/config.json");
  const Interrupt interrupt;
  how.on_epoch = [&](const ReplyEpoch& epoch) {
    if (options.json) {
      print_json(Json::object({{"epoch", epoch.epoch}, {"loss", finite(epoch.loss)}}));
    } else if (!options.quiet) {
      tell(stdout, fmt::format("Epoch {}/{} - loss: {:.4f}\n", epoch.epoch, how.epochs, epoch.loss));
    }
    return !interrupt.flag();
  };
  const auto begin = std::chrono::steady_clock::now();
  const ReplyGenerator generator =
      with_data_of(options.data, [&] { return ReplyGenerator::learn(pairs.training, how); });
  if (interrupt.flag()) {
    std::error_code ignored;
    if (fresh) std::filesystem::remove_all(folder, ignored);
    throw Error("interrupted; nothing is saved");
  }
  const Metrics metrics = metrics_of(generator.evaluate(pairs.held_out));
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  generator.save_pretrained(folder);
  if (options.json) {
    print_json(Json::object({{"done", true},
                             {"model", folder},
                             {"metrics", metrics_json(metrics)},
                             {"metrics_of", "validation"},
                             {"samples", pairs.held_out.size()},
                             {"epochs", how.epochs},
                             {"seconds", seconds}}));
  } else if (!options.quiet) {
    tell(stdout, fmt::format("{} turns held out: {}\nSaved {}/.\n", pairs.held_out.size(),
                             metrics_line(metrics), printable(folder)));
  }
  return 0;
}

int evaluate_replies(const std::string& folder, const std::string& source, bool json) {
  if (source.empty())
    throw UsageError(
        "evaluate: --data is required: what the replies were learned from, of which a part is held out");
  const ReplyScores scores =
      ReplyGenerator::from_pretrained(folder).evaluate(read_reply_pairs(source).held_out);
  const Metrics metrics = metrics_of(scores);
  if (json) {
    print_json(Json::object({{"metrics", metrics_json(metrics)}, {"samples", scores.turns}}));
  } else {
    tell(stdout, fmt::format("{} - {} turns\n", metrics_line(metrics), scores.turns));
  }
  return 0;
}

}  // namespace lamina::cli
