// ONNX models that others made, against what ONNX Runtime gives for them.
#include <gtest/gtest.h>

#include <cmath>

#include "lamina/formats/npy.h"
#include "lamina/formats/onnx/onnx.h"
#include "tests/support/shared_data.h"

namespace lamina::test {
namespace {

struct Case {
  const char* file;    // below models/
  const char* golden;  // beginning of the names of its files
  std::vector<std::pair<const char*, const char*>> inputs, outputs;  // names, and as files spell them
};

void PrintTo(const Case& each, std::ostream* out) { *out << each.file; }

class ThirdPartyOnnx : public ::testing::TestWithParam<Case> {};

TEST_P(ThirdPartyOnnx, GivesWhatOnnxRuntimeGives) {
  const Case& each = GetParam();
  const std::string file = shared_file(std::string("models/") + each.file);
  if (file.empty()) GTEST_SKIP() << "the shared models are not here";
  const std::string golden = file.substr(0, file.rfind('/')) + "/golden/" + each.golden;
  Model model = load_onnx(file);
  std::vector<std::pair<std::string, Tensor>> inputs;
  for (const auto& [name, spelled] : each.inputs)
    inputs.emplace_back(name, read_npy(golden + ".in." + spelled + ".npy"));
  const Tensors outputs = model.outputs_on_batch(Tensors(inputs));
  for (const auto& [name, spelled] : each.outputs) {
    const Tensor expected = read_npy(golden + ".out." + spelled + ".npy");
    const Tensor* given = outputs.size() == 1 ? &outputs.values()[0] : outputs.find(name);
    ASSERT_TRUE(given) << name;
    ASSERT_EQ(given->shape(), expected.shape()) << name;
    const std::vector<float> a = given->to_vector<float>(), b = expected.to_vector<float>();
    float largest = 0, worst = 0;
    for (size_t i = 0; i < a.size(); ++i) {
      largest = std::max(largest, std::fabs(b[i]));
      worst = std::max(worst, std::fabs(a[i] - b[i]));
    }
    EXPECT_GT(largest, 0) << name;
    EXPECT_LT(worst, 1e-4F * largest) << name;
  }
}

INSTANTIATE_TEST_SUITE_P(
    Models, ThirdPartyOnnx,
    ::testing::Values(
        Case{"squeezenet1.1-imagenet/squeezenet1.1.onnx", "squeezenet1.1", {{"data", "data"}},
             {{"probabilities", "probabilities"}}},
        Case{"mnist-cntk/mnist.onnx", "mnist", {{"Input3", "Input3"}}, {{"Plus214_Output_0", "Plus214_Output_0"}}},
        Case{"ultraface-slim-320/version-slim-320_simplified.onnx", "version-slim-320_simplified", {{"input", "input"}},
             {{"scores", "scores"}, {"boxes", "boxes"}}},
        Case{"face-detector-landmark5/face-slim-landmark5.onnx", "face-slim-landmark5", {{"input0", "input0"}},
             {{"output0", "output0"}, {"529", "529"}, {"530", "530"}}},
        Case{"face-embedding-0095/face-reidentification-retail-0095.onnx", "face-reidentification-retail-0095",
             {{"data", "data"}}, {{"658", "658"}}},
        Case{"face-embedding-0095/landmarks-regression-retail-0009.onnx", "landmarks-regression-retail-0009",
             {{"data", "data"}}, {{"95", "95"}}},
        Case{"fastestdet-coco/FastestDet.onnx", "FastestDet", {{"input.1", "input.1"}}, {{"758", "758"}}},
        Case{"nanodet-m-coco/nanodet_m.onnx", "nanodet_m", {{"input.1", "input.1"}},
             {{"792", "792"}, {"795", "795"}, {"814", "814"}, {"817", "817"}, {"836", "836"}, {"839", "839"}}},
        Case{"mobilenetv2-imagenet-int8w/mobilenet_v2_int8weights.onnx", "mobilenet_v2_int8weights",
             {{"input", "input"}}, {{"logits", "logits"}}},
        Case{"basic-pitch/nmp.onnx", "nmp", {{"serving_default_input_2:0", "serving_default_input_2_0"}},
             {{"StatefulPartitionedCall:0", "StatefulPartitionedCall_0"},
              {"StatefulPartitionedCall:1", "StatefulPartitionedCall_1"},
              {"StatefulPartitionedCall:2", "StatefulPartitionedCall_2"}}},
        Case{"dtln-denoise/model_1.onnx", "model_1", {{"input_2", "input_2"}, {"input_3", "input_3"}},
             {{"activation_2", "activation_2"}, {"tf_op_layer_stack_2", "tf_op_layer_stack_2"}}},
        Case{"dtln-denoise/model_2.onnx", "model_2", {{"input_4", "input_4"}, {"input_5", "input_5"}},
             {{"conv1d_3", "conv1d_3"}, {"tf_op_layer_stack_5", "tf_op_layer_stack_5"}}},
        Case{"silero-vad/silero_vad.onnx", "silero_vad", {{"input", "input"}, {"state", "state"}, {"sr", "sr"}},
             {{"output", "output"}, {"stateN", "stateN"}}},
        Case{"silero-vad/silero_vad_16k_op15.onnx", "silero_vad_16k_op15",
             {{"input", "input"}, {"state", "state"}, {"sr", "sr"}}, {{"output", "output"}, {"stateN", "stateN"}}}),
    [](const auto& info) {
      std::string name = info.param.golden;
      for (char& letter : name) letter = std::isalnum(static_cast<unsigned char>(letter)) ? letter : '_';
      return name;
    });

}  // namespace
}  // namespace lamina::test
