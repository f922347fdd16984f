// The defaults of every class are Keras's, and no class goes without reference values.
#include <gtest/gtest.h>

#include <set>

#include "lamina/base/error.h"
#include "lamina/nn/layers/layers.h"
#include "lamina/nn/losses/circle.h"
#include "lamina/nn/losses/crossentropy.h"
#include "lamina/nn/losses/ctc.h"
#include "lamina/nn/losses/focal.h"
#include "lamina/nn/losses/overlap.h"
#include "lamina/nn/losses/regression.h"
#include "lamina/nn/metrics/accuracy.h"
#include "lamina/nn/metrics/error.h"
#include "lamina/nn/optimizers/adadelta.h"
#include "lamina/nn/optimizers/adafactor.h"
#include "lamina/nn/optimizers/adagrad.h"
#include "lamina/nn/optimizers/adam.h"
#include "lamina/nn/optimizers/adamax.h"
#include "lamina/nn/optimizers/ftrl.h"
#include "lamina/nn/optimizers/lamb.h"
#include "lamina/nn/optimizers/lion.h"
#include "lamina/nn/optimizers/loss_scale_optimizer.h"
#include "lamina/nn/optimizers/muon.h"
#include "lamina/nn/optimizers/nadam.h"
#include "lamina/nn/optimizers/rmsprop.h"
#include "lamina/nn/optimizers/schedule_free_adamw.h"
#include "lamina/nn/optimizers/sgd.h"
#include "lamina/zoo/transformers/pretrained_model.h"
#include "tests/support/golden.h"

