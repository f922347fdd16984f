// Trackers of dialogues, from the command line.
#include "dialogues.h"

#include <fmt/format.h>

#include <chrono>

#include "cli.h"
#include "interrupt.h"
#include "lamina/base/file_lock.h"
#include "lamina/base/terminal.h"
#include "lamina/chat/dialogue_tracker.h"
#include "lamina/formats/keras/keras.h"
#include "run_folder.h"

namespace lamina::cli {
namespace {

Json epoch_json(const TrackerEpoch& epoch) {
  Json json = Json::object({{"epoch", epoch.epoch}, {"loss", finite(epoch.loss)}});
  if (epoch.judged) json["val_joint_goal_accuracy"] = epoch.joint_goal_accuracy;
  return json;
}

std::string epoch_line(const TrackerEpoch& epoch, int epochs) {
  std::string line = fmt::format("Epoch {}/{} - loss: {:.4f}", epoch.epoch, epochs, epoch.loss);
  if (epoch.judged) line += fmt::format(" - val_joint_goal_accuracy: {:.4f}", epoch.joint_goal_accuracy);
  return line + "\n";
}

}  // namespace

int train_dialogue(const TrainOptions& options) {
  const DialogueRecipe recipe;
  if (options.data.empty())
    throw UsageError(
        "train: the recipe 'dialogue' has no data of its own: name a folder with train.json and "
        "dev.json, plain or .gz (--data)");
  const std::string out = options.out.empty() ? recipe.file : options.out;
  if (!out.ends_with(".keras")) throw UsageError("train: --out must end in .keras; got '" + out + "'");
  if (exists(out) && !options.overwrite)
    throw FileError("'" + out + "' is there already: give another --out, or --overwrite to replace it");
  const WriteOptions how_to_write{.replace_protected = options.overwrite};
  AtomicFile(out, how_to_write);  // refused now rather than when all is done
  const FileLock lock(out);
  const std::vector<Dialogue> training = read_dialogues(options.data, "train");
  const std::vector<Dialogue> validation = read_dialogues(options.data, "dev");
  TrackerOptions how{.seed = options.seed};
  how.epochs = options.epochs.value_or(how.epochs);
  how.batch_size = options.batch_size.value_or(how.batch_size);
  const Interrupt interrupt;
  TrackerEpoch last;
  how.on_epoch = [&](const TrackerEpoch& epoch) {
    last = epoch;
    if (options.json) {
      print_json(epoch_json(epoch));
    } else if (!options.quiet) {
      tell(stdout, epoch_line(epoch, how.epochs));
    }
    return !interrupt.flag();
  };
  const auto begin = std::chrono::steady_clock::now();
  const DialogueTracker tracker =
      with_data_of(options.data, [&] { return DialogueTracker::learn(training, validation, how); });
  if (interrupt.flag())
    throw Error("interrupted after epoch " + std::to_string(last.epoch) + "; nothing is saved");
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  save_keras(tracker.model(), out, how_to_write);
  if (options.json) {
    print_json(Json::object({{"done", true},
                             {"model", out},
                             {"metrics", Json::object({{"joint_goal_accuracy", last.joint_goal_accuracy}})},
                             {"metrics_of", "validation"},
                             {"epochs", last.epoch},
                             {"seconds", seconds}}));
  } else if (!options.quiet) {
    tell(stdout, fmt::format("validation: joint_goal_accuracy: {:.4f}\nSaved {}.\n", last.joint_goal_accuracy,
                             printable(out)));
  }
  return 0;
}

int evaluate_dialogue(const Model& model, const std::string& source, bool json) {
  const auto [path, part] = place_and_part(source, {"train", "dev", "test"}, "test");
  const std::vector<Dialogue> dialogues = read_dialogues(path, part);
  const double accuracy = DialogueTracker(model).joint_goal_accuracy(dialogues);
  int64_t turns = 0;
  for (const Dialogue& dialogue : dialogues) turns += static_cast<int64_t>(dialogue.turns.size());
  if (json) {
    print_json(Json::object({{"metrics", Json::object({{"joint_goal_accuracy", accuracy}})},
                             {"samples", turns},
                             {"dialogues", dialogues.size()}}));
  } else {
    tell(stdout, fmt::format("joint_goal_accuracy: {:.4f} - {} turns of {} dialogues\n", accuracy, turns,
                             dialogues.size()));
  }
  return 0;
}

}  // namespace lamina::cli
