// The recipes, their networks, and what these are worth.
#include "lamina/vision/detector_recipes.h"

#include <algorithm>
#include <cmath>

#include "lamina/base/error.h"
#include "lamina/nn/callbacks/callback.h"
#include "lamina/nn/optimizers/adam.h"
#include "lamina/nn/optimizers/schedules/cosine_decay.h"
#include "lamina/vision/annotated_picture.h"
#include "lamina/vision/detection_loss.h"
#include "lamina/vision/detection_network.h"
#include "lamina/vision/pretrained_detector.h"

namespace lamina::vision {
namespace {

double middle_of(std::vector<double> numbers) {
  const auto middle = numbers.begin() + static_cast<std::ptrdiff_t>(numbers.size() / 2);
  std::nth_element(numbers.begin(), middle, numbers.end());
  return *middle;
}

// Height and width of the frames: the longer side as the recipe has it, but not larger than pictures are; the
// other by the middle one of their proportions.
std::pair<int64_t, int64_t> frame_size(const DetectorRecipe& recipe, const AnnotatedImages& training) {
  std::vector<double> proportions, longer_sides;  // width over height
  const auto add = [&](double width, double height) {
    proportions.push_back(width / height);
    longer_sides.push_back(std::max(width, height));
  };
  for (const AnnotatedImage& image : training.images) {
    if (image.width > 0 && image.height > 0)
      add(static_cast<double>(image.width), static_cast<double>(image.height));
  }
  if (proportions.empty()) {
    const Picture picture = load_picture(training.images.at(0));
    add(picture.width, picture.height);
  }
  // Up to the next multiple of the largest stride.
  const auto whole = [](double side) {
    return std::max<int64_t>(32, 32 * std::lround(std::ceil(side / 32 - 0.01)));
  };
  const double longer = std::min(static_cast<double>(recipe.longer_side), middle_of(longer_sides));
  const double usual = middle_of(proportions);
  return {whole(usual >= 1 ? longer / usual : longer), whole(usual >= 1 ? longer : longer * usual)};
}

Model new_network(const DetectorRecipe& recipe, const AnnotatedImages& training, uint64_t seed) {
  const auto size = frame_size(recipe, training);
  return detection_network(training.class_names, {.height = size.first, .width = size.second, .seed = seed});
}

}  // namespace

const std::vector<DetectorRecipe>& detector_recipes() {
  static const std::vector<DetectorRecipe> all{
      {.name = "blood-cells",
       .description = "find red and white cells and platelets on smears of blood (no medical device)",
       .file = "blood-cells.keras",
       .longer_side = 320,
       .epochs = 80,
       .batches = {.smallest = 0.8, .largest = 1.25, .flip_y = true}},
      {.name = "driving",
       .description = "find vehicles, pedestrians and traffic signs on photographs of roads",
       .file = "driving.keras",
       .class_names = {"Traffic sign", "pedestrian", "vehicle"},
       .longer_side = 512,
       .epochs = 60,
       .batches = {.smallest = 0.6, .largest = 1.6},
       .like = {{"Traffic sign", "stop sign"}, {"pedestrian", "person"}, {"vehicle", "car"}}},
      {.name = "boxes",
       .description =
           "find the things of a folder of pictures with boxes (COCO, Pascal VOC, YOLO or a table)",
       .file = "boxes.keras",
       .epochs = 80,
       .batches = {}}};
  return all;
}

const DetectorRecipe* find_detector_recipe(const std::string& name) {
  for (const DetectorRecipe& recipe : detector_recipes()) {
    if (recipe.name == name) return &recipe;
  }
  return nullptr;
}

AnnotatedImages load_recipe_annotations(const DetectorRecipe& recipe, const std::string& source,
                                        const std::string& part) {
  AnnotatedImages data = load_annotations(source, {.part = part});
  const bool has_all =
      std::all_of(recipe.class_names.begin(), recipe.class_names.end(), [&](const std::string& name) {
        return std::find(data.class_names.begin(), data.class_names.end(), name) != data.class_names.end();
      });
  if (recipe.class_names.empty() || !has_all) return data;
  return load_annotations(source,
                          {.part = part, .class_names = recipe.class_names, .leave_out_others = true});
}

Model new_detector(const DetectorRecipe& recipe, const AnnotatedImages& training, const DetectorRun& run) {
  if (training.images.empty() || training.boxes() == 0)
    throw InvalidArgument("there are no boxes in the pictures: nothing can be learned of them");
  if (run.steps < 1)
    throw InvalidArgument("a training of " + std::to_string(run.steps) + " steps; at least 1 was expected");
  const bool learned = !run.from.empty();
  Model model =
      learned ? pretrained_detector(Detector::load(run.from), training.class_names, recipe.like, run.seed)
              : new_network(recipe, training, run.seed);
  const DetectorInfo info = detector_info(model, "the network").value();
  const double rate = run.learning_rate > 0 ? run.learning_rate : recipe.learning_rate * (learned ? 0.1 : 1);
  const double steps = static_cast<double>(run.steps), rise = std::max(1.0, std::floor(steps / 20));
  const DetectionLoss loss({.classes = static_cast<int64_t>(training.class_names.size()),
                            .height = info.height,
                            .width = info.width,
                            .strides = info.strides,
                            .bins = info.bins});
  model.compile({.optimizer = AdamW({.learning_rate = CosineDecay(
                                         rate / 100, std::max(1.0, steps - rise),
                                         {.alpha = 0.01, .warmup_target = rate, .warmup_steps = rise}),
                                     .weight_decay = recipe.weight_decay,
                                     .global_clipnorm = 10.0,
                                     .decays_vectors = false}),
                 .loss = loss});
  return model;
}

namespace {

using Progress = std::function<bool(int64_t)>;

void go_on(const Progress& progress, size_t done) {
  if (progress && !progress(static_cast<int64_t>(done))) throw Error("interrupted");
}

/// Asks after each batch of the loss, before any picture is done.
class AsksWhetherToGoOn final : public Callback {
 public:
  explicit AsksWhetherToGoOn(const Progress& progress) : progress_(progress) {}
  std::string class_name() const override { return "AsksWhetherToGoOn"; }
  void on_test_batch_end(int64_t, const Logs&) override { go_on(progress_, 0); }

