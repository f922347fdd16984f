// Tests of writing TFLite files: what is written is read again and computes the same. That TensorFlow's
// interpreter runs it, too, is for tests/conformance/tflite.py.
#include "lamina/formats/tflite/tflite_export.h"

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <limits>

#include "lamina/base/error.h"
#include "lamina/base/files.h"
#include "lamina/formats/tflite/tflite.h"
#include "lamina/nn/layer.h"
#include "lamina/nn/layers/layers.h"
#include "lamina/nn/model.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/compare.h"
#include "lamina/ops/concatenate.h"
#include "lamina/ops/full.h"
#include "lamina/ops/matmul.h"
#include "lamina/ops/reshape.h"
#include "lamina/ops/slice.h"
#include "lamina/ops/softmax.h"
#include "lamina/ops/sort.h"
#include "lamina/ops/take.h"
#include "lamina/ops/transpose.h"
#include "lamina/ops/unary.h"
#include "lamina/ops/where.h"
#include "tests/support/golden.h"
#include "tests/support/temporary_folder.h"

namespace lamina::test {
namespace {

Tensor noise(const Shape& shape) {
  std::vector<float> values(static_cast<size_t>(shape.size()));
  for (size_t i = 0; i < values.size(); ++i) values[i] = std::sin(static_cast<float>(i) * 1.7F) * 1.5F;
  return Tensor::from(values, shape);
}

Model network() {
  return Sequential(
      {Input({8, 8, 2}), Conv2D(4, 3, {.strides = {2}, .padding = "same", .activation = "relu"}),
       BatchNormalization(), DepthwiseConv2D(3, {.activation = "relu6"}), GlobalAveragePooling2D(),
       Dense(5, {.activation = "tanh"}), Dense(3, {.activation = "softmax"})});
}

TEST(TfliteExport, WhatIsWrittenComputesTheSame) {
  const TemporaryFolder folder;
  Model model = network();
  model.save(folder / "model.tflite");
  Model again = load_tflite(folder / "model.tflite");
  EXPECT_EQ(again.input_names(), model.input_names());
  EXPECT_EQ(again.output_names(), model.output_names());
  EXPECT_EQ(again.input_shape(), (Shape{-1, 8, 8, 2}));
  const Tensor x = noise({5, 8, 8, 2});
  expect_close(again.predict(x), model.predict(x), "float");
}

TEST(TfliteExport, SequencesAreWrittenStepByStep) {
  const TemporaryFolder folder;
  Model model = Sequential({Input({6, 3}), LSTM(4, {.return_sequences = true}), GRU(3), Dense(2)});
  model.save(folder / "model.tflite");
  const Tensor x = noise({2, 6, 3});
  expect_close(load_tflite(folder / "model.tflite").predict(x), model.predict(x), "sequences", 1e-5);
}

TEST(TfliteExport, IntegersFollowSamples) {
  const TemporaryFolder folder;
  Model model = network();
  const Tensor x = noise({32, 8, 8, 2});
  export_tflite(model, folder / "int8.tflite", {.calibration = {{model.input_names()[0], x}}});
  Model integers = load_tflite(folder / "int8.tflite");
  EXPECT_EQ(integers.weights().size(), 0U);  // none of floats
  const std::vector<float> a = integers.predict(x).to_vector<float>(),
                           b = model.predict(x).to_vector<float>();
  float worst = 0;
  for (size_t i = 0; i < a.size(); ++i) worst = std::max(worst, std::fabs(a[i] - b[i]));
  EXPECT_LT(worst, 0.03F);
  EXPECT_GT(worst, 0);
}

TEST(TfliteExport, MasksOfAttentionLeaveTheScoresTheirSteps) {
  const TemporaryFolder folder;
  const Tensor x = Input({5, 4});
  for (const double masked : {-1e9, -static_cast<double>(std::numeric_limits<float>::infinity())}) {
    const Tensor scores = matmul(x, transpose(x, {0, 2, 1}));
    Model model(x, matmul(softmax(where(greater(scores, 0.2), scores, masked)), x));
    const Tensor samples = noise({32, 5, 4});
    export_tflite(model, folder / "masked.tflite", {.calibration = {{model.input_names()[0], samples}}});
    expect_close(load_tflite(folder / "masked.tflite").predict(samples), model.predict(samples), "masked", 0.05);
  }
}

TEST(TfliteExport, SamplesMustFitTheModel) {
  const TemporaryFolder folder;
  Model model = network();
  const std::string path = folder / "int8.tflite", input = model.input_names()[0];
  EXPECT_THROW(export_tflite(model, path, {.calibration = {{input, noise({4, 8, 8})}}}), InvalidArgument);
  EXPECT_THROW(export_tflite(model, path, {.calibration = {{"other", noise({4, 8, 8, 2})}}}),
               InvalidArgument);
  EXPECT_THROW(
      export_tflite(model, path, {.calibration = {{input, noise({4, 8, 8, 2}) * static_cast<double>(NAN)}}}),
      InvalidArgument);
}

TEST(TfliteExport, OpenExtentsStayOpen) {
  const TemporaryFolder folder;
  // Lists of extents are completed by the interpreter: a flattened picture, and a slice up to the end.
  const Tensor picture = Input({4, 4, 2});
  Model flat(picture, Dense(3)(slice(Flatten()(picture), {0, 1}, {std::numeric_limits<int64_t>::max(), 20})));
  flat.save(folder / "flat.tflite");
  Model again = load_tflite(folder / "flat.tflite");
  EXPECT_EQ(again.input_shape(), (Shape{-1, 4, 4, 2}));
  for (const int64_t batch : {1, 3, 8}) {
    const Tensor x = noise({batch, 4, 4, 2});
    expect_close(again.outputs_on_batch(x)[0], flat.predict(x), "flat");
  }
  // A length, too.
  Model series = Sequential({Input({-1, 3}), Conv1D(4, 3), Dense(2), GlobalAveragePooling1D()});
  series.save(folder / "series.tflite");
  Model read = load_tflite(folder / "series.tflite");
  EXPECT_EQ(read.input_shape(), (Shape{-1, -1, 3}));
  for (const Shape& shape : {Shape{1, 5, 3}, Shape{4, 9, 3}, Shape{2, 64, 3}})
    expect_close(read.outputs_on_batch(noise(shape))[0], series.predict(noise(shape)), "series", 1e-5);
}

TEST(TfliteExport, WhatCannotStayOpenMustBeSaid) {
  const TemporaryFolder folder;
  Model model = Sequential({Input({-1, 3}), LSTM(2)});
  const std::string message = message_of<InvalidArgument>([&] { model.save(folder / "open.tflite"); });
  EXPECT_NE(message.find("has the shape (None, None, 3), which cannot stay open in a TFLite file: how many operators there are "
                         "follows from them; say which extents it has"),
            std::string::npos)
      << message;
  EXPECT_FALSE(std::filesystem::exists(folder / "open.tflite"));
  EXPECT_THROW(export_tflite(model, folder / "open.tflite", {.batch = 0}), InvalidArgument);
  EXPECT_THROW(export_tflite(model, folder / "open.tflite", {.shapes = {{"none", {1, 4, 3}}}}),
               InvalidArgument);
  // Numbers that are asked for stay.
  export_tflite(model, folder / "fixed.tflite",
                {.batch = 2, .shapes = {{model.input_names()[0], {-1, 4, 3}}}});
  EXPECT_EQ(load_tflite(folder / "fixed.tflite").input_shape(), (Shape{2, 4, 3}));
  // A batch that cannot stay open is one sample.
  const Tensor x = Input({6});
  Model first(x, slice(x, {0}, {1}));
  export_tflite(first, folder / "first.tflite");
  EXPECT_EQ(load_tflite(folder / "first.tflite").input_shape(), (Shape{1, 6}));
}

TEST(TfliteExport, ShapesMustFitTheModel) {
  const TemporaryFolder folder;
  Model model = network();
  for (const Shape& shape : {Shape{1, 8, 8}, Shape{1, 8, 8, 3}, Shape{0, 8, 8, 2}})
    EXPECT_THROW(export_tflite(model, folder / "m.tflite", {.shapes = {{model.input_names()[0], shape}}}), InvalidArgument);
  export_tflite(model, folder / "m.tflite", {.shapes = {{model.input_names()[0], {3, -1, -1, 2}}}});
  EXPECT_EQ(load_tflite(folder / "m.tflite").input_shape(), (Shape{3, 8, 8, 2}));
}

TEST(TfliteExport, IndicesFromTheEndAreCountedFromTheFront) {  // GATHER takes no others
  const TemporaryFolder folder;
  const Tensor x = Input({4}), places = Input({3}, {.dtype = DType::kInt32});
  Model model(Tensors{x, places}, Tensors{take(x, Tensor::from(std::vector<int32_t>{-1, 0, 2}, {3}), 1), take(x, places, 1)});
  model.save(folder / "take.tflite");
  const Tensor values = Tensor::from(std::vector<float>{1, 2, 3, 4}, {1, 4});
  const Tensors taken = load_tflite(folder / "take.tflite")
                            .outputs_on_batch({values, Tensor::from(std::vector<int32_t>{-4, 3, -2}, {1, 3})});
  EXPECT_EQ(taken[0].to_vector<float>(), (std::vector<float>{4, 1, 3}));
  EXPECT_EQ(taken[1].to_vector<float>(), (std::vector<float>{1, 4, 3}));
  const std::string bytes = read_file(folder / "take.tflite");
  const std::vector<int32_t> front = {3, 0, 2};
  EXPECT_NE(bytes.find(std::string(reinterpret_cast<const char*>(front.data()), 12)), std::string::npos);
}

TEST(TfliteExport, SlicesOfManyAxesAreSlicesOfFew) {
  const TemporaryFolder folder;
  const Tensor x = Input({2, 3, 2, 4, 2});
  Model model(x, Tensors{slice(x, {0, 0, 1}, {1, 2, 3}), slice(x, {0, 0, 0, 0, 0}, {1, 2, 3, 2, 4}, {1, 1, 1, 1, 2})});
  model.save(folder / "slices.tflite");
  const Tensor values = noise({1, 2, 3, 2, 4, 2});
  const Tensors given = load_tflite(folder / "slices.tflite").outputs_on_batch({values}), own = model.outputs_on_batch({values});
  for (size_t i = 0; i < own.size(); ++i) EXPECT_EQ(given[i].to_vector<float>(), own[i].to_vector<float>());
  Model corners(x, slice(x, {0, 1, 1, 1, 1, 1}, {1, 2, 3, 2, 4, 2}));
  EXPECT_THROW(corners.save(folder / "corners.tflite"), Unsupported);
}

TEST(TfliteExport, NumbersThatAreNotFiniteAreSeen) {
  const TemporaryFolder folder;
  const Tensor x = Input({5});
  Model model(x, cast(isfinite(x), DType::kFloat32));
  model.save(folder / "finite.tflite");
  constexpr float kInf = std::numeric_limits<float>::infinity();
  const Tensor values = Tensor::from(std::vector<float>{0, kInf, -kInf, NAN, 3e38F}, {1, 5});
  EXPECT_EQ(load_tflite(folder / "finite.tflite").predict(values).to_vector<float>(), (std::vector<float>{1, 0, 0, 0, 1}));
}

/// x, and behind it places and twos that nobody gave.
class Places final : public LayerOf<Places> {
 public:
  std::string class_name() const override { return "Places"; }
  bool checks_by_running() const override { return true; }
  Shape compute_output_shape(const Shape& input) const override { return {input[0], 3 * input[1]}; }
  Tensor call(const Tensor& x, CallContext&) const override {
    const Tensor places = reshape(cast(arange(x.shape()[1]), DType::kFloat32), {1, x.shape()[1]});
    return concatenate({x, x + places, full({1, x.shape()[1]}, 2.5)}, 1);
  }
};

TEST(TfliteExport, ManyElementsOfNothingAreMadeThere) {
  const TemporaryFolder folder;
  Model model = Sequential({Input({5000}), Places()});
  model.save(folder / "made.tflite");
  EXPECT_LT(read_file(folder / "made.tflite").size(), 5000U);
  const Tensor values = noise({1, 5000});
  EXPECT_EQ(load_tflite(folder / "made.tflite").predict(values).to_vector<float>(), model.predict(values).to_vector<float>());
}

TEST(TfliteExport, OpsWithoutCounterpartAreNamed) {
  const TemporaryFolder folder;
  const Tensor x = Input({4});
  Model model(x, sort(x));
  try {
    model.save(folder / "sorted.tflite");
    FAIL();
  } catch (const Unsupported& error) {
    EXPECT_NE(std::string(error.what()).find("op 'sort'"), std::string::npos) << error.what();
  }
}

}  // namespace
}  // namespace lamina::test
