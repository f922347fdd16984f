// Tests of ONNX models as models: asking, training, saving them.
#include "lamina/formats/onnx/onnx.h"

#include <gtest/gtest.h>

#include <cmath>

#include "lamina/base/error.h"
#include "lamina/base/files.h"
#include "lamina/formats/keras/keras.h"
#include "tests/support/onnx_bytes.h"
#include "tests/support/temporary_folder.h"

namespace lamina::test {
namespace {

// Softmax(x W + b), as PyTorch writes it: W by rows of outputs.
OnnxGraphParts classifier() {
  return {.nodes = {onnx_node("Gemm", {"x", "fc.weight", "fc.bias"}, {"logits"}, {onnx_attribute("transB", 1)}),
                    onnx_node("Softmax", {"logits"}, {"y"}, {onnx_attribute("axis", -1)})},
          .initializers = {onnx_floats("fc.weight", {2, 3}, {1, 0, -1, 0.5F, 2, 0}),
                           onnx_floats("fc.bias", {2}, {0.25F, -0.25F})},
          .inputs = {onnx_value("x", {-1, 3})},
          .outputs = {onnx_value("y", {-1, 2})}};
}

Model load(const std::string& bytes) {
  const TemporaryFolder folder;
  write_file(folder / "model.onnx", bytes);
  return load_model(folder / "model.onnx");
}

std::string refusal(const std::string& bytes) {
  try {
    load(bytes);
  } catch (const FileError& error) {
    return error.what();
  }
  return "";
}

TEST(Onnx, GivesWhatItsGraphSays) {
  Model model = load(onnx_model(classifier()));
  EXPECT_EQ(model.input_names(), std::vector<std::string>{"x"});
  EXPECT_EQ(model.output_names(), std::vector<std::string>{"y"});
  EXPECT_EQ(model.input_shape(), (Shape{-1, 3}));
  EXPECT_EQ(model.output_shape(), (Shape{-1, 2}));
  const Tensor y = model.predict(Tensor::from<float>({{1, 2, 3}, {0, 0, 0}}));
  const float a = std::exp(-1.75F), b = std::exp(4.25F), c = std::exp(0.25F), d = std::exp(-0.25F);
  const std::vector<float> values = y.to_vector<float>();
  EXPECT_NEAR(values[0], a / (a + b), 1e-6);
  EXPECT_NEAR(values[2], c / (c + d), 1e-6);
}

TEST(Onnx, ConstantsOfOperatorsThatLearnAreWeightsUnderTheirNames) {
  const Model model = load(onnx_model(classifier()));
  EXPECT_EQ(model.weight_names(), (std::vector<std::string>{"onnx_graph/fc.weight", "onnx_graph/fc.bias"}));
  EXPECT_EQ(model.weight("onnx_graph/fc.bias")->read().to_vector<float>(), (std::vector<float>{0.25F, -0.25F}));
}

TEST(Onnx, IsTrainedOnAndKept) {
  Model model = load(onnx_model(classifier()));
  model.compile({.optimizer = "sgd", .loss = "categorical_crossentropy"});
  const Tensor x = Tensor::from<float>({{1, 2, 3}, {3, 1, 0}, {0, 1, 1}, {2, 0, 1}});
  const Tensor y = Tensor::from<float>({{1, 0}, {0, 1}, {1, 0}, {0, 1}});
  const double before = model.evaluate(x, y, {.verbose = 0})["loss"];
  model.fit(x, y, {.epochs = 100, .verbose = 0});
  EXPECT_LT(model.evaluate(x, y, {.verbose = 0})["loss"], 0.7 * before);
  const TemporaryFolder folder;
  model.save(folder / "tuned.keras");
  Model again = load_model(folder / "tuned.keras");
  EXPECT_EQ(again.predict(x).to_vector<float>(), model.predict(x).to_vector<float>());
}

TEST(Onnx, KernelsLieAsTheyAreReadAndAreTrained) {
  std::vector<float> kernel(2 * 1 * 3 * 3), values(16);
  for (size_t i = 0; i < kernel.size(); ++i) kernel[i] = 0.1F * static_cast<float>(i) - 0.8F;
  for (size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(i % 5);
  Model model = load(onnx_model(
      {.nodes = {onnx_node("Conv", {"x", "kernel"}, {"y"}, {onnx_attribute("pads", std::vector<int64_t>{1, 1, 0, 0})})},
       .initializers = {onnx_floats("kernel", {2, 1, 3, 3}, kernel)},
       .inputs = {onnx_value("x", {-1, 1, 4, 4})},
       .outputs = {onnx_value("y", {-1, 2, 3, 3})}}));
  EXPECT_EQ(model.weight("onnx_graph/kernel")->type.shape, (Shape{3, 3, 1, 2}));
  const std::vector<float> y = model.predict(Tensor::from(values, {1, 1, 4, 4})).to_vector<float>();
  // Above and left of the image there are zeros: the first element sees its upper left quarter.
  float expected = 0;
  for (size_t i = 0; i < 2; ++i) {
    for (size_t j = 0; j < 2; ++j) expected += kernel[(i + 1) * 3 + j + 1] * values[i * 4 + j];
  }
  EXPECT_NEAR(y[0], expected, 1e-5);
  // And the element in the middle of the second channel a whole window.
  expected = 0;
  for (size_t i = 0; i < 3; ++i) {
    for (size_t j = 0; j < 3; ++j) expected += kernel[9 + i * 3 + j] * values[i * 4 + j];
  }
  EXPECT_NEAR(y[9 + 4], expected, 1e-5);
}

TEST(Onnx, ModelOfOneSampleTakesMoreOneByOne) {
  OnnxGraphParts parts = classifier();
  parts.inputs = {onnx_value("x", {1, 3})};
  parts.outputs = {onnx_value("flat", {1, 2})};
  // The shape is written down for one sample.
  parts.nodes.push_back(onnx_node("Reshape", {"y", "shape"}, {"flat"}));
  parts.initializers.push_back(onnx_integers("shape", {1, 2}));
  Model one = load(onnx_model(parts)), open = load(onnx_model(classifier()));
  const Tensor x = Tensor::from<float>({{1, 2, 3}, {3, 1, 0}, {0, 1, 1}});
  const std::vector<float> a = one.predict(x).to_vector<float>(), b = open.predict(x).to_vector<float>();
  ASSERT_EQ(a.size(), b.size());
  for (size_t i = 0; i < a.size(); ++i) EXPECT_NEAR(a[i], b[i], 1e-6);
}

TEST(Onnx, ExtentsThatFollowFromValuesAreComputed) {
  Model model = load(onnx_model({.nodes = {onnx_node("NonZero", {"x"}, {"places"}),
                                           onnx_node("Transpose", {"places"}, {"pairs"})},
                                 .inputs = {onnx_value("x", {-1, 3})},
                                 .outputs = {onnx_value("pairs", {-1, 2}, 7)}}));
  const Tensors two = model.outputs_on_batch(Tensor::from<float>({{0, 2, 0}, {1, 0, 0}}));
  EXPECT_EQ(two[size_t{0}].shape(), (Shape{2, 2}));
  EXPECT_EQ(two[size_t{0}].to_vector<int64_t>(), (std::vector<int64_t>{0, 1, 1, 0}));
  EXPECT_EQ(model.outputs_on_batch(Tensor::from<float>({{1, 1, 1}}))[size_t{0}].shape(), (Shape{3, 2}));
}

TEST(Onnx, BranchFollowsFromAnInputThatIsOneNumber) {
  const auto branch = [](const char* type, const char* result) {
    return onnx_graph({.nodes = {onnx_node(type, {"x"}, {result})}, .outputs = {onnx_value(result, {-1, 3})}});
  };
  Model model = load(onnx_model(
      {.nodes = {onnx_node("If", {"up"}, {"y"},
                           {onnx_attribute("then_branch", branch("Neg", "a")),
                            onnx_attribute("else_branch", branch("Abs", "b"))})},
       .inputs = {onnx_value("x", {-1, 3}), onnx_value("up", {}, 9)},
       .outputs = {onnx_value("y", {-1, 3})}}));
  const Tensor x = Tensor::from<float>({{1, -2, 3}});
  const auto ask = [&](bool up) {
    return model.outputs_on_batch({{"x", x}, {"up", Tensor(up)}})[size_t{0}].to_vector<float>();
  };
  EXPECT_EQ(ask(true), (std::vector<float>{-1, 2, -3}));
  EXPECT_EQ(ask(false), (std::vector<float>{1, 2, 3}));
}

TEST(Onnx, NodesInAnyOrderAreSorted) {
  OnnxGraphParts parts = classifier();
  std::swap(parts.nodes[0], parts.nodes[1]);
  EXPECT_EQ(load(onnx_model(parts)).output_names(), std::vector<std::string>{"y"});
}

// Files of IR version 3 list initializers among the inputs; what is kept of them does not.
TEST(Onnx, InitializersThatAreInputsAreKeptAsWeights) {
  OnnxGraphParts parts = classifier();
  parts.inputs.push_back(onnx_value("fc.weight", {2, 3}));
  parts.inputs.push_back(onnx_value("fc.bias", {2}));
  parts.inputs.push_back(onnx_value("shape", {2}, 7));
  parts.outputs = {onnx_value("flat", {-1, 2})};
  parts.nodes.push_back(onnx_node("Reshape", {"y", "shape"}, {"flat"}));
  parts.initializers.push_back(onnx_integers("shape", {-1, 2}));
  Model model = load(onnx_model(parts));
  EXPECT_EQ(model.input_names(), std::vector<std::string>{"x"});
  const TemporaryFolder folder;
  model.save(folder / "kept.keras");
  Model again = load_model(folder / "kept.keras");
  const Tensor x = Tensor::from<float>({{1, 2, 3}});
  EXPECT_EQ(again.predict(x).to_vector<float>(), model.predict(x).to_vector<float>());
  again.save(folder / "twice.keras");
  EXPECT_EQ(again.serialize().dump(), load_model(folder / "twice.keras").serialize().dump());
}

TEST(Onnx, OutputsKeepTheOrderOfTheFile) {
  const Model model = load(onnx_model({.nodes = {onnx_node("Neg", {"x"}, {"b"}), onnx_node("Abs", {"x"}, {"a/1"})},
                                       .inputs = {onnx_value("x", {-1, 3})},
                                       .outputs = {onnx_value("b", {-1, 3}), onnx_value("a/1", {-1, 3})}}));
  EXPECT_EQ(model.output_names(), (std::vector<std::string>{"b", "a/1"}));
}

TEST(Onnx, ShapesThatTheFileDoesNotSayAreFound) {
  Message bare;
  bare.bytes(1, "y").message(2, Message().message(1, Message().integer(1, 1)));
  Model model = load(onnx_model({.nodes = {onnx_node("Squeeze", {"x", "first"}, {"y"})},
                                 .initializers = {onnx_integers("first", {0})},
                                 .inputs = {onnx_value("x", {-1, 3, 4})},
                                 .outputs = {bare}}));
  EXPECT_EQ(model.outputs_on_batch(Tensor::from(std::vector<float>(12, 1.F), {1, 3, 4}))[size_t{0}].shape(),
            (Shape{3, 4}));
}

// ---- What is refused ----

TEST(Onnx, UnknownOperatorsAreNamedTogetherWithTheirNodes) {
  OnnxGraphParts parts = classifier();
  parts.nodes.push_back(onnx_node("Frobnicate", {"y"}, {"z"}));
  parts.nodes.push_back(onnx_node("Gelu", {"z"}, {"w"}, {}, "com.example"));
  const std::string what = refusal(onnx_model(parts));
  EXPECT_NE(what.find("Frobnicate (version 17): node 'z'"), std::string::npos) << what;
  EXPECT_NE(what.find("com.example.Gelu"), std::string::npos) << what;
}

TEST(Onnx, CycleIsRefused) {
  const std::string what = refusal(onnx_model({.nodes = {onnx_node("Add", {"x", "b"}, {"a"}), onnx_node("Neg", {"a"}, {"b"})},
                                               .inputs = {onnx_value("x", {-1, 3})},
                                               .outputs = {onnx_value("b", {-1, 3})}}));
  EXPECT_NE(what.find("has a cycle"), std::string::npos) << what;
}

TEST(Onnx, MissingInitializerIsNamed) {
  OnnxGraphParts parts = classifier();
  parts.initializers.pop_back();
  EXPECT_NE(refusal(onnx_model(parts)).find("reads 'fc.bias', which no node, input or initializer gives"),
            std::string::npos);
}

TEST(Onnx, OperatorSetOfTheFutureIsRefused) {
  EXPECT_NE(refusal(onnx_model(classifier(), 99)).find("version 99 of the operator set 'ai.onnx'"), std::string::npos);
}

TEST(Onnx, UnknownAttributeIsRefused) {
  OnnxGraphParts parts = classifier();
  parts.nodes[1] = onnx_node("Softmax", {"logits"}, {"y"}, {onnx_attribute("axis", -1), onnx_attribute("colour", 3)});
  Model model = load(onnx_model(parts));
  try {
    model.predict(Tensor::from<float>({{1, 2, 3}}));
    FAIL();
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("node 'y' (Softmax): has no attribute 'colour'"), std::string::npos)
        << error.what();
  }
}

TEST(Onnx, AttributeOfAnotherKindIsRefused) {
  OnnxGraphParts parts = classifier();
  parts.nodes[1] = onnx_node("Softmax", {"logits"}, {"y"}, {onnx_attribute("axis", std::vector<int64_t>{1})});
  Model model = load(onnx_model(parts));
  EXPECT_THROW(model.predict(Tensor::from<float>({{1, 2, 3}})), InvalidArgument);
}

TEST(Onnx, ElementsThatAreTooFewAreRefused) {
  OnnxGraphParts parts = classifier();
  parts.initializers[0] = onnx_floats("fc.weight", {200, 3000000000}, {1, 2});
  const std::string what = refusal(onnx_model(parts));
  EXPECT_NE(what.find("tensor 'fc.weight': expected"), std::string::npos) << what;
  EXPECT_NE(what.find("received 8"), std::string::npos) << what;
}

TEST(Onnx, DataBesideTheModelAreRead) {
  const TemporaryFolder folder;
  const auto external = [](const std::string& location, int64_t offset) {
    return Message().integer(1, 2).integer(2, 1).bytes(8, "fc.bias")
        .message(13, Message().bytes(1, "location").bytes(2, location))
        .message(13, Message().bytes(1, "offset").bytes(2, std::to_string(offset)))
        .integer(14, 1);
  };
  const float numbers[] = {9, 0.25F, -0.25F};
  write_file(folder / "weights.bin", std::string(reinterpret_cast<const char*>(numbers), sizeof numbers));
  const auto load_with = [&](const Message& bias) {
    OnnxGraphParts parts = classifier();
    parts.initializers[1] = bias;
    write_file(folder / "model.onnx", onnx_model(parts));
    return load_onnx(folder / "model.onnx");
  };
  EXPECT_EQ(load_with(external("weights.bin", 4)).weight("onnx_graph/fc.bias")->read().to_vector<float>(),
            (std::vector<float>{0.25F, -0.25F}));
  for (const char* location : {"../weights.bin", "/etc/passwd", "", "a/../../weights.bin"})
    EXPECT_THROW(load_with(external(location, 0)), FileError) << location;
  EXPECT_THROW(load_with(external("missing.bin", 0)), FileError);
  EXPECT_THROW(load_with(external("weights.bin", 8)), FileError);   // too short from there
  EXPECT_THROW(load_with(external("weights.bin", -4)), FileError);
  EXPECT_THROW(load_with(external("weights.bin", 4).message(13, Message().bytes(1, "length").bytes(2, "12"))),
               FileError);
}

// Each function calls the next one twice.
TEST(Onnx, FunctionsThatMultiplyTheirWorkAreStopped) {
  Message model;
  model.integer(1, 8).message(8, Message().integer(2, 17)).message(8, Message().bytes(1, "own").integer(2, 1));
  for (int i = 0; i < 40; ++i) {
    const std::string next = "f" + std::to_string(i + 1), own = i < 39 ? "own" : "";
    Message function;
    function.bytes(1, "f" + std::to_string(i)).bytes(4, "x").bytes(5, "z");
    function.message(7, onnx_node(i < 39 ? next : "Neg", {"x"}, {"y"}, {}, own));
    function.message(7, onnx_node(i < 39 ? next : "Neg", {"y"}, {"z"}, {}, own));
    function.message(9, Message().integer(2, 17)).message(9, Message().bytes(1, "own").integer(2, 1));
    model.message(25, function.bytes(10, "own"));
  }
  model.message(7, onnx_graph({.nodes = {onnx_node("f0", {"one"}, {"y"}, {}, "own")},
                               .initializers = {onnx_floats("one", {1}, {1})},
                               .inputs = {onnx_value("x", {1})},
                               .outputs = {onnx_value("y", {1})}}));
  // Too deep to be computed when it is read; asked, it would not end.
  EXPECT_NO_THROW(load(model.str()));
}

TEST(Onnx, DamagedFilesAreErrors) {
  const std::string whole = onnx_model(classifier());
  for (size_t i = 0; i < 64; ++i) {
    const std::string part = whole.substr(0, whole.size() * i / 64);
    EXPECT_FALSE(refusal(part).empty()) << i;
  }
  // A flipped byte is an error, another model, or another number; it is never a crash.
  for (size_t i = 0; i < whole.size(); ++i) {
    std::string damaged = whole;
    damaged[i] = static_cast<char>(damaged[i] ^ 0x55);
    try {
      load(damaged).predict(Tensor::from<float>({{1, 2, 3}}));
    } catch (const Error&) {
    }
  }
}

// Constants of a branch are part of the file that the model becomes.
TEST(Onnx, KeepsConstantsInsideOfBranches) {
  const auto branch = [](float value) {
    return onnx_graph({.nodes = {onnx_node("Mul", {"x", "c"}, {"r"})},
                       .initializers = {onnx_floats("c", {3}, {value, value, value})},
                       .outputs = {onnx_value("r", {-1, 3})}});
  };
  Model model = load(onnx_model(
      {.nodes = {onnx_node("ReduceSum", {"x"}, {"s"}, {onnx_attribute("keepdims", 0)}), onnx_node("Greater", {"s", "zero"}, {"p"}),
                 onnx_node("If", {"p"}, {"y"}, {onnx_attribute("then_branch", branch(2)), onnx_attribute("else_branch", branch(3))})},
       .initializers = {onnx_floats("zero", {}, {0})},
       .inputs = {onnx_value("x", {-1, 3})},
       .outputs = {onnx_value("y", {-1, 3})}}));
  const TemporaryFolder folder;
  model.save(folder / "m.keras");
  Model again = load_model(folder / "m.keras");
  for (const float sign : {1.0F, -1.0F}) {
    const Tensor x = Tensor::from<float>({{sign, 2 * sign, 3 * sign}});
    EXPECT_EQ(again.predict(x).to_vector<float>(), model.predict(x).to_vector<float>());
    EXPECT_EQ(again.predict(x).to_vector<float>()[1], 2 * sign * (sign > 0 ? 2 : 3));
  }
}

TEST(Onnx, IndicesOutOfRangeAreErrorsWhenTheyAreOnlyKnownThen) {
  const auto gather = [](int64_t axis) {
    OnnxGraphParts parts;
    parts.initializers = {onnx_floats("table", {2, 3}, {1, 2, 3, 4, 5, 6})};
    parts.nodes = {onnx_node("Gather", {"table", "i"}, {"y"}, {onnx_attribute("axis", axis)})};
    parts.inputs = {onnx_value("i", {-1, 20}, 7)};
    parts.outputs = {onnx_value("y", axis == 0 ? std::vector<int64_t>{-1, 20, 3} : std::vector<int64_t>{2, -1, 20})};
    return load(onnx_model(parts));
  };
  std::vector<int64_t> places(20, 0);
  places[3] = -1;
  Model rows = gather(0), columns = gather(1);
  EXPECT_EQ(rows.predict(Tensor::from(places, Shape{1, 20})).to_vector<float>()[10], 5);
  EXPECT_EQ(columns.outputs_on_batch(Tensor::from(places, Shape{1, 20}))[0].to_vector<float>()[3], 3);
  for (const int64_t wrong : {int64_t{3}, int64_t{-4}}) {
    places[7] = wrong;
    const Tensor i = Tensor::from(places, Shape{1, 20});
    EXPECT_THROW(rows.predict(i), InvalidArgument) << wrong;
    EXPECT_THROW(columns.outputs_on_batch(i)[0].to_vector<float>(), InvalidArgument) << wrong;
  }
}

TEST(Onnx, GatherNDLooksAtEachAxis) {
  OnnxGraphParts parts;
  parts.initializers = {onnx_floats("table", {2, 3}, {1, 2, 3, 4, 5, 6})};
  parts.nodes = {onnx_node("GatherND", {"table", "i"}, {"y"})};
  parts.inputs = {onnx_value("i", {-1, 20, 2}, 7)};
  parts.outputs = {onnx_value("y", {-1, 20})};
  Model model = load(onnx_model(parts));
  std::vector<int64_t> places(40, 1);
  places[1] = -1;
  EXPECT_EQ(model.predict(Tensor::from(places, Shape{1, 20, 2})).to_vector<float>()[0], 6);
  places[0] = 0;
  places[1] = 4;  // of the flattened table this would be another element
  EXPECT_THROW(model.predict(Tensor::from(places, Shape{1, 20, 2})), InvalidArgument);
}

TEST(Onnx, IndicesOfElementsAreLookedAtAsWell) {
  const auto model_of = [](const char* op, const std::vector<int64_t>& width) {
    const bool scatters = std::string(op).starts_with("Scatter");
    OnnxGraphParts parts;
    parts.inputs = {onnx_value("i", width, 7)};
    std::vector<std::string> takes{"table", "i"};
    std::vector<int64_t> given = width;
    if (std::string(op) == "ScatterND") given.pop_back();
    if (scatters) {
      takes.push_back("updates");
      parts.initializers.push_back(onnx_floats("updates", given, {7, 8}));
    }
    parts.initializers.push_back(onnx_floats("table", {1, 3}, {1, 2, 3}));
    parts.nodes = {std::string(op) == "ScatterND" ? onnx_node(op, takes, {"y"})
                                                  : onnx_node(op, takes, {"y"}, {onnx_attribute("axis", 1)})};
    parts.outputs = {onnx_value("y", scatters ? std::vector<int64_t>{1, 3} : given)};
    return load(onnx_model(parts));
  };
  const auto run = [](Model& model, const std::vector<int64_t>& places, const Shape& shape) {
    return model.outputs_on_batch(Tensor::from(places, shape))[0].to_vector<float>();
  };
  Model gathers = model_of("GatherElements", {1, 2}), scatters = model_of("ScatterElements", {1, 2}),
        pairs = model_of("ScatterND", {2, 2});
  EXPECT_EQ(run(gathers, {2, -3}, {1, 2}), (std::vector<float>{3, 1}));
  EXPECT_EQ(run(scatters, {2, -3}, {1, 2}), (std::vector<float>{8, 2, 7}));
  for (const int64_t wrong : {int64_t{3}, int64_t{-4}}) {
    EXPECT_THROW(run(gathers, {2, wrong}, {1, 2}), InvalidArgument) << wrong;
    EXPECT_THROW(run(scatters, {2, wrong}, {1, 2}), InvalidArgument) << wrong;
    EXPECT_THROW(run(pairs, {0, 2, 0, wrong}, {2, 2}), InvalidArgument) << wrong;
  }
}

TEST(Onnx, LoopsThatEndNoMoreAreRefusedAtOnce) {
  const auto looping = [](int64_t turns, bool passes_on) {
    OnnxGraphParts body;
    body.inputs = {onnx_value("i", {}, 7), onnx_value("go", {}, 9), onnx_value("x", {-1, 2})};
    body.outputs = {onnx_value(passes_on ? "go" : "on", {}, 9), onnx_value("z", {-1, 2})};
    body.nodes = {onnx_node("Identity", {"x"}, {"z"})};
    if (!passes_on) body.nodes.push_back(onnx_node("Identity", {"go"}, {"on"}));
    OnnxGraphParts parts;
    parts.initializers = {onnx_integers("turns", {turns})};
    parts.nodes = {onnx_node("Loop", {"turns", "", "x"}, {"y"}, {onnx_attribute("body", onnx_graph(body))})};
    parts.inputs = {onnx_value("x", {-1, 2})};
    parts.outputs = {onnx_value("y", {-1, 2})};
    return onnx_model(parts);
  };
  const Tensor x = Tensor::from<float>({{1, 2}});
  for (const bool passes_on : {true, false}) {
    EXPECT_EQ(load(looping(3, passes_on)).predict(x).to_vector<float>(), (std::vector<float>{1, 2}));
    try {
      load(looping(int64_t{1} << 62, passes_on)).predict(x);
      ADD_FAILURE() << "it ended";
    } catch (const Error& error) {
      EXPECT_NE(std::string(error.what()).find("its loop does not end within"), std::string::npos) << error.what();
    }
  }
}

TEST(Onnx, UnsignedInputsWrapAround) {
  for (const auto& [type, expected] : {std::pair{4, 65535.0F}, std::pair{12, 4294967295.0F}}) {
    OnnxGraphParts parts;
    parts.nodes = {onnx_node("Cast", {"x"}, {"y"}, {onnx_attribute("to", int64_t{1})})};
    parts.inputs = {onnx_value("x", {-1, 2}, type)};
    parts.outputs = {onnx_value("y", {-1, 2})};
    Model model = load(onnx_model(parts));
    EXPECT_EQ(model.predict(Tensor::from(std::vector<int64_t>{-1, 7}, Shape{1, 2})).to_vector<float>(),
              (std::vector<float>{expected, 7}));
  }
}

TEST(Onnx, FeaturesAreWhatTheLastOperatorWithWeightsIsGiven) {
  const TemporaryFolder folder;
  const auto refused = [&](const std::vector<Message>& nodes, const std::string& part) {
    OnnxGraphParts few;
    few.initializers = {onnx_floats("a", {3, 2}, {1, 2, 3, 4, 5, 6})};
    few.nodes = nodes;
    few.inputs = {onnx_value("x", {1, 3})};
    few.outputs = {onnx_value("y", {1, -1})};
    write_file(folder / "model.onnx", onnx_model(few));
    try {
      load_onnx_features(folder / "model.onnx");
      ADD_FAILURE() << "nothing was thrown: " << part;
    } catch (const FileError& error) {
      EXPECT_NE(std::string(error.what()).find(part), std::string::npos) << error.what();
    }
  };
  refused({onnx_node("MatMul", {"x", "a"}, {"y"})}, "there are no features before it");
  refused({onnx_node("Relu", {"x"}, {"y"})}, "nobody can say where its head begins");
  OnnxGraphParts parts;
  parts.initializers = {onnx_floats("a", {3, 4}, {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}),
                        onnx_floats("b", {4, 2}, {1, 2, 3, 4, 5, 6, 7, 8}), onnx_floats("shift", {1, 2}, {1, 2})};
  parts.nodes = {onnx_node("MatMul", {"x", "a"}, {"hidden"}), onnx_node("Relu", {"hidden"}, {"features"}),
                 onnx_node("MatMul", {"features", "b"}, {"product"}), onnx_node("Add", {"product", "shift"}, {"y"})};
  parts.inputs = {onnx_value("x", {1, 3})};
  parts.outputs = {onnx_value("y", {1, 2})};
  write_file(folder / "model.onnx", onnx_model(parts));
  OnnxFeatures cut = load_onnx_features(folder / "model.onnx");
  EXPECT_EQ(cut.features, "features");
  EXPECT_EQ(cut.model.weight_names(), std::vector<std::string>{"onnx_graph/a"});
  EXPECT_EQ(cut.model.input_shape(), (Shape{-1, 3}));
  EXPECT_EQ(cut.model.predict(Tensor::from<float>({{1, 0, 0}, {0, 1, 0}})).to_vector<float>(),
            (std::vector<float>{1, 2, 3, 4, 5, 6, 7, 8}));
  EXPECT_EQ(load_onnx_features(folder / "model.onnx", "hidden").features, "hidden");
  cut.model.save(folder / "cut.keras");
  EXPECT_EQ(load_model(folder / "cut.keras").predict(Tensor::from<float>({{0, 0, 1}})).to_vector<float>(),
            (std::vector<float>{9, 10, 11, 12}));
}

TEST(Onnx, AFileIsKnownByItsBytesWhateverItIsCalled) {
  const TemporaryFolder folder;
  write_file(folder / "network.bin", onnx_model(classifier()));
  EXPECT_EQ(load_model(folder / "network.bin").output_names(), std::vector<std::string>{"y"});
}

}  // namespace
}  // namespace lamina::test
