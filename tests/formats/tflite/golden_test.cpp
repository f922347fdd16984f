// TFLite models of TensorFlow's converter, against what its interpreter gives (tools/golden/tflite.py), of tflite-micro's
// operators (tflite_signals.py), and the models of others beside the source tree.
#include <gtest/gtest.h>

#include <cmath>
#include <map>

#include "lamina/formats/npy.h"
#include "lamina/formats/npz.h"
#include "lamina/formats/tflite/tflite.h"
#include "tests/support/golden.h"
#include "tests/support/shared_data.h"

namespace lamina::test {
namespace {

class TfliteGolden : public ::testing::TestWithParam<const char*> {};

TEST_P(TfliteGolden, GivesWhatTheInterpreterGives) {
  const std::string path = LAMINA_SOURCE_DIR "/tests/golden/formats/tflite_" + std::string(GetParam());
  const std::map<std::string, Tensor> arrays = read_npz(path + ".npz");
  Model model = load_tflite(path + ".tflite");
  std::vector<std::pair<std::string, Tensor>> inputs;
  for (const std::string& name : model.input_names())
    inputs.emplace_back(name, arrays.at("input_" + std::to_string(inputs.size())));
  const Tensors outputs = model.outputs_on_batch(Tensors(inputs));
  for (size_t i = 0; i < outputs.size(); ++i) {
    const Tensor& expected = arrays.at("output_" + std::to_string(i));
    if (is_floating(expected.dtype())) {
      expect_close(outputs.values()[i], expected, GetParam());
    } else {
      ASSERT_EQ(outputs.values()[i].shape(), expected.shape());
      ASSERT_EQ(outputs.values()[i].dtype(), expected.dtype());
      EXPECT_EQ(outputs.values()[i].to_vector<int64_t>(), expected.to_vector<int64_t>()) << i;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Kinds, TfliteGolden,
                         ::testing::Values("float", "float16", "dynamic", "int8", "int16", "lstm", "control", "signals_speech",
                                         "signals_transforms", "signals_frames"));

TEST(Tflite, ThirdPartyKeywordSpotterGivesWhatItsGoldenSays) {
  const std::string file = shared_file("models/keras-thirdparty/kws_ref_model_float32.tflite");
  if (file.empty()) GTEST_SKIP() << "the shared models are not here";
  const std::string golden = file.substr(0, file.rfind('/')) + "/golden/kws_ref_model";
  const Tensor expected = read_npy(golden + ".out.npy");
  const Tensor given = load_tflite(file).predict(read_npy(golden + ".in.npy"));
  ASSERT_EQ(given.shape(), expected.shape());
  const std::vector<float> a = given.to_vector<float>(), b = expected.to_vector<float>();
  for (size_t i = 0; i < a.size(); ++i) EXPECT_NEAR(a[i], b[i], 1e-5) << i;
}

}  // namespace
}  // namespace lamina::test
