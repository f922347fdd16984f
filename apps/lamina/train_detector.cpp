// lamina train, for detectors.
#include "train_detector.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "fingerprint.h"
#include "interrupt.h"
#include "lamina/base/log.h"
#include "lamina/explain/gallery.h"
#include "lamina/formats/keras/keras.h"
#include "lamina/nn/callbacks/progress_bar.h"
#include "lamina/vision/annotated_picture.h"
#include "lamina/vision/draw_boxes.h"
#include "metrics.h"
#include "train_files.h"
#include "train_log.h"
#include "train_report.h"
#include "train_result.h"
#include "train_talk.h"

namespace lamina::cli {
namespace {

using vision::AnnotatedImages;

constexpr int kTunedEpochs = 8;      // of a network that has learned already
constexpr size_t kShown = 12;        // pictures of the sheet
constexpr double kShownScore = 0.4;  // what is drawn into them

// Pictures to learn and, held out, to be judged by.
struct DetectorData {
  AnnotatedImages training, held_out;
  std::string held_out_name;
};

DetectorData detector_data(const vision::DetectorRecipe& recipe, const TrainOptions& options) {
  DetectorData data;
  const auto [source, part] = place_and_part(options.data, {"train", "val", "test"}, "");
  try {
    data.training = load_recipe_annotations(recipe, source, part.empty() ? "train" : part);
  } catch (const FileError&) {
    if (!part.empty()) throw;
    data.training = load_recipe_annotations(recipe, source, "");
  }
  if (options.validation_split > 0) {
    // Of the training part, so that the part test is not looked at while somebody chooses options.
    auto& images = data.training.images;
    const auto held =
        static_cast<std::ptrdiff_t>(static_cast<double>(images.size()) * options.validation_split);
    if (held < 1 || held >= static_cast<std::ptrdiff_t>(images.size()))
      throw InvalidArgument(fmt::format("--validation-split {} of {} pictures leaves none for one side",
                                        options.validation_split, images.size()));
    data.held_out.class_names = data.training.class_names;
    data.held_out.images.assign(images.end() - held, images.end());
    images.erase(images.end() - held, images.end());
    data.held_out_name = "validation";
    return data;
  }
  std::string other = options.validation_data, other_part;
  if (!other.empty()) std::tie(other, other_part) = place_and_part(other, {"train", "val", "test"}, "");
  try {
    data.held_out =
        vision::load_annotations(other.empty() ? source : other, {.part = other.empty() ? "test" : other_part,
                                                                  .class_names = data.training.class_names,
                                                                  .leave_out_others = true});
    // Of a source without parts, all parts are all of it.
    const auto learned = [&](const vision::AnnotatedImage& image) {
      return std::any_of(data.training.images.begin(), data.training.images.end(),
                         [&](const vision::AnnotatedImage& one) { return one.file == image.file; });
    };
    if (std::any_of(data.held_out.images.begin(), data.held_out.images.end(), learned)) {
      warn("'" + (other.empty() ? source : other) +
           "' has pictures that are learned, so that the model is not judged by them: --validation-split "
           "holds some back");
      data.held_out = {};
      return data;
    }
    data.held_out_name = other.empty() ? "test" : "validation";
  } catch (const FileError& error) {
    if (!other.empty()) throw;
    warn("'" + source + "' has no part 'test', so that the model is not judged: " + error.what());
  }
  return data;
}

// What it says of pictures that it has not learned: what is there in white, what it found in colours.
std::vector<TrainingReport::Shown> pictures_to_show(const vision::Detector& detector,
                                                    const AnnotatedImages& data) {
  std::vector<TrainingReport::Shown> pictures;
  for (size_t i = 0; i < std::min(kShown, data.images.size()); ++i) {
    const vision::AnnotatedImage& image =
        data.images[i * data.images.size() / std::min(kShown, data.images.size())];
    Picture picture = vision::load_picture(image);
    std::vector<vision::LabelledBox> boxes;
    for (const vision::TruthBox& one : image.boxes) boxes.push_back({one.box, "", 7});
    for (auto& box :
         vision::labelled(detector.detect(picture, {.score_threshold = kShownScore}), detector.class_names()))
      boxes.push_back(std::move(box));
    pictures.push_back({shrink(vision::draw_boxes(picture, boxes), 480),
                        std::filesystem::path(image.file).filename().string()});
  }
  return pictures;
}

void write_sheet(const std::vector<TrainingReport::Shown>& shown, const TrainFiles& files) {
  std::vector<Picture> pictures;
  for (const TrainingReport::Shown& one : shown) pictures.push_back(one.picture);
  write_file(files.folder() + "/detections.png", encode_png(picture_grid(pictures, {.columns = 4})),
             files.write_options());
}

Json fingerprint_of_detector(const Model& model, const DetectorData& data, const TrainOptions& options,
                             int epochs, int batch_size) {
  std::vector<std::string> boxes;
  for (const vision::AnnotatedImage& image : data.training.images) {
    boxes.push_back(image.file);
    for (const vision::TruthBox& one : image.boxes)
      boxes.push_back(
          fmt::format("{} {} {} {} {}", one.label, one.box.left, one.box.top, one.box.right, one.box.bottom));
  }
  return Json::object({{"model", hash_of(model)},
                       {"boxes", hash_of(boxes)},
                       {"epochs", epochs},
                       {"batch_size", batch_size},
                       {"seed", static_cast<int64_t>(options.seed)},
                       {"learning_rate", options.learning_rate},
                       {"from", options.from}});
}

std::string write_detector_report(const TrainOptions& options, const vision::DetectorRecipe& recipe,
                                  Model& model, const DetectorData& data, const TrainLog& log,
                                  const Metrics& metrics, std::vector<TrainingReport::Shown> shown,
                                  int batch_size, const TrainFiles& files) {
  RunDescription run = description_of(recipe.name, options.data, options, log);
  const auto info = vision::detector_info(model, "the model");
  run.train_samples = static_cast<int64_t>(data.training.images.size());
  run.batch_size = batch_size;
  run.configuration = {{"pictures", fmt::format("{} x {}", info->width, info->height)},
                       {"epochs", std::to_string(log.epochs().size())},
                       {"batch size", std::to_string(batch_size)},
                       {"seed", std::to_string(options.seed)}};
  run.held_out_name = data.held_out_name;
  run.metrics = metrics;
  TrainingReport report = run_report(model, run);
  report.shown = std::move(shown);
  report.shown_how =
      fmt::format("{} pictures; white: what is there, colours: what it found with a score of {} or more",
                  data.held_out_name, kShownScore);
  return write_page(report, about(recipe.name, "detection", table_of(report, model), run), log, files);
}

}  // namespace

int train_detector(const vision::DetectorRecipe& recipe, const TrainOptions& options) {
  if (options.data.empty())
    throw UsageError("train: the recipe '" + recipe.name +
                     "' has no data of its own: name a folder of pictures with boxes (--data)");
  const std::string out = options.out.empty() ? recipe.file : options.out;
  if (!out.ends_with(".keras")) throw UsageError("train: --out must end in .keras; got '" + out + "'");
  const Talk talk{options.json ? stderr : stdout, options.quiet};
  TrainFiles files(out, options.overwrite);
  const std::string& checkpoint = files.checkpoint();
  std::optional<Checkpoint> saved;
  if (options.resume && exists(checkpoint)) {
    saved = load_checkpoint(checkpoint);
    if (!saved->training)
      throw FileError("'" + checkpoint + "' holds no state of a training: it cannot be resumed");
  } else {
    files.refuse_to_lose_training();
    files.refuse_to_lose_model(Likeness::kSameWeights);
    if (options.resume) talk.say("There is no " + checkpoint + " yet: starting from the beginning.");
  }
  const DetectorData data = detector_data(recipe, options);
  const int epochs = options.epochs.value_or(options.from.empty() ? recipe.epochs : kTunedEpochs),
            batch_size = options.batch_size.value_or(recipe.batch_size);
  const auto pictures = static_cast<int64_t>(data.training.images.size());
  const int64_t steps = (pictures + batch_size - 1) / batch_size * epochs;
  Model model = vision::new_detector(
      recipe, data.training,
      {.seed = options.seed, .steps = steps, .learning_rate = options.learning_rate, .from = options.from});
  const vision::DetectorInfo info_of_model = vision::detector_info(model, "the model").value();
  talk.say(fmt::format("{} pictures with {} boxes of {} classes, at {}x{} pixels.", pictures,
                       data.training.boxes(), data.training.class_names.size(), info_of_model.width,
                       info_of_model.height));
  const Json info =
      Json::object({{"fingerprint", fingerprint_of_detector(model, data, options, epochs, batch_size)},
                    {"epochs", epochs}});
  if (saved) changes_since(saved->info, checkpoint, info.at("fingerprint"), OtherWay::kAnotherOut);
  vision::DetectionBatchesOptions how = recipe.batches;
  how.batch_size = batch_size;
  how.epochs = epochs;
  vision::DetectionBatches batches(data.training, info_of_model, how);
  files.try_to_save(model, info, {-1, info_of_model.height, info_of_model.width, 3});
  const TrainingSnapshot* resume = saved ? &*saved->training : nullptr;
  files.open_folder(options.run_dir, recipe.name, resume);
  TrainLog log({.checkpoint = checkpoint,
                .folder = files.folder(),
                .info = info,
                .write_options = files.write_options(),
                .json = options.json,
                .only_good = options.stop_on_nan,
                .saved = resume != nullptr});
  ProgressBar bar({.stream = talk.stream, .verbose = options.quiet ? 0 : 1});
  History history;
  {
    Interrupt interrupt;
    const FitOptions fit{.epochs = epochs,
                         .callbacks = {&bar, &log},
                         .verbose = 0,
                         .seed = options.seed,
                         .on_nan = options.stop_on_nan ? OnNan::kStop : OnNan::kReport,
                         .log_gradient_norm = options.gradient_norm,
                         .resume = resume,
                         .stop_flag = &interrupt.flag()};
    history = with_data_of(resume ? checkpoint : options.data, [&] { return model.fit(batches, fit); });
    if (history.interrupted) log.save();
  }
  log.count_time();
  if (history.interrupted) tell_interrupted(options, checkpoint, log.saved(), log.good());
  TrainResult result = result_of(model, log, files, history.bad_loss.has_value() && options.stop_on_nan);
  save_keras(result.model, out, files.write_options());
  if (history.bad_loss && options.stop_on_nan)
    throw Error("a loss was no number; " + out + " holds the state before that");
  Metrics metrics;
  std::vector<TrainingReport::Shown> shown;
  if (!data.held_out_name.empty()) {
    const vision::Detector detector(result.model, "'" + out + "'");
    metrics = vision::detector_metrics(detector, data.held_out);
    shown = pictures_to_show(detector, data.held_out);
    write_sheet(shown, files);
  } else {
    metrics.emplace_back("loss", log["loss"].back());
  }
  talk.say((data.held_out_name.empty() ? "last epoch: " : data.held_out_name + ": ") + metrics_line(metrics));
  talk.say("Saved " + out + "; the training state is in " + checkpoint + ".");
  const std::string report = write_detector_report(options, recipe, result.model, data, log, metrics,
                                                   std::move(shown), batch_size, files);
  talk.say("Report: " + report);
  if (options.json) {
    Json last = Json::object({{"done", true},
                              {"model", out},
                              {"metrics", metrics_json(metrics)},
                              {"metrics_of", data.held_out_name.empty() ? "training" : data.held_out_name},
                              {"epochs", epochs},
                              {"seconds", log.seconds()},
                              {"report", report}});
    if (result.kept) last["kept_epoch"] = *result.kept;
    print_json(last);
  }
  std::fflush(stdout);
  forget_gone_reader(stdout);
  return 0;
}

}  // namespace lamina::cli
