// lamina inspect, convert and diff: the contract with whoever calls them.
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>

#include "lamina/base/files.h"
#include "lamina/base/json.h"
#include "lamina/formats/checkpoint.h"
#include "lamina/formats/npy.h"
#include "lamina/formats/npz.h"
#include "lamina/image/picture.h"
#include "lamina/nn/layers/dense.h"
#include "lamina/nn/layers/input_layer.h"
#include "lamina/nn/model.h"
#include "lamina/ops/full.h"
#include "tests/support/golden.h"
#include "tests/support/onnx_bytes.h"
#include "tests/support/program.h"
#include "tests/support/samples.h"
#include "tests/support/temporary_folder.h"

namespace lamina {
namespace {

class ModelFiles : public ::testing::Test {
 protected:
  void SetUp() override { model(32, 1).save(folder_ / "a.keras"); }

  static Sequential model(int64_t units, uint64_t seed) {
    Sequential model({Input({32}), Dense(units, {.name = "hidden"}), Dense(2, {.name = "head"})},
                     {.seed = seed});
    model.compile({.optimizer = "sgd", .loss = "mse"});
    return model;
  }
  test::Outcome run(const std::vector<std::string>& words) const {
    return test::run_lamina(folder_.path(), words);
  }
  Json json(std::vector<std::string> words) const {
    words.push_back("--json");
    const test::Outcome outcome = run(words);
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    EXPECT_EQ(outcome.lines().size(), 1u);
    return Json::parse(outcome.out);
  }
  void expect_error(const std::vector<std::string>& words, const std::string& part, int status = 1) const {
    const test::Outcome outcome = run(words);
    EXPECT_EQ(outcome.status, status) << outcome.out;
    EXPECT_EQ(outcome.err.find("lamina: error: "), 0u) << outcome.err;
    EXPECT_NE(outcome.err.find(part), std::string::npos) << outcome.err;
    EXPECT_EQ(std::count(outcome.err.begin(), outcome.err.end(), '\n'), 1) << outcome.err;
  }

