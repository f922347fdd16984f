// lamina convert, inspect and diff for folders of language models: what other run times get is what lamina run says.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>

#include "lamina/base/files.h"
#include "lamina/base/json.h"
#include "lamina/formats/npy.h"
#include "lamina/formats/weight_format.h"
#include "tests/support/golden.h"
#include "tests/support/program.h"
#include "tests/support/temporary_folder.h"
#include "tests/zoo/transformers/small_models.h"

namespace lamina {
namespace {

class LanguageFolders : public ::testing::Test {
 protected:
  void SetUp() override { copy("gpt2", "gpt2"); }

  void copy(const std::string& name, const std::string& to) const {
    std::filesystem::copy(test::golden_path("transformers/" + name), folder_ / to, std::filesystem::copy_options::recursive);
  }
  test::Outcome run(const std::vector<std::string>& words) const { return test::run_lamina(folder_.path(), words); }
  Json json(std::vector<std::string> words) const {
    words.push_back("--json");
    const test::Outcome outcome = run(words);
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    return Json::parse(outcome.out);
  }
  void expect_error(const std::vector<std::string>& words, const std::string& part, int status = 1) const {
    const test::Outcome outcome = run(words);
    EXPECT_EQ(outcome.status, status) << outcome.out;
    EXPECT_EQ(outcome.err.find("lamina: error: "), 0u) << outcome.err;
    EXPECT_NE(outcome.err.find(part), std::string::npos) << outcome.err;
  }
  /// Writes ids and a mask that hides the end of the last row.
  void write_text(const std::string& name, int64_t rows, int64_t length) const {
    std::vector<int64_t> ids(static_cast<size_t>(rows * length)), mask(ids.size(), 1);
    for (size_t i = 0; i < ids.size(); ++i) ids[i] = static_cast<int64_t>((i * 7 + 3) % 37 + 3);
    mask.back() = 0;
    write_npy(folder_ / (name + ".npy"), Tensor::from(ids, {rows, length}));
    write_npy(folder_ / (name + "_mask.npy"), Tensor::from(mask, {rows, length}));
  }
  Tensor said(const std::string& model, const std::vector<std::string>& inputs) const {
    std::vector<std::string> words{"run", model, "--output", "out"};
    for (const std::string& input : inputs) words.insert(words.end(), {"--input", input});
    const std::vector<Json> outputs = json(words).at("outputs").as_list();
    return read_npy(folder_ / outputs.at(0).at("file").as_string());
  }
  void expect_same(const std::string& a, const std::string& b, const std::vector<std::string>& inputs) const {
    const Tensor left = said(a, inputs), right = said(b, inputs);
    ASSERT_EQ(left.shape(), right.shape());
    const std::vector<float> x = left.to_vector<float>(), y = right.to_vector<float>();
    for (size_t i = 0; i < x.size(); ++i) ASSERT_NEAR(x[i], y[i], 1e-4) << "element " << i;
  }

  test::TemporaryFolder folder_;
};

TEST_F(LanguageFolders, BecomeOnnxWithOpenBatchAndLength) {
  EXPECT_EQ(json({"convert", "gpt2", "x.onnx"}).at("lost").size(), 1u);  // generation_config.json
  for (const int64_t length : {4, 11}) {
    write_text("a", 3, length);
    expect_same("gpt2", "x.onnx", {"input_ids=a.npy", "attention_mask=a_mask.npy"});
  }
  EXPECT_EQ(json({"inspect", "x.onnx"}).at("model").at("layers").at(0).at("output_shape").dump(), "[null, null]");
}

TEST_F(LanguageFolders, BecomeOnnxWithLengthsOfSourceAndTarget) {
  copy("t5", "t5");
  EXPECT_EQ(run({"convert", "t5", "t5.onnx"}).status, 0);
  write_text("a", 2, 7);
  write_text("b", 2, 3);
  expect_same("t5", "t5.onnx", {"input_ids=a.npy", "attention_mask=a_mask.npy", "decoder_input_ids=b.npy"});
}

TEST_F(LanguageFolders, BecomeModelsOfOtherFormats) {
  EXPECT_EQ(run({"convert", "gpt2", "x.tflite", "--shape", "input_ids=1,6"}).status, 0);
  EXPECT_EQ(run({"convert", "gpt2", "x.keras"}).status, 0);
  EXPECT_EQ(run({"convert", "x.keras", "y.safetensors"}).status, 0);
  EXPECT_EQ(run({"convert", "gpt2", "p.onnx", "--shape", "position_ids=None,None"}).status, 0);
  write_text("a", 1, 6);
  for (const char* file : {"x.tflite", "x.keras", "y.safetensors"})
    expect_same("gpt2", file, {"input_ids=a.npy", "attention_mask=a_mask.npy"});
  expect_same("gpt2", "p.onnx", {"input_ids=a.npy", "attention_mask=a_mask.npy", "position_ids=a_mask.npy"});
}

TEST_F(LanguageFolders, BecomeWeightsUnderTheirOwnNames) {
  const Json told = json({"convert", "gpt2", "x.safetensors"});
  EXPECT_NE(told.at("lost").dump().find("config.json"), std::string::npos);
  EXPECT_NE(open_weights(folder_ / "x.safetensors").find("transformer.wte.weight"), nullptr);
}

TEST_F(LanguageFolders, AreInspectedAndCompared) {
  const Json told = json({"inspect", "gpt2", "--headers"});
  EXPECT_EQ(told.at("model").at("name").as_string(), "gpt2");
  EXPECT_TRUE(told.at("model_error").is_null());
  EXPECT_TRUE(json({"diff", "gpt2", "gpt2"}).at("identical").as_bool());
  json({"convert", "gpt2", "x.keras"});
  json({"convert", "gpt2", "x.safetensors"});
  EXPECT_TRUE(json({"diff", "gpt2", "x.keras"}).at("identical").as_bool());
  EXPECT_TRUE(json({"diff", "x.safetensors", "gpt2"}).at("identical").as_bool());
  copy("gpt2_scaled", "other");
  const Json differ = json({"diff", "gpt2", "other"});
  EXPECT_FALSE(differ.at("identical").as_bool());
  EXPECT_NE(differ.at("structure").dump().find("config.scale_attn_by_inverse_layer_idx"), std::string::npos);
}

TEST_F(LanguageFolders, SayWhatIsWrongWithThem) {
  expect_error({"convert", "gpt2", "x.onnx", "--shape", "input_id=1,6"}, "which the model does not have");
  expect_error({"convert", "gpt2", "x.onnx", "--shape", "input_ids=1,6,2"}, "does not fit");
  expect_error({"convert", "gpt2", "x.onnx", "--dtype", "float16"}, "--dtype is for");
  expect_error({"convert", "gpt2", "x.tflite"}, "stay open in a TFLite file");
  Json config = Json::parse(read_file(folder_ / "gpt2/config.json"));
  config["architectures"] = Json::list({"GPT9"});
  write_file(folder_ / "gpt2/config.json", config.dump());
  expect_error({"convert", "gpt2", "x.onnx"}, "'GPT9', which Lamina does not have");
  EXPECT_EQ(run({"convert", "gpt2", "x.safetensors"}).status, 0);  // its arrays are what they are
  EXPECT_NE(json({"inspect", "gpt2"}).at("model_error").as_string().find("GPT9"), std::string::npos);
  std::filesystem::remove(folder_ / "gpt2/model.safetensors");
  expect_error({"convert", "gpt2", "x.onnx"}, "model.safetensors");
  EXPECT_FALSE(std::filesystem::exists(folder_ / "x.onnx"));
}

}  // namespace
}  // namespace lamina
