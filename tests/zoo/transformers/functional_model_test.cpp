// Language models as graphs of layers, and the files that are made of them.
#include "lamina/zoo/transformers/functional_model.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "lamina/base/error.h"
#include "lamina/formats/onnx/onnx_export.h"
#include "tests/support/golden.h"
#include "tests/support/temporary_folder.h"
#include "tests/zoo/transformers/small_models.h"

namespace lamina::test {
namespace {

using Named = std::vector<std::pair<std::string, Tensor>>;

std::vector<Json> all_families() {
  return {small_gpt2(), small_llama(), small_lstm(), small_bert(), small_marian(), small_t5(), small_lstm_encoder_decoder(),
          with(with(small_gpt2(), "architectures", Json::list({"GPT2ForSequenceClassification"})), "id2label",
               Json::object({{"0", "bad"}, {"1", "good"}}))};
}

/// Ids for inputs of texts, and a mask that hides the end of the last row.
Tensor numbers(const std::string& name, int64_t rows, int64_t length, DType dtype) {
  std::vector<int64_t> all(static_cast<size_t>(rows * length));
  for (size_t i = 0; i < all.size(); ++i) all[i] = name.ends_with("ids") ? static_cast<int64_t>((i * 7 + 3) % 17 + 1) : 1;
  if (name == "token_type_ids") std::fill(all.begin(), all.end(), 1);
  if (name.ends_with("mask")) all.back() = 0;
  return dtype == DType::kInt64
             ? Tensor::from(all, {rows, length})
             : Tensor::from(std::vector<int32_t>(all.begin(), all.end()), {rows, length});
}

Named given(const Model& model, int64_t rows, int64_t length, int64_t target, DType dtype) {
  Named named;
  for (const std::string& name : model.input_names())
    named.emplace_back(name, numbers(name, rows, name.starts_with("decoder") ? target : length, dtype));
  return named;
}

void expect_same(const Tensor& a, const Tensor& b) {
  ASSERT_EQ(a.shape(), b.shape());
  const std::vector<double> x = a.to_vector<double>(), y = b.to_vector<double>();
  double largest = 1;
  for (const double value : x) largest = std::max(largest, std::abs(value));
  for (size_t i = 0; i < x.size(); ++i) ASSERT_NEAR(x[i], y[i], 2e-5 * largest) << "element " << i;
}

TEST(FunctionalModel, SaysWhatTheLanguageModelSays) {
  for (const Json& config : all_families()) {
    SCOPED_TRACE(config.at("model_type").as_string());
    const auto model = small(config);
    Model graph = functional_model(model);
    EXPECT_EQ(graph.output_names(), model->gives());
    EXPECT_EQ(graph.name(), config.at("model_type").as_string());
    const Named x = given(graph, 2, 5, 4, DType::kInt64);
    EXPECT_EQ(x[0].first, "input_ids");
    const Tensors expected = model->run(Tensors(x));
    const Tensors got = graph.predict_outputs(Tensors(x));
    for (const std::string& name : model->gives()) expect_same(expected[name], got[name]);
  }
}

TEST(FunctionalModel, IsWrittenWithOpenLengthsOfItsOwn) {
  for (const Json& config : all_families()) {
    SCOPED_TRACE(config.at("model_type").as_string());
    const auto model = small(config);
    const Model graph = functional_model(model);
    const TemporaryFolder folder;
    export_onnx(graph, folder / "x.onnx", {.axes = axes_of_texts(*model, graph.input_names())});
    Model again = load_model(folder / "x.onnx");
    EXPECT_EQ(again.data_info().class_names, model->class_names());
    for (const auto& [rows, length, target] : {std::array<int64_t, 3>{1, 9, 3}, {3, 4, 8}, {2, 1, 1}}) {
      const Named x = given(graph, rows, length, target, DType::kInt64);
      const Tensors expected = model->run(Tensors(x)), got = again.outputs_on_batch(Tensors(x));
      for (const std::string& name : model->gives()) expect_same(expected[name], got[name]);
    }
  }
}

TEST(FunctionalModel, TakesPositionsWhereTheyAreWanted) {
  const auto model = small(small_gpt2());
  const Model usual = functional_model(model), all = functional_model(model, {.all_inputs = true, .ids = DType::kInt32});
  EXPECT_EQ(usual.input_names(), (std::vector<std::string>{"input_ids", "attention_mask"}));
  EXPECT_EQ(all.input_names(), (std::vector<std::string>{"input_ids", "attention_mask", "position_ids"}));
  const auto axes = axes_of_texts(*small(small_t5()), functional_model(small(small_t5())).input_names());
  ASSERT_EQ(axes.size(), 3u);
  EXPECT_EQ(axes[1].second, (std::vector<std::string>{"batch", "sequence"}));
  EXPECT_EQ(axes[2].second, (std::vector<std::string>{"batch", "decoder_sequence"}));
}

TEST(FunctionalModel, RoundTripsThroughFiles) {
  const auto model = small(small_bert());
  Model graph = functional_model(model);
  const TemporaryFolder folder;
  graph.save(folder / "x.keras");
  Model again = load_model(folder / "x.keras");
  const Named x = given(graph, 2, 6, 0, DType::kInt64);
  EXPECT_EQ(again.predict_outputs(Tensors(x))[0].to_vector<float>(),
            graph.predict_outputs(Tensors(x))[0].to_vector<float>());
}

TEST(FunctionalModel, RefusesOtherIds) {
  EXPECT_NE(message_of<InvalidArgument>([] {
              functional_model(small(small_gpt2()), {.ids = DType::kFloat32});
            }).find("int32 or int64 was expected"),
            std::string::npos);
  const auto quantized = small(small_gpt2());
  quantized->quantize("int8");
  EXPECT_THROW(functional_model(quantized), InvalidArgument);
}

}  // namespace
}  // namespace lamina::test