namespace lamina {
namespace {

using test::Golden;

// In each of these cases Keras was given no more than what is given here.

void expect_layer(const char* name, const Layer& layer) {
  const Json expected = Golden(std::string("nn/layers/") + name).json("config").at("config");
  test::expect_same_config(layer.config(), expected, name);
}

TEST(DefaultsGolden, OfLayersAreKeras) {
  expect_layer("dense", Dense(5, {.name = "dense"}));
  expect_layer("conv2d", Conv2D(4, 3, {.name = "conv2d"}));
  expect_layer("max_pooling2d", MaxPooling2D({2, 2}, {.name = "max_pooling2d"}));
  expect_layer("average_pooling2d", AveragePooling2D({2, 2}, {.name = "average_pooling2d"}));
  expect_layer("global_average_pooling2d", GlobalAveragePooling2D({.name = "global_average_pooling2d"}));
  expect_layer("flatten", Flatten({.name = "flatten"}));
  expect_layer("reshape", Reshape({6, 2}, {.name = "reshape"}));
  expect_layer("activation_relu", Activation("relu", {.name = "activation_relu"}));
  expect_layer("relu", ReLU({.name = "relu"}));
  expect_layer("softmax", Softmax({.name = "softmax"}));
  expect_layer("dropout_zero", Dropout(0.0, {.name = "dropout_zero"}));
  expect_layer("rescaling", Rescaling(1.0 / 255, {.name = "rescaling"}));
  expect_layer("batch_normalization", BatchNormalization({.name = "batch_normalization"}));
  EXPECT_EQ(MaxPooling2D().config().at("pool_size"), MaxPooling2D({2, 2}).config().at("pool_size"));
  EXPECT_EQ(AveragePooling2D().config().at("strides"), AveragePooling2D({2, 2}).config().at("strides"));
}

template <class Object>
void expect_object(const std::string& folder, const char* name, const Object& object) {
  test::expect_same_config(object.serialize(), Golden("nn/" + folder + "/" + name).json("config"), name);
}

TEST(DefaultsGolden, OfLossesAreKeras) {
  expect_object("losses", "categorical_crossentropy", CategoricalCrossentropy());
  expect_object("losses", "sparse_categorical_crossentropy", SparseCategoricalCrossentropy());
  expect_object("losses", "binary_crossentropy", BinaryCrossentropy());
  expect_object("losses", "mean_squared_error", MeanSquaredError());
  expect_object("losses", "mean_absolute_error", MeanAbsoluteError());
  expect_object("losses", "huber", Huber());
  expect_object("losses", "cosine_similarity", CosineSimilarity());
  expect_object("losses", "dice", Dice());
  expect_object("losses", "circle", Circle());
  expect_object("losses", "ctc", CTC());
  expect_object("losses", "categorical_focal_crossentropy", CategoricalFocalCrossentropy());
  expect_object("losses", "binary_focal_crossentropy", BinaryFocalCrossentropy());
}

TEST(DefaultsGolden, OfMetricsAreKeras) {
  expect_object("metrics", "accuracy", metrics::Accuracy());
  expect_object("metrics", "binary_accuracy", metrics::BinaryAccuracy());
  expect_object("metrics", "categorical_accuracy", metrics::CategoricalAccuracy());
  expect_object("metrics", "sparse_categorical_accuracy", metrics::SparseCategoricalAccuracy());
  expect_object("metrics", "mean_squared_error", metrics::MeanSquaredError());
  expect_object("metrics", "mean_absolute_error", metrics::MeanAbsoluteError());
  expect_object("metrics", "root_mean_squared_error", metrics::RootMeanSquaredError());
  expect_object("metrics", "categorical_crossentropy", metrics::CategoricalCrossentropy());
  expect_object("metrics", "sparse_categorical_crossentropy", metrics::SparseCategoricalCrossentropy());
  expect_object("metrics", "binary_crossentropy", metrics::BinaryCrossentropy());
}

TEST(DefaultsGolden, OfOptimizersAreKeras) {
  expect_object("optimizers", "sgd", SGD());
  expect_object("optimizers", "adam", Adam());
  expect_object("optimizers", "rmsprop", RMSprop());
  expect_object("optimizers", "adamw", AdamW(0.01));
  expect_object("optimizers", "adagrad", Adagrad());
  expect_object("optimizers", "adadelta", Adadelta());
  expect_object("optimizers", "adamax", Adamax());
  expect_object("optimizers", "nadam", Nadam());
  expect_object("optimizers", "ftrl", Ftrl());
  expect_object("optimizers", "lion", Lion());
  expect_object("optimizers", "lamb", Lamb());
  expect_object("optimizers", "adafactor", Adafactor());
  expect_object("optimizers", "muon", Muon());
  expect_object("optimizers", "schedule_free", ScheduleFreeAdamW());
  expect_object("optimizers", "loss_scale", LossScaleOptimizer(Adam(0.01)));
}

// The class of an object, and of those inside: a cell counts where a layer over it does.
void add_classes(const Json& json, std::set<std::string>& classes) {
  if (json.is_list()) {
    for (const Json& element : json.as_list()) add_classes(element, classes);
  } else if (json.is_object()) {
    const Json* name = json.find("class_name");
    if (name && name->is_string()) classes.insert(name->as_string());
    for (const auto& [key, value] : json.as_object()) add_classes(value, classes);
  }
}

// Class names that the golden files of a folder hold.
std::set<std::string> covered(const std::string& folder) {
  std::set<std::string> classes;
  for (const std::string& name : test::golden_cases("nn/" + folder))
    add_classes(Golden("nn/" + folder + "/" + name).json("config"), classes);
  return classes;
}

template <class Base>
void expect_all_covered(const std::string& folder, const std::set<std::string>& exceptions = {}) {
  const std::set<std::string> classes = covered(folder);
  for (const std::string& name : Registry<Base>::names()) {
    std::string class_name = name;
    try {
      class_name = Registry<Base>::make(name)->class_name();
    } catch (const Error&) {
      // It needs arguments, and is called by this name alone.
    }
    EXPECT_TRUE(classes.contains(class_name) || exceptions.contains(class_name)) << class_name;
  }
}

TEST(DefaultsGolden, EveryClassHasReferenceValues) {
  // tests/vision/detection_loss_test.cpp, tests/nn/arcface_test.cpp
  expect_all_covered<Loss>("losses", {"DetectionLoss", "ArcFace"});
  expect_all_covered<Metric>("metrics", {"Mean", "Sum"});  // take values where the others take two tensors
  expect_all_covered<Optimizer>("optimizers");
  std::set<std::string> layers = covered("layers");
  layers.merge(covered("layers_multi"));
  layers.merge(covered("augmentations"));
  layers.merge(covered("random_augmentations"));
  // One of subclass_test.cpp, an operation of files, and what ONNX files become (tests/formats/onnx).
  layers.merge(std::set<std::string>{"InputLayer", "OnnxGraph", "Residual", "Split"});
  // Layers of categories have no gradients to compare (tests/formats/keras_preprocessing_test.cpp).
  layers.merge(std::set<std::string>{"CategoryEncoding", "Discretization", "HashedCrossing", "Hashing",
                                     "IntegerLookup"});
  // Of networks of Keras's applications (tests/zoo/applications_test.cpp, scripts/conformance).
  layers.merge(std::set<std::string>{"CustomScaleLayer", "LayerScale", "StochasticDepth"});
  layers.insert("GroupedQueryAttention");  // GroupQueryAttention, as .h5 files call it
  // Language models have tests of their own (tests/zoo/transformers).
  for (const std::string& name : architecture_names()) layers.insert(name);
  for (const std::string& name : Registry<Layer>::names()) EXPECT_TRUE(layers.contains(name)) << name;
}

}  // namespace
}  // namespace lamina