 private:
  const Progress& progress_;
};

}  // namespace

std::vector<std::pair<std::string, double>> detector_metrics(const Detector& detector,
                                                             const AnnotatedImages& data,
                                                             const std::function<bool(int64_t)>& progress) {
  if (data.class_names.size() > detector.class_names().size())
    throw InvalidArgument("the data have " + std::to_string(data.class_names.size()) +
                          " classes, and the model knows " + std::to_string(detector.class_names().size()));
  std::vector<std::pair<std::string, double>> metrics;
  Model model = detector.model();
  const bool has_loss = model.compiled() && detector.info().head == "dense";
  if (has_loss) {
    DetectionBatches batches(data, detector.info(), {.augment = false});
    AsksWhetherToGoOn asks(progress);
    metrics = model.evaluate(batches, {.callbacks = {&asks}, .verbose = 0}).items();
  }
  std::vector<std::vector<TruthBox>> truth;
  std::vector<std::vector<Detection>> found;
  for (const AnnotatedImage& image : data.images) {
    const Picture picture = load_picture(image);
    found.push_back(detector.detect(picture, {.score_threshold = 0.001, .iou_threshold = 0.6, .most = 300}));
    truth.push_back(image.boxes);
    go_on(progress, found.size());
  }
  const auto scores = coco_evaluation(truth, found, static_cast<int64_t>(detector.class_names().size()));
  for (const auto& item : scores.items(detector.class_names())) metrics.push_back(item);
  return metrics;
}

}  // namespace lamina::vision
