// The recipe that learns to embed faces, and its network.
#include "lamina/base/error.h"
#include "lamina/nn/layers/layers.h"
#include "lamina/nn/losses/arcface.h"
#include "lamina/nn/optimizers/adam.h"
#include "lamina/nn/optimizers/schedules/cosine_decay.h"
#include "lamina/zoo/detail/learning.h"
#include "lamina/zoo/face_info.h"
#include "lamina/zoo/face_network.h"
#include "lamina/zoo/recipes.h"

namespace lamina {
namespace {

// Means over pictures 1 to 10 of persons 1 to 30, as face-slim-landmark5 finds them.
constexpr std::array<double, 10> kOfAttFaces{0.3026, 0.4610, 0.6661, 0.4626, 0.4847,
                                             0.6461, 0.3292, 0.7673, 0.6389, 0.7681};

// Where pairs of persons 1 to 10, 11 to 20 and 21 to 30 part best, for networks that learned the others of 1
// to 30 in 60 epochs (seed 0: 0.26, 0.26, 0.31; seed 1: 0.28, 0.29, 0.31).
constexpr double kFaceThreshold = 0.28;

// Directions that are shrunk: 64 among pictures of one person, 20 among persons.
constexpr int64_t kNuisances = 84;

// Which of the filters answer, by place, and hardly how strongly: means over overlapping windows.
Tensor in_cells(const Tensor& x, int64_t side) {
  return Flatten()(AveragePooling2D({side, side}, {.strides = {side - 1, side - 1}})(UnitNormalization()(x)));
}

// The same until learn_face_nuisances has said what to take away.
Tensor without_nuisances(const Tensor& features) {
  const Tensor even =
      BatchNormalization({.center = false, .scale = false, .name = kFaceEven, .trainable = false})(features);
  const Tensor onto = Dense(
      kNuisances,
      {.use_bias = false, .kernel_initializer = "zeros", .name = kFaceOntoNuisances, .trainable = false})(
      even);
  const Tensor away = Dense(
      features.shape()[1],
      {.use_bias = false, .kernel_initializer = "zeros", .name = kFaceFromNuisances, .trainable = false})(
      onto);
  return Add({.name = "features"})({even, away});
}

Comparison learn_nuisances(Model& model, const LabelledData& training, const LabelledData&) {
  learn_face_nuisances(model, training.x, training.y);
  return {};
}

Model faces(const LabelledData& training, const RecipeRun& run) {
  return face_network(detail::classes_of(training, "pictures"), run.steps, run.seed,
                      {.height = training.x.shape()[1], .width = training.x.shape()[2]});
}

}  // namespace

Model face_network(int64_t classes, int64_t steps, uint64_t seed, const FaceNetworkOptions& options) {
  const auto require = [](bool holds, const char* what) {
    if (!holds) throw InvalidArgument(std::string("face_network: ") + what);
  };
  require(classes >= 2, "at least 2 persons are needed to tell apart");
  require(steps >= 1, "steps must be at least 1");
  require(options.height >= 32 && options.height <= 512 && options.width >= 32 && options.width <= 512,
          "height and width must be 32 to 512 pixels");
  require(options.dimensions >= 2 && options.dimensions <= 4096, "dimensions must be 2 to 4096");
  require(options.networks >= 1 && options.networks <= 16, "networks must be 1 to 16");
  require(options.filters >= 1 && options.filters <= 512, "filters must be 1 to 512");
  require(options.dropout >= 0 && options.dropout < 1, "dropout must lie in [0, 1)");
  require(options.rate > 0, "rate must be above 0");
  const Tensor pictures = Input({options.height, options.width, 1});
  Tensor x = pictures;
  for (const AnyLayer& layer :
       std::vector<AnyLayer>{Rescaling(1 / 127.5, {.offset = -1}), AveragePooling2D({2, 2}),
                             LayerNormalization({.axis = {1, 2, 3}, .center = false, .scale = false})})
    x = (*layer.get())(x);
  const Tensor normalized = x;
  std::vector<Tensor> local, heads;
  for (int64_t network = 0; network < options.networks; ++network) {
    x = RandomZoom(0.2)(
        RandomRotation(0.06)(RandomTranslation(0.12, 0.12)(RandomFlip("horizontal")(normalized))));
    for (const int64_t times : {1, 2, 4, 8}) {
      x = Conv2D(times * options.filters, {3, 3}, {.padding = "same", .use_bias = false})(x);
      x = ReLU()(BatchNormalization({.momentum = 0.9})(x));
      if (times == 2) local.push_back(in_cells(x, 5));
      if (times == 4) local.push_back(in_cells(x, 3));
      x = MaxPooling2D({2, 2})(x);
    }
    x = BatchNormalization({.momentum = 0.9})(
        Dense(options.dimensions, {.use_bias = false})(Dropout(options.dropout)(Flatten()(x))));
    heads.push_back(
        Dense(classes, {.use_bias = false, .kernel_constraint = "unit_norm"})(UnitNormalization()(x)));
  }
  const Tensor embedding = without_nuisances(Concatenate({.name = kFaceFeatures})(local));
  // A model holds what its output is made of: the embedding counts for nothing in it.
  const Tensor nothing =
      Dense(classes, {.use_bias = false, .kernel_initializer = "zeros", .trainable = false})(embedding);
  Model model({pictures}, {Add()({heads.size() == 1 ? heads[0] : Average()(heads), nothing})},
              {.seed = seed});
  const double all = static_cast<double>(steps), rising = 0.1 * all;
  const CosineDecay schedule(options.rate / 10, all - rising,
                             {.alpha = 0.01, .warmup_target = options.rate, .warmup_steps = rising});
  model.compile({.optimizer = Adam(schedule),
                 .loss = ArcFace({.margin = options.margin, .scale = options.scale}),
                 .metrics = {"accuracy"}});
  DataInfo info{.scale = PixelScale::kNone};
  FaceInfo{.layer = "features", .landmarks = kOfAttFaces, .threshold = kFaceThreshold}.save(info);
  model.set_data_info(info);
  return model;
}

std::vector<Recipe> detail::face_recipes() {
  return {{.name = "faces",
           .description = "embed faces, so that those of one person lie together (ArcFace)",
           .file = "faces.keras",
           .epochs = 60,
           .batch_size = 32,
           .needs = {.target = TargetKind::kClassNumbers, .inputs = {{"", {-1, -1, -1, 1}}}},
           .build = faces,
           .finish = learn_nuisances}};
}

}  // namespace lamina
