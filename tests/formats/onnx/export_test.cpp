// Tests of models written as ONNX: read back they give the same, for every batch and length, and can be trained.
#include "lamina/formats/onnx/onnx_export.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <limits>

#include "lamina/base/error.h"
#include "lamina/base/files.h"
#include "lamina/formats/onnx/export/writers.h"
#include "lamina/formats/onnx/onnx.h"
#include "lamina/lamina.h"
#include "tests/support/temporary_folder.h"

namespace lamina::test {
namespace {

Tensor numbers(const Shape& shape, double step = 0.37) {
  std::vector<float> values(static_cast<size_t>(shape.size()));
  for (size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(std::sin(step * static_cast<double>(i) + 0.1));
  return Tensor::from(values, shape);
}

Tensor words(const Shape& shape, int64_t vocabulary) {
  std::vector<int32_t> values(static_cast<size_t>(shape.size()));
  for (size_t i = 0; i < values.size(); ++i) {
    const bool behind = static_cast<int64_t>(i) % shape[1] > shape[1] / 2 && (static_cast<int64_t>(i) / shape[1]) % 2 == 1;
    values[i] = behind ? 0 : static_cast<int32_t>(1 + static_cast<int64_t>(i * 7) % (vocabulary - 1));
  }
  return Tensor::from(values, shape);
}

/// Weights that are not what initializers gave: zeros hide mistakes.
void shake(Model& model) {
  double step = 0.2;
  for (const WeightPtr& weight : model.weights()) {
    const Tensor moved = numbers(weight->type.shape, step += 0.05);
    weight->assign(weight->name == "moving_variance" ? abs(moved) + 0.2 : moved * 0.5);
  }
}

Model written_and_read(const Model& model, const OnnxOptions& options = {}) {
  const TemporaryFolder folder;
  export_onnx(model, folder / "model.onnx", options);
  return load_model(folder / "model.onnx");
}

void expect_same(const Tensor& a, const Tensor& b, double tolerance = 2e-5) {
  ASSERT_EQ(a.shape(), b.shape());
  ASSERT_EQ(a.dtype(), b.dtype());
  const std::vector<double> x = a.to_vector<double>(), y = b.to_vector<double>();
  double largest = 1;
  for (const double value : x) largest = std::max(largest, std::abs(value));
  for (size_t i = 0; i < x.size(); ++i) ASSERT_NEAR(x[i], y[i], tolerance * largest) << "element " << i;
}

void expect_same(Model& model, const std::vector<Tensor>& batches, const OnnxOptions& options = {}) {
  Model again = written_and_read(model, options);
  EXPECT_EQ(again.input_names(), model.input_names());
  EXPECT_EQ(again.output_names(), model.output_names());
  for (const Tensor& x : batches) expect_same(model.predict(x), again.predict(x));
}

std::string refusal(const Model& model, const OnnxOptions& options = {}) {
  const TemporaryFolder folder;
  std::string said;
  try {
    export_onnx(model, folder / "model.onnx", options);
  } catch (const Error& error) {
    said = error.what();
  }
  EXPECT_FALSE(std::filesystem::exists(folder / "model.onnx"));
  return said;
}

Sequential convolutions() {
  Sequential model({Input({12, 10, 3}), Conv2D(4, {3, 3}, {.padding = "same", .activation = "relu"}), BatchNormalization(),
                    MaxPooling2D(), DepthwiseConv2D({3, 3}), GlobalAveragePooling2D(), Dense(5, {.activation = "softmax"})});
  shake(model);
  return model;
}

TEST(OnnxExport, ConvolutionsForAnyBatch) {
  Model model = convolutions();
  expect_same(model, {numbers({1, 12, 10, 3}), numbers({4, 12, 10, 3})});
}

TEST(OnnxExport, EveryOperatorSet) {
  Model model = convolutions();
  for (int opset = 13; opset <= 25; ++opset) expect_same(model, {numbers({2, 12, 10, 3})}, {.opset = opset});
}

TEST(OnnxExport, ImagesOfAnySize) {
  Sequential model({Input({-1, -1, 2}), Conv2D(3, {3, 3}, {.strides = {2, 2}, .padding = "same"}), ReLU(),
                    UpSampling2D({2, 2}), GlobalMaxPooling2D(), Dense(2)});
  shake(model);
  expect_same(model, {numbers({1, 9, 7, 2}), numbers({3, 20, 31, 2})});
}

TEST(OnnxExport, RecurrentLayersWithMasksForAnyLength) {
  for (const bool masked : {false, true}) {
    for (int kind = 0; kind < 3; ++kind) {
      Tensor ids = Input({-1}, {.dtype = DType::kInt32, .name = "ids"});
      Tensor x = Embedding(9, 4, {.mask_zero = masked})(ids);
      if (kind == 0) x = Bidirectional(LSTM(3, {.return_sequences = true}))(x);
      if (kind == 1) x = GRU(3, {.return_sequences = true, .go_backwards = true})(x);
      if (kind == 2) x = SimpleRNN(3, {.return_sequences = true})(x);
      Model model(ids, Dense(2)(LSTM(3)(x)));
      shake(model);
      expect_same(model, {words({1, 4}, 9), words({5, 11}, 9)});
    }
  }
}

TEST(OnnxExport, LayersOfOnnxTakeTheWeightsOfOurs) {
  Sequential model({Input({-1, 2}), LSTM(3), Dense(1)});
  shake(model);
  Model again = written_and_read(model);
  const std::vector<std::string> names = again.weight_names();
  for (const char* name : {"onnx_graph/sequential/lstm/lstm_cell/kernel", "onnx_graph/sequential/lstm/lstm_cell/recurrent_kernel",
                           "onnx_graph/sequential/dense/kernel"})
    EXPECT_EQ(std::count(names.begin(), names.end(), name), 1) << name << " of " << names[0];
}

TEST(OnnxExport, AttentionWithMasksForAnyLength) {
  Tensor ids = Input({-1}, {.dtype = DType::kInt32, .name = "ids"});
  const Tensor x = Embedding(9, 6, {.mask_zero = true})(ids);
  const Tensor y = LayerNormalization()(add(x, MultiHeadAttention(2, 3)(Tensors({x, x}))));
  Model model(ids, Dense(2)(GlobalAveragePooling1D()(y)));
  shake(model);
  expect_same(model, {words({1, 5}, 9), words({3, 13}, 9)});
}

TEST(OnnxExport, SeveralInputsAndOutputsSharedLayersAndModelsInside) {
  Tensor left = Input({4}, {.name = "left"}), right = Input({4}, {.name = "right"});
  Sequential encoder({Input({4}), Dense(3, {.activation = "tanh"}), Dense(3)});
  const Tensor a = encoder(left), b = encoder(right);
  Model model(Tensors({left, right}), Tensors({Dense(1, {.name = "far"})(abs(a - b)), Dense(2, {.name = "sum"})(a + b)}));
  shake(model);
  Model again = written_and_read(model);
  EXPECT_EQ(again.input_names(), (std::vector<std::string>{"left", "right"}));
  EXPECT_EQ(again.output_names(), (std::vector<std::string>{"far", "sum"}));
  const Tensors x{{"left", numbers({3, 4})}, {"right", numbers({3, 4}, 0.7)}};
  const Tensors first = model.outputs_on_batch(x), second = again.outputs_on_batch(x);
  for (size_t i = 0; i < 2; ++i) expect_same(first[i], second[i]);
}

TEST(OnnxExport, IsTrainedAgain) {
  Model again = written_and_read(convolutions());
  again.compile({.optimizer = "sgd", .loss = "sparse_categorical_crossentropy"});
  const Tensor x = numbers({8, 12, 10, 3}), y = Tensor::from<int32_t>({0, 1, 2, 3, 4, 0, 1, 2});
  const double before = again.evaluate(x, y, {.verbose = 0})["loss"];
  again.fit(x, y, {.epochs = 20, .verbose = 0});
  EXPECT_LT(again.evaluate(x, y, {.verbose = 0})["loss"], before);
}

TEST(OnnxExport, KeepsWhatTheModelKnowsOfItsData) {
  Sequential model({Input({2}), Dense(2)});
  model.set_data_info({.class_names = {"cat", "dog"}});
  EXPECT_EQ(written_and_read(model).data_info().class_names, (std::vector<std::string>{"cat", "dog"}));
}

TEST(OnnxExport, LargeWeightsLieInAFileBeside) {
  Sequential model({Input({40}), Dense(30), Dense(2)});
  shake(model);
  const TemporaryFolder folder;
  export_onnx(model, folder / "model.onnx", {.weights_beside = 1000});
  EXPECT_EQ(std::filesystem::file_size(folder / "model.onnx.data"), 40U * 30U * sizeof(float));
  const Tensor x = numbers({3, 40});
  const std::vector<float> expected = model.predict(x).to_vector<float>();
  EXPECT_EQ(load_model(folder / "model.onnx").predict(x).to_vector<float>(), expected);
  // The weights of a model that is replaced stay until the new one is there: their files take turns.
  shake(model);
  for (const bool first : {false, true, false}) {
    export_onnx(model, folder / "model.onnx", {.weights_beside = 1000});
    EXPECT_EQ(std::filesystem::exists(folder / "model.onnx.data"), first);
    EXPECT_EQ(std::filesystem::exists(folder / "model.onnx.1.data"), !first);
    expect_same(model.predict(x), load_model(folder / "model.onnx").predict(x));
  }
  // Nothing is left over of a file that cannot be written.
  std::filesystem::create_directory(folder / "folder.onnx");
  EXPECT_THROW(export_onnx(model, folder / "folder.onnx", {.weights_beside = 1000}), FileError);
  EXPECT_FALSE(std::filesystem::exists(folder / "folder.onnx.data"));
}

TEST(OnnxExport, SaveWritesItByTheExtension) {
  Sequential model({Input({3}), Dense(2)});
  const TemporaryFolder folder;
  model.save(folder / "model.onnx");
  const Tensor x = numbers({2, 3});
  expect_same(model.predict(x), load_model(folder / "model.onnx").predict(x));
}

TEST(OnnxExport, FixedShapesAreWrittenWhereTheyAreAskedFor) {
  Sequential model({Input({-1, 3}, {.name = "line"}), LSTM(2)});
  shake(model);
  Model again = written_and_read(model, {.shapes = {{"line", {-1, 7, 3}}}});
  EXPECT_EQ(again.input_shape(), (Shape{-1, 7, 3}));
  const Tensor x = numbers({2, 7, 3});
  expect_same(model.predict(x), again.predict(x));
}

TEST(OnnxExport, AModelThatWasReadIsWrittenAgain) {
  Model model = convolutions();
  Model again = written_and_read(written_and_read(model));
  const Tensor x = numbers({2, 12, 10, 3});
  expect_same(model.predict(x), again.predict(x));
}

TEST(OnnxExport, BitsMoveByAnyNumberOfPlaces) {  // 2^63 is no int64
  const TemporaryFolder folder;
  constexpr int64_t kLow = -(int64_t{1} << 62), kMost = std::numeric_limits<int64_t>::max();
  const Tensor x = Input({7}, {.dtype = DType::kInt64});
  std::vector<Tensor> moved;
  for (const int64_t places : {0, 1, 31, 32, 61, 62, 63, 64, -1}) {
    moved.push_back(right_shift(x, Tensor::from(std::vector<int64_t>{places}, {1})));
    moved.push_back(left_shift(x, Tensor::from(std::vector<int64_t>{places}, {1})));
  }
  Model model(x, Tensors(moved));
  model.save(folder / "shifts.onnx");
  const Tensor values = Tensor::from(std::vector<int64_t>{5, -5, 0, 1, -1, kLow, kMost}, {1, 7});
  const Tensors given = load_model(folder / "shifts.onnx").outputs_on_batch({values}), own = model.outputs_on_batch({values});
  for (size_t i = 0; i < own.size(); ++i) EXPECT_EQ(given[i].to_vector<int64_t>(), own[i].to_vector<int64_t>()) << i;
  EXPECT_EQ(own[12].to_vector<int64_t>(), (std::vector<int64_t>{0, -1, 0, 0, -1, -1, 0}));
}

TEST(OnnxExport, RefusesWhatItIsAskedInVain) {
  Sequential model({Input({-1, 3}, {.name = "line"}), LSTM(2)});
  EXPECT_NE(refusal(model, {.opset = 12}).find("13 to 25"), std::string::npos);
  EXPECT_NE(refusal(model, {.opset = 26}).find("13 to 25"), std::string::npos);
  EXPECT_NE(refusal(model, {.shapes = {{"lines", {1, 7, 3}}}}).find("did you mean 'line'"), std::string::npos);
  EXPECT_NE(refusal(model, {.shapes = {{"line", {1, 7, 4}}}}).find("does not fit"), std::string::npos);
  EXPECT_NE(refusal(model, {.shapes = {{"line", {7, 3}}}}).find("does not fit"), std::string::npos);
  EXPECT_NE(refusal(model, {.shapes = {{"line", {0, 7, 3}}}}).find("does not fit"), std::string::npos);
  EXPECT_NE(refusal(Sequential({Dense(2)})).find("is not built"), std::string::npos);
  EXPECT_THROW(export_onnx(model, "/no/such/folder/model.onnx"), FileError);
}

TEST(OnnxExport, NamesAxesThatHaveOneExtent) {
  const auto input = [](const char* name) { return Input({-1, 2}, {.name = name}); };
  const Tensor a = input("a"), b = input("b"), c = input("c");
  Model model({a, b, c}, {sum(a + b, 1), mean(c, 1)});
  const std::vector<std::pair<std::string, std::vector<std::string>>> axes{
      {"a", {"rows", "words", "width"}}, {"b", {"rows", "words", "width"}}, {"c", {"rows", "other", "width"}}};
  Model again = written_and_read(model, {.axes = axes});
  // "c" is as long as it likes.
  const Tensors x{numbers({2, 5, 2}), numbers({2, 5, 2}, 0.2), numbers({2, 9, 2})};
  const Tensors expected = model.predict_outputs(x), got = again.outputs_on_batch(x);
  for (size_t i = 0; i < 2; ++i) expect_same(expected[i], got[i]);
  const auto refused = [&](const std::string& name, std::vector<std::string> names) {
    return refusal(model, {.axes = {{"a", {"rows", "words", "width"}}, {name, std::move(names)}}});
  };
  EXPECT_NE(refused("d", {"rows", "words", "width"}).find("which the model does not have"), std::string::npos);
  EXPECT_NE(refused("b", {"rows", "words"}).find("with 3 axes"), std::string::npos);
  EXPECT_NE(refused("b", {"rows", "", "width"}).find("each needs a name"), std::string::npos);
  EXPECT_NE(refused("b", {"lines", "words", "width"}).find("the first axis of all inputs is the batch"), std::string::npos);
  EXPECT_NE(refused("b", {"rows", "rows", "width"}).find("the first axis of all inputs is the batch"), std::string::npos);
}

TEST(OnnxExport, RefusesStatesThatCallsChange) {
  Sequential model({Input({4, 3}, {.batch_size = 2}), LSTM(2, {.stateful = true})});
  EXPECT_NE(refusal(model).find("stateful"), std::string::npos);
}

/// What a test gives it as its call.
class Computed final : public LayerOf<Computed> {
 public:
  using Function = Tensor (*)(const Tensor& x);
  explicit Computed(Function function) : function_(function) {}
  std::string class_name() const override { return "Computed"; }
  bool checks_by_running() const override { return true; }
  Shape compute_output_shape(const Shape& input) const override { return input; }
  Tensor call(const Tensor& x, CallContext&) const override { return function_(x); }

 private:
  Function function_;
};

Sequential computed(const Shape& shape, Computed::Function function) {
  return Sequential({Input(shape, {.name = "x"}), Computed(function)});
}

TEST(OnnxExport, ExtentsWithinALayerOfYoursStayOpen) {
  const std::vector<Computed::Function> functions{
      [](const Tensor& x) { return x * static_cast<double>(x.shape()[1]); },
      [](const Tensor& x) { return x / static_cast<double>(x.shape()[1] * x.shape()[0]); },
      [](const Tensor& x) { return x + reshape(cast(arange(x.shape()[1]), x.dtype()), {x.shape()[1], 1}); },
      [](const Tensor& x) { return broadcast_to(index(x, {Slice{}, Slice{-1}}), x.shape()); },
      [](const Tensor& x) { return x - index(flip(x, {1}), {Slice{}, Slice{Slice::kNone, 2}, Slice{}}) * 0.0 + x; },
      [](const Tensor& x) { return reshape(reshape(x, {x.shape()[0] * x.shape()[1], x.shape()[2]}), x.shape()); },
      [](const Tensor& x) { return reshape(pad(x, {{0, 0}, {x.shape()[1], 0}, {0, 0}}), {x.shape()[0], x.shape()[1], 2 * x.shape()[2]}); },
      [](const Tensor& x) { return where(greater(x, 0.0), x, zeros(x.shape())); },
  };
  for (size_t i = 0; i < functions.size(); ++i) {
    if (i == 4) continue;  // broadcasts only for two steps
    SCOPED_TRACE(i);
    const TemporaryFolder folder;
    Model model = computed({-1, 4}, functions[i]);
    export_onnx(model, folder / "model.onnx");
    Model again = load_model(folder / "model.onnx");
    for (const Tensor& x : {numbers({1, 5, 4}), numbers({6, 12, 4})}) expect_same(model(x), again.predict(x));
  }
}

TEST(OnnxExport, RefusesExtentsThatWouldBeBakedIn) {
  // A bound of a slice that most lengths do not reach, a root, a number of steps, and elements made outside.
  EXPECT_NE(refusal(computed({-1, 4}, [](const Tensor& x) {
              const int64_t most = std::min<int64_t>(x.shape()[1], 100);
              return x * static_cast<double>(most);
            })).find("fixed shapes"),
            std::string::npos);
  EXPECT_NE(refusal(computed({-1, 4}, [](const Tensor& x) { return x * std::sqrt(static_cast<double>(x.shape()[1])); }))
                .find("fixed shapes"),
            std::string::npos);
  EXPECT_NE(refusal(computed({-1, 4}, [](const Tensor& x) {
              Tensor y = x;
              for (int64_t i = 0; i < x.shape()[1] % 5; ++i) y = tanh(y);
              return y;
            })).find("fixed shapes"),
            std::string::npos);
  EXPECT_NE(refusal(computed({-1, 4}, [](const Tensor& x) {
              std::vector<float> places(static_cast<size_t>(x.shape()[1]));
              for (size_t i = 0; i < places.size(); ++i) places[i] = std::sin(static_cast<float>(i));
              return x + Tensor::from(places, {x.shape()[1], 1});
            })).find("fixed shapes"),
            std::string::npos);
}

TEST(OnnxExport, ControlFlowIsKept) {
  const std::vector<Computed::Function> functions{
      [](const Tensor& x) { return cond(greater(sum(x), 0.0), [](const std::vector<Tensor>& v) { return std::vector{v[0] * 2.0}; },
                                        [](const std::vector<Tensor>& v) { return std::vector{-v[0]}; }, {x})[0]; },
      [](const Tensor& x) {
        return while_loop([](const std::vector<Tensor>& v) { return less(max(v[0]), 40.0); },
                          [](const std::vector<Tensor>& v) { return std::vector{v[0] * 1.5 + 0.5}; }, {x})[0];
      },
      [](const Tensor& x) {
        const ScanFunction step = [](const std::vector<Tensor>& carry, const std::vector<Tensor>& now) {
          return ScanResult{{carry[0] * 0.5 + now[0]}, {carry[0]}};
        };
        return transpose(scan(step, {zeros({x.shape()[0], x.shape()[2]})}, {transpose(x, {1, 0, 2})}, {.reverse = true}).ys[0], {1, 0, 2});
      }};
  for (size_t i = 0; i < functions.size(); ++i) {
    SCOPED_TRACE(i);
    const TemporaryFolder folder;
    Model model = computed({-1, 4}, functions[i]);
    export_onnx(model, folder / "model.onnx");
    Model again = load_model(folder / "model.onnx");
    for (const Tensor& x : {numbers({1, 5, 4}), numbers({3, 9, 4}, 0.9), numbers({3, 9, 4}) - 0.5}) expect_same(model(x), again.predict(x));
  }
}

TEST(OnnxExport, SaysAllThatCannotBeWritten) {
  const std::string said = refusal(computed({4}, [](const Tensor& x) { 
    return polygamma(1, abs(x) + 1.0) + cast(gcd(cast(x * 10.0, DType::kInt32), cast(x * 6.0, DType::kInt32)), x.dtype());
  }));
  EXPECT_NE(said.find("'polygamma'"), std::string::npos) << said;
  EXPECT_NE(said.find("'gcd'"), std::string::npos) << said;
  EXPECT_NE(said.find("computed"), std::string::npos) << said;  // the layer
}

TEST(OnnxExport, SpecialFunctionsBySeries) {
  const std::vector<float> values{0.01F, 0.3F, 0.5F, 0.99F, 1, 1.5F, 2, 2.5F, 7.9F, 8, 8.1F, 100, 1e6F, -0.2F, -0.5F, -1.3F, -7.7F, -12.01F};
  const std::vector<float> shares{0, 1e-6F, -0.1F, 0.3F, -0.5F, 0.9F, -0.99F, 0.9999F, 0.999999F, -0.9999999F};
  const auto check = [](Computed::Function function, const std::vector<float>& given) {
    const Tensor x = Tensor::from(given, {1, static_cast<int64_t>(given.size())});
    Model model = computed({static_cast<int64_t>(given.size())}, function);
    Model again = written_and_read(model);
    const std::vector<float> a = model.predict(x).to_vector<float>(), b = again.predict(x).to_vector<float>();
    for (size_t i = 0; i < a.size(); ++i) EXPECT_NEAR(a[i], b[i], 1e-6 * std::max(1.0F, std::abs(a[i]))) << given[i];
  };
  check([](const Tensor& x) { return lgamma(x); }, values);
  check([](const Tensor& x) { return digamma(x); }, values);
  check([](const Tensor& x) { return erfinv(x); }, shares);
  const float inf = std::numeric_limits<float>::infinity();
  const Tensor ends = Tensor::from<float>({0, -1, inf, 1, -1.5F}, {1, 5});
  const Computed::Function functions[] = {[](const Tensor& x) { return lgamma(x); }, [](const Tensor& x) { return digamma(x); },
                                          [](const Tensor& x) { return erfinv(x); }};
  for (const Computed::Function function : functions) {
    Model model = computed({5}, function);
    const std::vector<float> a = model.predict(ends).to_vector<float>(), b = written_and_read(model).predict(ends).to_vector<float>();
    for (size_t i = 0; i < a.size(); ++i) {
      EXPECT_EQ(std::isnan(a[i]), std::isnan(b[i])) << i;
      if (std::isinf(a[i])) {
        EXPECT_EQ(a[i], b[i]) << i;
      }
    }
  }
}

TEST(OnnxExport, EveryOpIsWrittenOrSaysWhyNot) {
  std::string lacking;
  for (const Op* op : all_ops()) {
    const onnx::Writer* writer = onnx::find_writer(op->name);
    if (writer ? writer->write || !writer->reason.empty() : op->body != nullptr) continue;
    if (op->name.find("test") == std::string::npos) lacking += " " + op->name;
  }
  EXPECT_EQ(lacking, "") << "add a writer in lamina/formats/onnx/export/writers, or the reason to no_counterpart.cpp";
}

}  // namespace
}  // namespace lamina::test
