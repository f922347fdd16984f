// Recipes that begin with another network's features: the model, its head's training, and what follows.
#include "lamina/zoo/transfer.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <optional>

#include "lamina/base/error.h"
#include "lamina/base/log.h"
#include "lamina/base/terminal.h"
#include "lamina/nn/callbacks/early_stopping.h"
#include "lamina/nn/layers/layers.h"
#include "lamina/nn/optimizers/adam.h"
#include "lamina/ops/concatenate.h"
#include "lamina/ops/slice.h"
#include "lamina/zoo/detail/learning.h"
#include "lamina/zoo/without_head.h"

namespace lamina {
namespace {

constexpr int64_t kUsualSide = 224;  // of networks that take any size

// How a network takes pictures.
struct Pictures {
  int64_t height = 0, width = 0, channels = 0;
  bool channels_first = false;
};

Pictures pictures_of(const Shape& input, const std::string& from) {
  const auto colours = [](int64_t extent) { return extent == 1 || extent == 3; };
  if (input.rank() != 4 || (!colours(input[1]) && !colours(input[3]))) {
    throw InvalidArgument("'" + from + "' takes inputs of shape " + input.str() +
                          "; pictures are (batch, height, width, channels) or (batch, channels, height, width), of 1 or 3 "
                          "channels");
  }
  Pictures result;
  result.channels_first = !colours(input[3]);
  result.channels = input[result.channels_first ? 1 : 3];
  result.height = input[result.channels_first ? 2 : 1];
  result.width = input[result.channels_first ? 3 : 2];
  if (result.height < 0 || result.width < 0) {
    warn(fmt::format("'{}' takes pictures of any size: they are taken at {}x{}", from, kUsualSide, kUsualSide));
    if (result.height < 0) result.height = kUsualSide;
    if (result.width < 0) result.width = kUsualSide;
  }
  return result;
}

PictureScale scale_for(const Features& features, const TransferOptions& options, const Pictures& pictures, bool onnx) {
  if (!options.normalize.empty() || features.scale) {
    const PictureScale scale = options.normalize.empty() ? *features.scale : picture_scale(options.normalize);
    if (pictures.channels == 1 && (scale.bgr || scale.scale.size() > 1 || scale.offset.size() > 1))
      throw InvalidArgument("'" + options.from + "' takes grey pictures; '" + scale.name + "' is for colours");
    return scale;
  }
  PictureScale scale = picture_scale(onnx && pictures.channels == 3 ? "imagenet" : "0..1");
  std::vector<std::string> names;
  for (const PictureScale& each : picture_scales()) names.push_back(each.name);
  warn(fmt::format("'{}' does not say how its pictures are scaled: taken is '{}', {}; another is said by --normalize ({})",
                   options.from, scale.name, scale.description, fmt::join(names, ", ")));
  return scale;
}

PerChannel per_channel(const std::vector<double>& values) {
  PerChannel result(values[0]);
  result.values = values;
  result.list = values.size() > 1;
  return result;
}

bool changes(const PictureScale& scale) {
  return scale.bgr || scale.scale != std::vector<double>{1} || scale.offset != std::vector<double>{0};
}

// One row of features for each picture, from `x`, which the network takes pictures by.
Tensor pooled(const Features& features, const Tensor& x, const std::string& from) {
  Tensor y = features.model(x);
  const int rank = y.rank();
  if (rank == 4 && features.channels_first) y = Permute({2, 3, 1})(y);
  if (rank == 4) y = GlobalAveragePooling2D()(y);
  if (rank == 3) y = GlobalAveragePooling1D()(y);
  if (y.rank() != 2 || y.shape()[1] < 1)
    throw InvalidArgument("the features '" + printable(features.name) + "' of '" + from + "' have the shape " +
                          features.model.output_shape().str() +
                          "; expected (batch, features), (batch, places, features) or four axes of a picture");
  return y;
}

// All layers that a model holds, at any depth.
void for_each_layer(const Layer& layer, const std::function<void(Layer&)>& look) {
  if (const auto* model = dynamic_cast<const Model*>(&layer)) {
    for (const std::shared_ptr<Layer>& each : model->layers()) {
      look(*each);
      for_each_layer(*each, look);
    }
  }
  for (const auto& [member, each] : layer.sublayers()) {
    look(*each);
    for_each_layer(*each, look);
  }
}

// What is trained first and what it learns from, between build and start.
struct Parts {
  std::optional<Model> features, head;
};

constexpr int64_t kAtOnce = 32;
// Of few samples a step takes fewer, so that the head takes some steps in each epoch.
constexpr int64_t kLeastSteps = 16;

// The features of all samples; undefined where the flag said to stop.
Tensor features_of(Model& model, const Tensor& x, const RecipeStart& start, int64_t before, int64_t all) {
  std::vector<Tensor> parts;
  const int64_t count = x.shape()[0];
  for (int64_t first = 0; first < count; first += kAtOnce) {
    if (start.stop_flag && start.stop_flag->load()) return {};
    const int64_t end = std::min(first + kAtOnce, count);
    parts.push_back(model.predict_on_batch(slice(x, {first}, {end}).eval()));
    if (start.progress) start.progress("features", before + end, all);
  }
  return concatenate(parts, 0).eval();
}

bool train_head(Parts& parts, const TransferOptions& options, const Samples& training, const Samples& validation,
                const RecipeStart& start) {
  const int64_t learned = training.x.shape()[0], held = validation.x.defined() ? validation.x.shape()[0] : 0;
  const Tensor x = features_of(*parts.features, training.x, start, 0, learned + held);
  if (!x.defined()) return false;
  const Tensor other = held > 0 ? features_of(*parts.features, validation.x, start, learned, learned + held) : Tensor();
  if (held > 0 && !other.defined()) return false;
  EarlyStopping stopping({.monitor = held > 0 ? "val_loss" : "loss", .patience = options.head_epochs, .restore_best_weights = true});
  FitOptions fit{.epochs = options.head_epochs,
                 .batch_size = static_cast<int>(std::clamp<int64_t>(learned / kLeastSteps, 1, kAtOnce)),
                 .callbacks = start.callbacks,
                 .verbose = 0,
                 .seed = start.seed,
                 .stop_flag = start.stop_flag};
  fit.callbacks.push_back(&stopping);
  if (held > 0) fit.validation_data = Samples{other, validation.y};
  const History history = parts.head->fit(x, training.y, fit);
  if (history.interrupted) return false;
  if (start.say && stopping.best())
    start.say(fmt::format("The head alone: {} epochs on {} features; kept is epoch {}, {} {:.4f}.",
                          history.epochs().size(), x.shape()[1], stopping.best_epoch() + 1,
                          held > 0 ? "val_loss" : "loss", *stopping.best()));
  return true;
}

}  // namespace

bool takes_features(const Recipe& recipe) {
  const TargetKind target = recipe.needs.target;
  const bool classes = target == TargetKind::kYesNo || target == TargetKind::kClassNumbers || target == TargetKind::kClassRows;
  return classes && recipe.needs.inputs.size() == 1 && recipe.needs.inputs[0].shape.rank() == 4 &&
         recipe.needs.inputs[0].shape[3] == 3;
}

Recipe transfer_recipe(const Recipe& recipe, const TransferOptions& options) {
  if (!takes_features(recipe))
    throw InvalidArgument("the recipe '" + recipe.name +
                          "' does not tell classes of colour pictures apart, and cannot begin with another network's features");
  if (options.head_epochs < 1) throw InvalidArgument("head_epochs must be at least 1");
  const bool onnx = find_model_format(options.from).extension == ".onnx";
  auto features = std::make_shared<Features>(load_without_head(options.from, options.features));
  const Pictures pictures = pictures_of(features->model.input_shape(), options.from);
  const PictureScale scale = scale_for(*features, options, pictures, onnx);
  auto parts = std::make_shared<Parts>();

  Recipe result = recipe;
  result.epochs = 2;
  result.batch_size = 32;
  result.look = nullptr;
  result.needs.inputs = {{"", {-1, pictures.height, pictures.width, pictures.channels}}};
  result.validation = 0.1;
  result.patience = 2;
  result.build = [=, target = recipe.needs.target](const LabelledData& training, const RecipeRun& run) {
    const int64_t classes = detail::classes_of(training, "pictures");
    const bool binary = target == TargetKind::kYesNo;
    if (binary && classes != 2)
      throw InvalidArgument("the data have " + std::to_string(classes) + " classes; this recipe tells two apart");
    const Tensor input = Input({pictures.height, pictures.width, pictures.channels});
    Tensor x = scale.bgr ? flip(input, {-1}) : input;
    if (changes(scale)) x = Rescaling(per_channel(scale.scale), {.offset = per_channel(scale.offset)})(x);
    if (pictures.channels_first) x = Permute({3, 1, 2})(x);
    const Tensor row = pooled(*features, x, options.from);
    const Dropout dropout(0.2);
    const Dense dense(binary ? 1 : classes, {.activation = binary ? "sigmoid" : "softmax"});
    Model model({input}, {dense(dropout(row))}, {.seed = run.seed});
    features->model.set_trainable(true);
    for_each_layer(features->model, [](Layer& layer) {
      if (dynamic_cast<const BatchNormalization*>(&layer)) layer.set_trainable(false);
    });
    const std::string loss = binary ? "binary_crossentropy"
                             : target == TargetKind::kClassRows ? "categorical_crossentropy"
                                                                : "sparse_categorical_crossentropy";
    model.compile({.optimizer = Adam(options.learning_rate > 0 ? options.learning_rate : 1e-5),
                   .loss = loss,
                   .metrics = {"accuracy"}});
    model.set_data_info({.scale = PixelScale::kNone});
    parts->features.emplace(Model({input}, {row}));
    Sequential head({Input({row.shape()[1]}), dropout, dense});
    head.compile({.optimizer = Adam(1e-3), .loss = loss, .metrics = {"accuracy"}});
    parts->head.emplace(std::move(head));
    return model;
  };
  result.start = [=](Model&, const Samples& training, const Samples& validation, const RecipeStart& start) {
    if (start.say) {
      start.say(fmt::format("From {}: the features '{}', of pictures of {}x{}{}; {}.", options.from, printable(features->name),
                            pictures.height, pictures.width, scale.bgr ? ", blue first" : "",
                            options.normalize.empty() && features->scale ? "their scale is told by " + features->said_by
                                                                         : "scale: " + scale.name));
    }
    const bool whole = train_head(*parts, options, training, validation, start);
    *parts = {};
    return whole;
  };
  return result;
}

}  // namespace lamina