  test::TemporaryFolder folder_;
};

TEST_F(ModelFiles, ConvertWritesOnnx) {
  const Json told = json({"convert", "a.keras", "a.onnx"});
  EXPECT_EQ(told.at("arrays").as_int(), 4);
  EXPECT_EQ(json({"summary", "a.onnx"}).at("params").as_int(), json({"summary", "a.keras"}).at("params").as_int());
  for (const char* opset : {"13", "25"}) EXPECT_EQ(run({"convert", "a.keras", "a.onnx", "--opset", opset}).status, 0);
  EXPECT_EQ(run({"convert", "a.keras", "one.onnx", "--shape", "input_layer=1,32"}).status, 0);
  EXPECT_EQ(json({"inspect", "one.onnx"}).at("model").at("layers").at(0).at("class").as_string(), "InputLayer");
  write_npy(folder_ / "x.npy", Tensor::from(std::vector<float>(64, 0.5F), {2, 32}));
  json({"run", "a.keras", "--input", "x.npy", "--output", "keras"});
  json({"run", "a.onnx", "--input", "x.npy", "--output", "onnx"});
}

TEST_F(ModelFiles, ConvertWritesOnnxOfTexts) {
  const auto golden = [](const std::string& name) { return test::golden_path("formats/preprocessing/" + name + ".keras"); };
  const Json told = json({"convert", golden("text_numbers"), "texts.onnx"});
  ASSERT_EQ(told.at("texts").size(), 1u);
  EXPECT_EQ(told.at("lost").size(), 0u);
  const std::string takes = "input '" + told.at("texts").at(size_t{0}).as_string() + "' takes texts";
  EXPECT_NE(run({"convert", golden("text_numbers"), "texts.onnx"}).out.find(takes), std::string::npos);
  // Asked with a text, whether its numbers are made in the file or by what the model knows.
  const std::string said = run({"predict", golden("text_numbers"), "a dog, on the mat", "--json"}).out;
  EXPECT_EQ(run({"predict", "texts.onnx", "a dog, on the mat", "--json"}).out, said);
  EXPECT_EQ(json({"convert", golden("text_numbers"), "numbers.onnx", "--without-texts"}).at("texts").size(), 0u);
  EXPECT_EQ(run({"predict", "numbers.onnx", "a dog, on the mat", "--json"}).out, said);
  EXPECT_EQ(json({"convert", "texts.onnx", "again.onnx"}).at("texts").size(), 1u);
  const Json outside = json({"convert", golden("text_hashed"), "hashed.onnx"});
  EXPECT_NE(outside.at("lost").dump().find("not texts: it is a Hashing"), std::string::npos) << outside.dump();
  expect_error({"convert", "a.keras", "a.npz", "--without-texts"}, "is for files of ONNX", 2);
}

TEST_F(ModelFiles, ConvertRefusesWrongWordsAboutOnnx) {
  expect_error({"convert", "a.keras", "a.onnx", "--opset", "12"}, "--opset", 2);
  expect_error({"convert", "a.keras", "a.onnx", "--opset", "26"}, "--opset", 2);
  expect_error({"convert", "a.keras", "b.keras", "--opset", "18"}, "is for files of ONNX", 2);
  expect_error({"convert", "a.keras", "b.npz", "--shape", "x=1"}, "is for files of ONNX", 2);
  for (const char* shape : {"input_layer", "input_layer=", "=1,32", "input_layer=1,,32", "input_layer=1,x", "input_layer=0,32",
                            "input_layer=1,32,", "input_layer=-1,32"})
    expect_error({"convert", "a.keras", "a.onnx", "--shape", shape}, "an input's name and its extents were expected", 2);
  expect_error({"convert", "a.keras", "a.onnx", "--shape", "input=1,32"}, "which the model does not have");
  expect_error({"convert", "a.keras", "a.onnx", "--shape", "input_layer=1,33"}, "does not fit");
  expect_error({"convert", "a.keras", "no/such/folder/a.onnx"}, "no/such/folder");
  EXPECT_FALSE(std::filesystem::exists(folder_ / "a.onnx"));
}

TEST_F(ModelFiles, ConvertGivesTfliteTheShapesThatItAsks) {
  write_npy(folder_ / "x.npy", Tensor::from(std::vector<float>(64, 0.5F), {2, 32}));
  json({"convert", "a.keras", "two.tflite", "--shape", "input_layer=2,32"});
  const Json summary = json({"run", "two.tflite", "--input", "x.npy", "--output", "out"});
  EXPECT_EQ(summary.at("outputs").at(size_t{0}).at("shape").at(size_t{0}).as_int(), 2);
  for (const char* shape : {"input_layer=2,33", "input_layer=2", "input_layer=2,32,1"})
    expect_error({"convert", "a.keras", "a.tflite", "--shape", shape}, "does not fit");
  expect_error({"convert", "a.keras", "a.tflite", "--shape", "input=2,32"}, "which the model does not have");
  expect_error({"convert", "a.keras", "a.tflite", "--shape", "input_layer"}, "an input's name", 2);
  Sequential({Input({-1, 3}), LSTM(2)}).save(folder_ / "text.keras");
  expect_error({"convert", "text.keras", "text.tflite"}, "lamina convert --shape");
  json({"convert", "text.keras", "text.tflite", "--shape", "input_layer=None,5,3"});
}

TEST_F(ModelFiles, InspectShowsWhatAFileHolds) {
  const Json model = json({"inspect", "a.keras"});
  EXPECT_EQ(model.at("format").as_string(), "keras");
  EXPECT_EQ(model.at("model").at("layers").size(), 2u);
  EXPECT_EQ(model.at("model").at("layers").at(1).at("params").as_int(), 66);
  const float nan = std::nanf("");
  write_npz(folder_ / "w.npz", {{"block.w", Tensor::from(std::vector<float>{1, nan, 3, 0}, {2, 2})},
                                {"block.b", Tensor::from(std::vector<int64_t>{1, 2}, {2})}});
  const Json arrays = json({"inspect", "w.npz"});
  EXPECT_TRUE(arrays.at("model").is_null());
  EXPECT_EQ(arrays.at("elements").as_int(), 6);
  EXPECT_EQ(arrays.at("bytes").as_int(), 32);
  const Json& w = arrays.at("arrays").at(1);
  EXPECT_EQ(w.at("name").as_string(), "block.w");
  EXPECT_EQ(w.at("dtype").as_string(), "float32");
  EXPECT_EQ(w.at("shape"), Json::list({2, 2}));
  EXPECT_EQ(w.at("statistics").at("nan").as_int(), 1);
  EXPECT_EQ(w.at("statistics").at("max").as_double(), 3);
  EXPECT_FALSE(json({"inspect", "w.npz", "--headers"}).at("arrays").at(size_t{0}).contains("statistics"));
  const std::string text = run({"inspect", "w.npz"}).out;
  for (const char* part :
       {"w.npz: npz, 2 arrays of 6 elements, 32 B", " block.\n", "   w  float32 (2, 2)  16 B", "1 NaN"})
    EXPECT_NE(text.find(part), std::string::npos) << text;
  expect_error({"inspect", "gone.npz"}, "'gone.npz' does not exist");
  write_file(folder_ / "text.txt", "hello");
  expect_error({"inspect", "text.txt"}, "is of no format of weights");
  expect_error({"inspect"}, "FILE is required", 2);
  std::filesystem::copy_file(test::golden_path("formats/pytorch_module.pt"), folder_ / "m.pt");
  expect_error({"inspect", "m.pt"}, "asks for 'torch.nn.modules.linear.Linear'");
  const std::string bytes = read_file(folder_ / "a.keras");
  write_file(folder_ / "cut.keras", bytes.substr(0, bytes.size() / 2));
  expect_error({"inspect", "cut.keras"}, "truncated");
}

TEST_F(ModelFiles, ConvertGoesThereAndBackBitForBit) {
  for (const std::string extension : {"safetensors", "npz", "gguf"}) {
    const std::string weights = "a." + extension, back = extension + ".keras";
    const Json said = json({"convert", "a.keras", weights});
    EXPECT_EQ(said.at("arrays").as_int(), 4);
    EXPECT_EQ(said.at("bytes").as_int(), static_cast<int64_t>(std::filesystem::file_size(folder_ / weights)));
    json({"convert", weights, back});
    EXPECT_TRUE(json({"diff", "a.keras", back}).at("identical").as_bool());
    EXPECT_EQ(model_likeness(folder_ / "a.keras", folder_ / back), Likeness::kSameWeights) << extension;
  }
  json({"convert", "a.keras", "a.weights.h5"});
  EXPECT_EQ(json({"inspect", "a.weights.h5"}).at("format").as_string(), "hdf5");
  json({"convert", "a.safetensors", "b.gguf"});
  EXPECT_TRUE(json({"diff", "a.npz", "b.gguf"}).at("identical").as_bool());
}

TEST_F(ModelFiles, ConvertSaysWhatIsLost) {
  Sequential trained = model(32, 1);
  trained.compile({.optimizer = "adam", .loss = "mse"});
  trained.build_optimizer();
  trained.save(folder_ / "t.keras");
  const auto lost = [](const Json& said) { return said.at("lost").dump(); };
  EXPECT_NE(lost(json({"convert", "t.keras", "t.npz"})).find("the optimizer's state"), std::string::npos);
  EXPECT_NE(
      lost(json({"convert", "a.keras", "h.safetensors", "--dtype", "float16"})).find("digits of 4 arrays"),
      std::string::npos);
  const std::string packed = lost(json({"convert", "a.keras", "q.gguf", "--dtype", "q8_0"}));
  EXPECT_NE(packed.find("digits of 1 arrays, which become q8_0"), std::string::npos) << packed;
  EXPECT_NE(packed.find("'hidden/bias' stays float32"), std::string::npos) << packed;
  const Json apart = json({"diff", "a.keras", "q.gguf"});
  EXPECT_FALSE(apart.at("identical").as_bool());
  for (const Json& array : apart.at("weights").at("arrays").as_list()) {
    const bool kernel = array.at("name").as_string() == "hidden/kernel";
    EXPECT_EQ(array.at("equal").as_bool(), !kernel);
    EXPECT_LT(array.at("relative").as_double(), 0.01);
    EXPECT_GT(array.at("cosine").as_double(), 0.999);
  }
  trained.fit(Tensor::from(std::vector<float>(64, 1), {2, 32}),
              Tensor::from(std::vector<float>(4, 1), {2, 2}), {.verbose = 0});
  save_checkpoint(trained, folder_ / "c.keras");
  EXPECT_NE(lost(json({"convert", "c.keras", "d.keras"})).find("where training stood"), std::string::npos);
}

TEST_F(ModelFiles, ConvertRefuses) {
  expect_error({"convert", "a.keras", "a.keras"}, "are one file");
  std::filesystem::create_hard_link(folder_ / "a.keras", folder_ / "link.keras");
  expect_error({"convert", "a.keras", "link.keras"}, "are one file");
  expect_error({"convert", "a.keras", "a.txt"},
               "weights are written to files that end in one of .gguf, .npz, .safetensors");
  expect_error({"convert", "a.keras", "b.keras", "--dtype", "float16"}, "--dtype is for files of weights");
  expect_error({"convert", "a.keras", "b.npz", "--dtype", "q8_0"}, "npz files hold no 'q8_0'");
  write_npz(folder_ / "w.npz", {{"w", Tensor::from(std::vector<float>{1, 2}, {2})}});
  expect_error({"convert", "w.npz", "b.keras"}, "does not say of which model");
  expect_error({"convert", "gone.keras", "b.npz"}, "gone.keras");
  expect_error({"convert", "a.keras"}, "OUT is required", 2);
  EXPECT_FALSE(std::filesystem::exists(folder_ / "b.npz"));
}

// The text of an architecture: nobody takes its random weights for anything.
TEST_F(ModelFiles, ArchitecturesHaveNoWeights) {
  const Json lost = json({"convert", "a.keras", "a.json"});
  EXPECT_EQ(lost.at("arrays").as_int(), 0);
  EXPECT_NE(lost.at("lost").at(size_t{0}).as_string().find("all 4 arrays"), std::string::npos);
  EXPECT_NE(json({"convert", "a.json", "new.keras"}).at("lost").at(size_t{0}).as_string().find("random"),
            std::string::npos);
  EXPECT_TRUE(json({"diff", "a.json", "a.json"}).at("identical").as_bool());
  expect_error({"convert", "a.json", "a.safetensors"}, "architecture without weights");
  write_npy(folder_ / "x.npy", zeros(Shape{1, 32}));
  expect_error({"predict", "a.json", "x.npy"}, "architecture without weights");
  expect_error({"run", "a.json", "--input", "x.npy", "--output", "out"}, "architecture without weights");
}

// Outputs of one name, as file systems spell it, go to files of their own.
TEST_F(ModelFiles, RunWritesEachOutputToItsOwnFile) {
  using test::onnx_node;
  using test::onnx_value;
  write_file(folder_ / "two.onnx",
             test::onnx_model({.nodes = {onnx_node("Neg", {"x"}, {"a/b"}), onnx_node("Abs", {"x"}, {"a_b"})},
                               .inputs = {onnx_value("x", {-1, 3})},
                               .outputs = {onnx_value("a/b", {-1, 3}), onnx_value("a_b", {-1, 3})}}));
  write_npy(folder_ / "x.npy", Tensor::from<float>({{1, 2, 3}}));
  const Json outputs = json({"run", "two.onnx", "--input", "x.npy", "--output", "out"}).at("outputs");
  const auto first = [&](size_t i) { return read_npy(folder_ / outputs.at(i).at("file").as_string()).to_vector<float>()[0]; };
  EXPECT_EQ(first(0), -1);
  EXPECT_EQ(first(1), 1);
}

Tensor rows(int64_t count, int64_t width) {
  std::vector<float> values;
  for (int64_t i = 0; i < count * width; ++i) values.push_back(std::sin(static_cast<float>(i) * 1.3F));
  return Tensor::from(values, {count, width});
}

TEST_F(ModelFiles, TfliteFilesAreFloatsOrIntegersBySamples) {
  write_npy(folder_ / "x.npy", rows(40, 32));
  run({"convert", "a.keras", "a.tflite"});
  const Json floats = json({"run", "a.tflite", "--input", "x.npy", "--output", "floats"});
  const Json given = json({"run", "a.keras", "--input", "x.npy", "--output", "given"});
  const auto at = [&](const Json& said) {
    return read_npy(folder_ / said.at("outputs").at(size_t{0}).at("file").as_string()).to_vector<float>();
  };
  const std::vector<float> a = at(floats), b = at(given);
  ASSERT_EQ(a.size(), b.size());
  for (size_t i = 0; i < a.size(); ++i) EXPECT_NEAR(a[i], b[i], 1e-5);
  json({"convert", "a.keras", "b.tflite", "--int8", "--calibrate", "x.npy"});
  const std::vector<float> c = at(json({"run", "b.tflite", "--input", "x.npy", "--output", "integers"}));
  EXPECT_NE(c, b);
  for (size_t i = 0; i < c.size(); ++i) EXPECT_NEAR(c[i], b[i], 0.1);
}

TEST_F(ModelFiles, IntegersNeedSamplesThatFit) {
  write_npy(folder_ / "x.npy", rows(4, 5));
  write_npz(folder_ / "two.npz", {{"p", rows(4, 32)}, {"q", rows(4, 32)}});
  expect_error({"convert", "a.keras", "b.tflite", "--int8"}, "--calibrate FILE.npy", 2);
  expect_error({"convert", "a.keras", "b.tflite", "--calibrate", "x.npy"}, "add --int8", 2);
  expect_error({"convert", "a.keras", "b.npz", "--int8", "--calibrate", "x.npy"}, "call it .tflite", 2);
  expect_error({"convert", "a.keras", "b.tflite", "--int8", "--calibrate", "x.npy"}, "samples for calibration");
  expect_error({"convert", "a.keras", "b.tflite", "--int8", "--calibrate", "two.npz"}, "it holds p, q");
}

// The first axis of what came from ONNX may be time: it is not cut into batches.
TEST_F(ModelFiles, RunGivesAnImportedGraphItsInputsInOnePiece) {
  using test::onnx_node;
  using test::onnx_value;
  write_file(folder_ / "sum.onnx", test::onnx_model({.nodes = {onnx_node("CumSum", {"x", "axis"}, {"y"})},
                                                     .initializers = {test::onnx_integers("axis", {0})},
                                                     .inputs = {onnx_value("x", {-1, 1})},
                                                     .outputs = {onnx_value("y", {-1, 1})}}));
  write_npy(folder_ / "x.npy", Tensor::from(std::vector<float>(50, 1.F), {50, 1}));
  const Json outputs = json({"run", "sum.onnx", "--input", "x.npy", "--output", "out"}).at("outputs");
  const Tensor y = read_npy(folder_ / outputs.at(size_t{0}).at("file").as_string());
  EXPECT_EQ(y.to_vector<float>()[49], 50);
}

// Pictures for (batch, channels, height, width), as ONNX has them.
TEST_F(ModelFiles, PredictTurnsPicturesForModelsWithTheColoursInFront) {
  using test::onnx_node;
  using test::onnx_value;
  std::vector<uint8_t> pixels(4 * 6 * 3);
  for (size_t i = 0; i < pixels.size(); ++i) pixels[i] = i % 3 == 0 ? 90 : i % 3 == 1 ? 30 : 60;  // red, green, blue
  write_file(folder_ / "p.png", encode_png({4, 6, 3, pixels}));
  write_file(folder_ / "mean.onnx",
             test::onnx_model({.nodes = {onnx_node("GlobalAveragePool", {"x"}, {"m"}), onnx_node("Flatten", {"m"}, {"y"})},
                               .inputs = {onnx_value("x", {-1, 3, -1, -1})},
                               .outputs = {onnx_value("y", {-1, 3})}}));
  const Json said = json({"predict", "mean.onnx", "p.png"});
  const std::string text = said.dump();
  std::vector<double> means;
  for (const auto& [key, value] : said.as_object()) {
    if (value.is_list() && value.size() == 3 && value.at(size_t{0}).is_number()) {
      for (const Json& each : value.as_list()) means.push_back(each.as_double());
      break;
    }
  }
  ASSERT_EQ(means.size(), 3u) << text;
  EXPECT_NEAR(means[0] / means[1], 3, 1e-3) << text;
  EXPECT_NEAR(means[2] / means[1], 2, 1e-3) << text;
}

TEST_F(ModelFiles, DiffSaysInWhatTwoModelsDiffer) {
  model(32, 2).save(folder_ / "b.keras");
  model(16, 1).save(folder_ / "c.keras");
  const Json weights = json({"diff", "a.keras", "b.keras"});
  EXPECT_FALSE(weights.at("identical").as_bool());
  EXPECT_EQ(weights.at("structure").at("changed").size(), 0u);
  EXPECT_GT(weights.at("weights").at("arrays").at(size_t{0}).at("max_abs").as_double(), 0.01);
  const Json structure = json({"diff", "a.keras", "c.keras"});
  const Json& changed = structure.at("structure").at("changed").at(size_t{0});
  EXPECT_EQ(changed.at("layer").as_string(), "hidden");
  EXPECT_EQ(changed.at("options").at("units"), Json::list({32, 16}));
  const std::string text = run({"diff", "a.keras", "c.keras"}).out;
  EXPECT_NE(text.find(" ~ layer hidden: units 32 -> 16\n"), std::string::npos) << text;
  EXPECT_NE(text.find(" ~ array hidden/kernel: float32(32, 32) -> float32(32, 16)\n"), std::string::npos)
      << text;
  Sequential other({Input({32}), Dense(32, {.name = "hidden"}), Dense(2, {.name = "end"})});
  other.save(folder_ / "d.keras");
  const Json names = json({"diff", "a.keras", "d.keras"});
  EXPECT_EQ(names.at("structure").at("removed"), Json::list({"head"}));
  EXPECT_EQ(names.at("structure").at("added"), Json::list({"end"}));
  EXPECT_EQ(names.at("weights").at("added"), Json::list({"end/kernel", "end/bias"}));
  EXPECT_NE(run({"diff", "a.keras", "a.keras"}).out.find("a.keras and a.keras are identical\n"),
            std::string::npos);
  expect_error({"diff", "a.keras", "gone.keras"}, "gone.keras");
  expect_error({"diff", "a.keras"}, "B is required", 2);
}

TEST_F(ModelFiles, DiffFindsTheWeightsOfAFileThatNamesNoLayers) {
  json({"convert", "a.keras", "same.weights.h5"});
  const Json same = json({"diff", "a.keras", "same.weights.h5"});
  EXPECT_TRUE(same.at("identical").as_bool()) << same.dump();
  EXPECT_EQ(same.at("weights").at("arrays").size(), 4u);
  model(32, 2).save(folder_ / "b.keras");
  const Json other = json({"diff", "same.weights.h5", "b.keras"});
  EXPECT_FALSE(other.at("identical").as_bool());
  EXPECT_EQ(other.at("weights").at("arrays").size(), 4u);
  model(16, 2).save(folder_ / "narrow.keras");
  EXPECT_FALSE(json({"diff", "same.weights.h5", "narrow.keras"}).at("identical").as_bool());
}

TEST_F(ModelFiles, DiffLeavesOutWhatNobodyReads) {
  const auto graph = [&](const std::string& name, float number) {
    test::OnnxGraphParts parts;
    parts.initializers = {test::onnx_floats("table", {300}, std::vector<float>(300, number))};
    parts.nodes = {test::onnx_node("Mod", {"x", "table"}, {"y"}, {test::onnx_attribute("fmod", int64_t{1})})};
    parts.inputs = {test::onnx_value("x", {-1, 300})};
    parts.outputs = {test::onnx_value("y", {-1, 300})};
    write_file(folder_ / name, test::onnx_model(parts));
  };
  graph("a.onnx", 1);
  graph("b.onnx", 2);
  const test::Outcome outcome = run({"diff", "a.onnx", "b.onnx"});
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_NE(outcome.out.find("characters)"), std::string::npos) << outcome.out;
  EXPECT_LT(outcome.out.size(), 600u) << outcome.out;
}

TEST_F(ModelFiles, EvaluateTakesALossWhereTheFileHasNone) {
  test::OnnxGraphParts parts;
  parts.initializers = {test::onnx_floats("w", {2, 1}, {1, 1})};
  parts.nodes = {test::onnx_node("MatMul", {"x", "w"}, {"y"})};
  parts.inputs = {test::onnx_value("x", {-1, 2})};
  parts.outputs = {test::onnx_value("y", {-1, 1})};
  write_file(folder_ / "sum.onnx", test::onnx_model(parts));
  write_file(folder_ / "t.csv", "a,b,target\n1,2,4\n2,2,4\n");
  expect_error({"evaluate", "sum.onnx", "--data", "t.csv"}, "--loss");
  const Json judged = json({"evaluate", "sum.onnx", "--data", "t.csv", "--loss", "mse", "--metrics", "mae", "--quiet"});
  EXPECT_NEAR(judged.at("metrics").at("loss").as_double(), 0.5, 1e-6);
  EXPECT_NEAR(judged.at("metrics").at("mae").as_double(), 0.5, 1e-6);
  expect_error({"evaluate", "sum.onnx", "--data", "t.csv", "--loss", "msee"}, "did you mean 'mse'?");
}

TEST_F(ModelFiles, NamesOfInputsAndFilesMayHoldEqualSigns) {
  test::OnnxGraphParts parts;
  parts.nodes = {test::onnx_node("Identity", {"a=b"}, {"y"})};
  parts.inputs = {test::onnx_value("a=b", {-1, 2})};
  parts.outputs = {test::onnx_value("y", {-1, 2})};
  write_file(folder_ / "named.onnx", test::onnx_model(parts));
  write_npy(folder_ / "c=d.npy", ones({1, 2}));
  for (const char* input : {"a=b=c=d.npy", "c=d.npy"})
    EXPECT_EQ(run({"run", "named.onnx", "--input", input, "--output", "out"}).status, 0) << input;
  expect_error({"run", "named.onnx", "--input", "a=c=d.npy", "--output", "out"}, "no input 'a'");
}

}  // namespace
}  // namespace lamina
