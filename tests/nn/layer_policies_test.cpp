// What Keras writes of layers inside of models of mixed precision, and after enable_lora, is read.
#include <gtest/gtest.h>

#include <memory>

#include "lamina/base/json.h"
#include "lamina/nn/detail/model_impl.h"
#include "lamina/nn/layers/layers.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/full.h"
#include "tests/support/golden.h"
#include "tests/support/temporary_folder.h"

namespace lamina {
namespace {

// keras.layers.serialize of a layer under keras.mixed_precision.set_global_policy(policy).
std::shared_ptr<Layer> read_layer(const std::string& class_name, const std::string& arguments, const std::string& policy) {
  const std::string dtype = R"({"module": "keras", "class_name": "DTypePolicy", "config": {"name": ")" + policy + R"("}, "registered_name": null})";
  return detail::layer_from_json(Json::parse(R"({"module": "keras.layers", "class_name": ")" + class_name +
                                                 R"(", "config": {"name": "it", "trainable": true, "dtype": )" + dtype + arguments +
                                                 R"(}, "registered_name": null})",
                                             "layer"));
}

TEST(LayerPolicies, LayersWithoutWeightsTakeThemToo) {
  for (const auto& [name, arguments] : std::vector<std::pair<std::string, std::string>>{
           {"ReLU", ""},
           {"Softmax", ""},
           {"Flatten", R"(, "data_format": "channels_last")"},
           {"Dropout", R"(, "rate": 0.5)"},
           {"Activation", R"(, "activation": "tanh")"},
           {"Reshape", R"(, "target_shape": [48])"},
           {"Rescaling", R"(, "scale": 0.5, "offset": 0)"},
           {"MaxPooling2D", R"(, "pool_size": [2, 2], "padding": "valid", "strides": [2, 2], "data_format": "channels_last")"},
           {"AveragePooling2D", R"(, "pool_size": [2, 2], "padding": "valid", "strides": [2, 2], "data_format": "channels_last")"},
           {"GlobalAveragePooling2D", R"(, "data_format": "channels_last", "keepdims": false)"}}) {
    SCOPED_TRACE(name);
    const std::shared_ptr<Layer> layer = read_layer(name, arguments, "mixed_float16");
    EXPECT_EQ(layer->dtype_policy(), "mixed_float16");
    EXPECT_EQ(layer->compute_dtype(), DType::kFloat16);
    EXPECT_EQ((*layer)(lamina::full({2, 4, 4, 3}, 0.5)).dtype(), DType::kFloat16);  // as Keras casts what it is given
    EXPECT_EQ(read_layer(name, arguments, "float32")->dtype_policy(), "float32");
  }
}

// Keras's weight files hold the kernel with what the small matrices add to it.
TEST(LayerPolicies, KernelsThatLoraWasAddedToAreKernels) {
  for (const char* name : {"Dense", "EinsumDense", "Conv1D", "Conv2D", "Conv3D", "Embedding"}) {
    SCOPED_TRACE(name);
    const std::string own = std::string(name) == "Dense"         ? R"(, "units": 3)"
                            : std::string(name) == "EinsumDense" ? R"(, "equation": "ab,bc->ac", "output_shape": [3])"
                            : std::string(name) == "Embedding"   ? R"(, "input_dim": 5, "output_dim": 3)"
                                                                 : R"(, "filters": 3, "kernel_size": 2)";
    EXPECT_NO_THROW(read_layer(name, own + R"(, "lora_rank": 2, "lora_alpha": 2)", "float32"));
  }
}

class WrapperPolicies : public ::testing::TestWithParam<std::string> {};

// Each in its own way, as Keras's.
TEST_P(WrapperPolicies, ComputeWhatKerasComputes) {
  const test::Golden golden("nn/policies/" + GetParam());
  const std::shared_ptr<Layer> layer = Registry<Layer>::from_json(golden.json("config"));
  const Tensor x = golden.at("input");
  layer->build(Shape(x.shape()));
  const std::vector<WeightPtr> weights = layer->weights();
  const std::vector<Tensor> values = golden.numbered("weight");
  ASSERT_EQ(weights.size(), values.size());
  for (size_t i = 0; i < values.size(); ++i) weights[i]->assign(values[i]);
  const Tensor output = (*layer)(x);
  EXPECT_EQ(name(output.dtype()), golden.json("output_dtype").as_list().at(0).as_string());
  EXPECT_EQ(layer->output_specs().at(0).dtype, output.dtype());
  // TimeDistributed alone computes in its own dtype; in others what lies inside rounds, or their output is rounded.
  const bool exact = GetParam() == "time_distributed_float32_mixed_bfloat16";
  const double tolerance = exact ? test::kFloat32Tolerance : 1.0 / 64;
  test::expect_close(cast(output, DType::kFloat32), golden.at("output"), GetParam(), tolerance);
}

INSTANTIATE_TEST_SUITE_P(Keras, WrapperPolicies, ::testing::ValuesIn(test::golden_cases("nn/policies")),
                         [](const auto& info) { return info.param; });

TEST(LayerPolicies, LayersInsideThatWereGivenNoneFollow) {
  const TimeDistributed wrapper(Dense(2), {.dtype = "mixed_bfloat16"});
  EXPECT_EQ(wrapper.sublayers().at(0).second->dtype_policy(), "mixed_bfloat16");
  RNN rnn(std::vector<AnyLayer>{GRUCell(2, {.dtype = "mixed_bfloat16"}), GRUCell(3, {.dtype = "mixed_bfloat16"})});
  EXPECT_EQ(rnn.dtype_policy(), "float32");
  EXPECT_EQ(rnn.sublayers().at(0).second->dtype_policy(), "mixed_bfloat16");
  EXPECT_EQ(rnn(full({1, 2, 4}, 0.5)).dtype(), DType::kFloat32);
  EXPECT_THROW(TimeDistributed(Dense(2, {.dtype = "float32"}), {.dtype = "bfloat16"}), InvalidArgument);
}

TEST(LayerPolicies, CellsOfAStackHaveOne) {
  const std::string message = test::message_of<InvalidArgument>(
      [] { StackedRNNCells({GRUCell(2), GRUCell(3, {.dtype = "mixed_bfloat16"})}); });
  EXPECT_NE(message.find("its cell 'gru_cell_1' has mixed_bfloat16"), std::string::npos) << message;
}

}  // namespace
}  // namespace lamina
