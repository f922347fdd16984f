// What Keras writes of layers inside of models of mixed precision, and after enable_lora, is read.
#include <gtest/gtest.h>

#include <memory>

#include "lamina/base/json.h"
#include "lamina/nn/detail/model_impl.h"
#include "lamina/nn/layer.h"
#include "lamina/ops/full.h"

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

}  // namespace
}  // namespace lamina
