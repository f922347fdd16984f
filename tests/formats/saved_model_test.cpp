// Graphs of SavedModels: what functions compute, what variables become, and files that are wrong.
#include "lamina/formats/saved_model/saved_model.h"

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <map>

#include "lamina/base/error.h"
#include "lamina/base/files.h"
#include "lamina/formats/npy.h"
#include "lamina/formats/npz.h"
#include "lamina/formats/saved_model/signatures.h"
#include "lamina/ops/binary.h"
#include "tests/support/golden.h"
#include "tests/support/onnx_bytes.h"
#include "tests/support/shared_data.h"
#include "tests/support/temporary_folder.h"

namespace lamina::test {
namespace {

void expect_near(const Tensor& given, const Tensor& expected, float tolerance) {
  ASSERT_EQ(given.shape(), expected.shape());
  const std::vector<float> a = given.to_vector<float>(), b = expected.to_vector<float>();
  float largest = 0, worst = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    largest = std::max(largest, std::fabs(b[i]));
    worst = std::max(worst, std::fabs(a[i] - b[i]));
  }
  EXPECT_GT(largest, 0);
  EXPECT_LE(worst, tolerance * largest);
}

// ---- What TensorFlow wrote ----

TEST(SavedModelGraph, BasicPitchGivesWhatTensorFlowGives) {
  const std::string folder = shared_file("models/basic-pitch");
  if (folder.empty()) GTEST_SKIP() << "no ../shared";
  Model model = load_model(folder + "/saved_model");
  EXPECT_EQ(model.output_names(), (std::vector<std::string>{"contour", "note", "onset"}));
  EXPECT_EQ(model.input_names(), std::vector<std::string>{"input_2"});
  const Tensors outputs =
      model.outputs_on_batch(read_npy(folder + "/golden/nmp.in.serving_default_input_2_0.npy"));
  const char* const names[] = {"contour", "note", "onset"};
  for (int i = 0; i < 3; ++i) {
    expect_near(*outputs.find(names[i]),
                read_npy(folder + "/golden/nmp.out.StatefulPartitionedCall_" + std::to_string(i) + ".npy"),
                1e-5F);
  }
}

// The weights are variables under their names, of which moving statistics are not trained; the model is
// trained on, kept as .keras and gives the same there.
TEST(SavedModelGraph, IsTrainedOnAndKept) {
  const std::string folder = golden_path("formats/saved_models/image");
  Model model = load_model(folder);
  const Tensor x = read_npy(folder + "/x.npy"), expected = read_npy(folder + "/y.npy");
  expect_near(model.predict(x), expected, 1e-5F);
  EXPECT_EQ(model.weights().size(), 8u);
  int64_t trained = 0;
  for (const WeightPtr& weight : model.weights()) trained += weight->trainable ? 1 : 0;
  EXPECT_EQ(trained, 6);
  LoadReport report;
  load_saved_model(folder, &report);
  EXPECT_EQ(report.applied.size(), 8u);
  model.compile({.optimizer = "sgd", .loss = "mse"});
  const Tensor y = multiply(expected, 0.5);
  const double before = model.evaluate(x, y, {.verbose = 0})["loss"];
  model.fit(x, y, {.epochs = 5, .verbose = 0});
  EXPECT_LT(model.evaluate(x, y, {.verbose = 0})["loss"], before);
  const TemporaryFolder out;
  model.save(out / "m.keras");
  Model again = load_model(out / "m.keras");
  EXPECT_EQ(again.predict(x).to_vector<float>(), model.predict(x).to_vector<float>());
  EXPECT_EQ(again.weight_names(), model.weight_names());
}

TEST(SavedModelGraph, GivesWhatKerasAndFunctionsGive) {
  for (const std::string name : {"sequence", "functions", "saved"}) {
    const std::string folder = golden_path("formats/saved_models/" + name);
    Model model = load_model(folder);
    const Tensor x = read_npy(folder + "/x.npy");
    expect_near(model.predict(x), read_npy(folder + "/y.npy"), 1e-5F);
    const TemporaryFolder out;
    model.save(out / "m.keras");
    EXPECT_EQ(load_model(out / "m.keras").predict(x).to_vector<float>(), model.predict(x).to_vector<float>())
        << name;
  }
}

// Keras 2 trains a model, writes it, and trains on: so does who reads it, with the optimizer's state of the
// checkpoint.
TEST(SavedModel, TrainsOnWithTheOptimizersState) {
  for (const std::string name : {"trained_adam", "trained_rmsprop"}) {
    const std::string folder = golden_path("formats/saved_models/" + name);
    LoadReport report;
    Model model = load_saved_model(folder, &report);
    EXPECT_TRUE(report.skipped.empty()) << report.skipped[0];
    EXPECT_EQ(model.optimizer_variables()[0]->value.item<int64_t>(), 3) << name;
    const std::map<std::string, Tensor> after = read_npz(folder + "/after.npz");
    model.fit(after.at("x"), after.at("y"), {.epochs = 2, .batch_size = 8, .verbose = 0});
    expect_near(model.predict(after.at("x")), after.at("output"), 1e-5F);
  }
}

// ---- Files of a few nodes ----

Message attribute(const std::string& name, const Message& value) {
  return Message().bytes(1, name).message(2, value);
}

Message node(const std::string& name, const std::string& op, const std::vector<std::string>& inputs,
             const std::vector<Message>& attributes = {}) {
  Message message;
  message.bytes(1, name).bytes(2, op);
  for (const std::string& input : inputs) message.bytes(3, input);
  for (const Message& each : attributes) message.message(5, each);
  return message;
}

Message calls(const std::string& function) {
  return attribute("f", Message().message(10, Message().bytes(1, function)));
}

// A function of one input "a" and one output "b", which is `result`.
Message function(const std::string& name, const std::vector<Message>& nodes, const std::string& result) {
  Message message;
  message.message(
      1, Message().bytes(1, name).message(2, Message().bytes(1, "a")).message(3, Message().bytes(1, "b")));
  for (const Message& each : nodes) message.message(3, each);
  return message.message(4, Message().bytes(1, "b").bytes(2, result));
}

Message info(const std::string& name) {
  return Message().bytes(1, name).integer(2, 1).message(
      3, Message().message(2, Message().integer(1, -1)).message(2, Message().integer(1, 2)));
}

struct Parts {
  std::vector<Message> nodes = {}, functions = {};
  std::string output = "y:0";
  std::string signature = "serving_default";
  bool objects = true;
  /// Further signatures from "x:0" to what they give.
  std::vector<std::pair<std::string, std::string>> more = {};
};

std::string saved_model(const Parts& parts) {
  Message graph, library;
  graph.message(1, node("x", "Placeholder", {}));
  for (const Message& each : parts.nodes) graph.message(1, each);
  for (const Message& each : parts.functions) library.message(1, each);
  graph.message(2, library);
  const Message signature = Message()
                                .message(1, Message().bytes(1, "in").message(2, info("x:0")))
                                .message(2, Message().bytes(1, "out").message(2, info(parts.output)));
  Message meta;
  meta.message(1, Message().bytes(4, "serve"))
      .message(2, graph)
      .message(5, Message().bytes(1, parts.signature).message(2, signature));
  for (const auto& [name, output] : parts.more) {
    meta.message(5, Message().bytes(1, name).message(
                        2, Message()
                               .message(1, Message().bytes(1, "given").message(2, info("x:0")))
                               .message(2, Message().bytes(1, "made").message(2, info(output)))));
  }
  if (parts.objects) meta.message(7, Message().message(1, Message()));
  return Message().integer(1, 1).message(2, meta).str();
}

Model load_bytes(const std::string& bytes) {
  const TemporaryFolder folder;
  write_file(folder / "saved_model.pb", bytes);
  return load_model(folder.path());
}

std::string refusal(const Parts& parts) {
  return message_of<FileError>([&] { load_bytes(saved_model(parts)); });
}

TEST(SavedModelGraph, PutsFunctionsInTheirPlaces) {
  // g(f(x)) with f = -a, g = f(a) * a, one of them called by its name.
  Model model = load_bytes(saved_model(
      {.nodes = {node("y", "StatefulPartitionedCall", {"z"}, {calls("g")}), node("z", "f", {"x"})},
       .functions = {function("f", {node("n", "Neg", {"a"})}, "n:y:0"),
                     function("g",
                              {node("m", "Mul", {"c:output:0", "a"}),
                               node("c", "PartitionedCall", {"a"}, {calls("f")})},
                              "m:z:0")}}));
  EXPECT_EQ(model.input_names(), std::vector<std::string>{"in"});
  EXPECT_EQ(model.output_names(), std::vector<std::string>{"out"});
  EXPECT_EQ(model.predict(Tensor::from<float>({{1, -2}, {3, 4}})).to_vector<float>(),
            (std::vector<float>{-1, -4, -9, -16}));
}

TEST(SavedModelGraph, GivesTheSignatureThatIsAskedFor) {
  const TemporaryFolder folder;
  const Parts parts{.nodes = {node("y", "Neg", {"x"}), node("z", "Square", {"x"})},
                    .signature = "first",
                    .more = {{"second", "z:0"}, {"__saved_model_init_op", "y:0"}}};
  write_file(folder / "saved_model.pb", saved_model(parts));
  EXPECT_EQ(saved_model_signatures(folder.path()), (std::vector<std::string>{"first", "second"}));
  const Tensor x = Tensor::from<float>({{1, -2}});
  Model second = load_saved_model_signature(folder.path(), "second");
  EXPECT_EQ(second.input_names(), std::vector<std::string>{"given"});
  EXPECT_EQ(second.output_names(), std::vector<std::string>{"made"});
  EXPECT_EQ(second.predict(x).to_vector<float>(), (std::vector<float>{1, 4}));
  EXPECT_EQ(load_saved_model_signature(folder.path(), "first").predict(x).to_vector<float>(),
            (std::vector<float>{-1, 2}));
  // Without a choice none is taken.
  EXPECT_NE(message_of<FileError>([&] { load_model(folder.path()); }).find("several others: 'first', 'second'"),
            std::string::npos);
  for (const std::string wrong : {"third", "", "__saved_model_init_op"}) {
    const std::string message =
        message_of<InvalidArgument>([&] { load_saved_model_signature(folder.path(), wrong); });
    EXPECT_NE(message.find("has no signature '" + wrong + "'; it has 'first', 'second'"), std::string::npos) << message;
  }
  EXPECT_THROW(saved_model_signatures(folder / "gone"), FileError);
  write_file(folder / "saved_model.pb", "no protocol buffer");
  EXPECT_THROW(saved_model_signatures(folder.path()), FileError);
}

TEST(SavedModelGraph, NamesAllOperatorsThatItDoesNotKnow) {
  const std::string message =
      refusal({.nodes = {node("y", "Bogus", {"z"}), node("z", "PartitionedCall", {"x"}, {calls("f")})},
               .functions = {function("f", {node("n", "Other", {"a"})}, "n:y:0")}});
  EXPECT_NE(message.find("tensorflow.Bogus (version 1): node 'y'"), std::string::npos) << message;
  EXPECT_NE(message.find("tensorflow.Other (version 1): node 'z/n'"), std::string::npos) << message;
}

TEST(SavedModelGraph, RefusesGraphsThatAreWrong) {
  const auto has = [](const Parts& parts, const std::string& text) {
    SCOPED_TRACE(text);
    const std::string message = refusal(parts);
    EXPECT_NE(message.find(text), std::string::npos) << message;
  };
  has({.nodes = {node("y", "Neg", {"z"}), node("z", "Neg", {"y"})}}, "has a cycle");
  has({.nodes = {node("y", "PartitionedCall", {"x"}, {calls("f")})},
       .functions = {function("f", {node("n", "Neg", {"m:y:0"}), node("m", "Neg", {"n:y:0"})}, "n:y:0")}},
      "has a cycle");
  has({.nodes = {node("y", "PartitionedCall", {"x"}, {calls("gone")})}},
      "calls the function 'gone', which the file lacks");
  has({.nodes = {node("y", "If", {"x", "x"},
                      {attribute("then_branch", Message().message(10, Message().bytes(1, "gone")))})}},
      "names the function 'gone', which the file lacks");
  has({.nodes = {node("y", "PartitionedCall", {"x", "x"}, {calls("f")})},
       .functions = {function("f", {}, "a")}},
      "takes 1 inputs, received 2");
  has({.nodes = {node("y", "PartitionedCall", {"x"}, {calls("f")})},
       .functions = {function("f", {node("n", "PartitionedCall", {"a"}, {calls("f")})}, "n:output:0")}},
      "call each other more than 64 deep");
  has({.nodes = {node("y", "Neg", {"gone"})}}, "nothing gives 'gone'");
  has({.nodes = {node("y", "Neg", {"x"})}, .output = "gone:0"}, "nothing gives 'gone:0'");
  has({.nodes = {node("y", "Neg", {"x:99999999"})}}, "names no output of a node");
  has({.nodes = {node("y", "Neg", {"p"}), node("p", "Placeholder", {})}},
      "does not name the input 'p', which it reads");
  has({.nodes = {node("y", "Neg", {"x"}), node("y", "Neg", {"x"})}}, "two nodes are called 'y'");
  has({.nodes = {node("y", "Const", {})}}, "has no value");
  has({.nodes = {node("y", "ReadVariableOp", {"v"}), node("v", "VarHandleOp", {})}},
      "its checkpoint lacks the variable 'v'");
  has({.nodes = {node("y", "Softmax", {"x"}), node("z", "Neg", {"x"})}, .signature = "__init"},
      "has no signatures");
}

// ---- Branches and loops of TensorFlow 1 ----

Message constant(const std::string& name, int64_t dtype, int field, const std::vector<int64_t>& values) {
  Message tensor;
  tensor.integer(1, dtype).message(
      2, Message().message(2, Message().integer(1, static_cast<int64_t>(values.size()))));
  for (const int64_t value : values) tensor.integer(field, value);
  return node(name, "Const", {}, {attribute("dtype", Message().integer(6, dtype)), attribute("value", Message().message(8, tensor))});
}
Message whole_numbers(const std::string& name, const std::vector<int64_t>& values) { return constant(name, 3, 7, values); }

TEST(SavedModelGraph, TakesBranchesOfTensorFlow1) {
  const Tensor x = Tensor::from<float>({{1, -3}});
  for (const int64_t yes : {0, 1}) {
    // One within the other: x + x, or of x * x the negative.
    Model model = load_bytes(saved_model(
        {.nodes = {constant("p", 10, 11, {yes}), node("s", "Switch", {"x", "p"}), node("t", "AddV2", {"s:1", "s:1"}),
                   node("q", "Identity", {"p"}), node("not", "LogicalNot", {"p"}), node("in", "Switch", {"not", "q"}),
                   node("sq", "Mul", {"s", "s"}), node("s2", "Switch", {"sq", "in"}), node("f", "Neg", {"s2:1"}),
                   node("f2", "Identity", {"s2"}), node("m", "Merge", {"f", "f2"}), node("y", "Merge", {"m", "t"})}}));
    EXPECT_EQ(model.predict(x).to_vector<float>(), yes ? (std::vector<float>{2, -6}) : (std::vector<float>{-1, -9}));
  }
  // Which one follows from the input, and one of them reads nothing from outside.
  const Message axes = whole_numbers("axes", {0, 1});
  Model model = load_bytes(saved_model(
      {.nodes = {axes, node("least", "Min", {"x", "axes"}), node("none", "Sub", {"least", "least"}),
                 node("p", "Less", {"least", "none"}), node("s", "Switch", {"x", "p"}), node("pivot", "Switch", {"p", "p"}),
                 node("on", "Identity", {"pivot:1"}), node("off", "Identity", {"pivot"}), node("t", "Neg", {"s:1"}),
                 constant("seven", 3, 7, {7, 7}), node("c", "Cast", {"seven", "^off"}, {attribute("DstT", Message().integer(6, 1)), attribute("SrcT", Message().integer(6, 3))}),
                 node("y", "Merge", {"c", "t"})}}));
  EXPECT_EQ(model.outputs_on_batch(x)[0].to_vector<float>(), (std::vector<float>{-1, 3}));
  EXPECT_EQ(model.outputs_on_batch(Tensor::from<float>({{1, 3}}))[0].to_vector<float>(), (std::vector<float>{7, 7}));
}

std::vector<Message> loop_of_tensorflow1() {
  const Message frame = attribute("frame_name", Message().bytes(2, "f"));
  return {whole_numbers("zero", {0}), whole_numbers("three", {3}), whole_numbers("one", {1}),
          node("ei", "Enter", {"zero"}, {frame}), node("ex", "Enter", {"x"}, {frame}), node("ek", "Enter", {"x"}, {frame}),
          node("el", "Enter", {"three"}, {frame, attribute("is_constant", Message().integer(5, 1))}),
          node("mi", "Merge", {"ei", "ni"}), node("mx", "Merge", {"ex", "nx"}), node("c", "Less", {"mi", "el"}),
          node("lc", "LoopCond", {"c"}), node("si", "Switch", {"mi", "lc"}), node("sx", "Switch", {"mx", "lc"}),
          node("bi", "Identity", {"si:1"}), node("ai", "AddV2", {"bi", "one"}), node("ni", "NextIteration", {"ai"}),
          node("bx", "Identity", {"sx:1"}), node("ax", "AddV2", {"bx", "ek"}), node("nx", "NextIteration", {"ax"})};
}

TEST(SavedModelGraph, TakesLoopsOfTensorFlow1) {
  std::vector<Message> nodes = loop_of_tensorflow1();
  nodes.push_back(node("y", "Exit", {"sx"}));
  EXPECT_EQ(load_bytes(saved_model({.nodes = nodes})).predict(Tensor::from<float>({{1, -2}})).to_vector<float>(),
            (std::vector<float>{4, -8}));
}

TEST(SavedModelGraph, TakesTensorArraysOfTensorFlow1) {
  const std::vector<Message> array = {whole_numbers("two", {2}), whole_numbers("first", {0}), whole_numbers("second", {1}),
                                      whole_numbers("both", {1, 0}), node("a", "TensorArrayV3", {"two"}), node("n", "Neg", {"x"}),
                                      node("w", "TensorArrayWriteV3", {"a", "first", "n", "a:1"})};
  const auto with = [&](const std::vector<Message>& more) {
    std::vector<Message> nodes = array;
    nodes.insert(nodes.end(), more.begin(), more.end());
    return load_bytes(saved_model({.nodes = nodes}));
  };
  const Tensor x = Tensor::from<float>({{1, -2}});
  EXPECT_EQ(with({node("w2", "TensorArrayWriteV3", {"a", "second", "x", "w"}), node("g", "TensorArrayGatherV3", {"a", "both", "w2"}),
                  node("s", "TensorArrayScatterV3", {"a", "both", "g", "a:1"}), node("r", "TensorArrayReadV3", {"a", "first", "s"}),
                  node("y", "Mul", {"r", "r"})})
                .outputs_on_batch(x)[0]
                .to_vector<float>(),
            (std::vector<float>{1, 4}));
  const auto fails = [&](const std::vector<Message>& more, const std::string& text) {
    const std::string message = message_of<Error>([&] { with(more).outputs_on_batch(x); });
    EXPECT_NE(message.find(text), std::string::npos) << message;
  };
  fails({node("y", "TensorArrayReadV3", {"a", "second", "w"})}, "nobody has set it");
  fails({whole_numbers("far", {7}), node("y", "TensorArrayReadV3", {"a", "far", "w"})}, "element 7 of an array of 2");
  fails({node("s", "TensorArrayScatterV3", {"a", "both", "x", "w"}), node("y", "TensorArrayReadV3", {"a", "first", "s"})}, "2 places for the rows of");
  fails({whole_numbers("less", {-1}), node("b", "TensorArrayV3", {"less"}), node("y", "TensorArrayReadV3", {"b", "first", "b:1"})}, "an array of -1");
}

TEST(SavedModelGraph, NamesBranchesOfTensorFlow1ThatItCannotTake) {
  const auto unknown = [](std::vector<Message> nodes, const std::string& op) {
    const std::string message = refusal({.nodes = std::move(nodes)});
    EXPECT_NE(message.find("tensorflow." + op), std::string::npos) << message;
  };
  const Message p = constant("p", 10, 11, {1}), s = node("s", "Switch", {"x", "p"});
  unknown({p, s, node("y", "Merge", {"s", "s:1", "s"})}, "Merge");
  unknown({p, s, node("y", "Merge", {"s", "s"})}, "Merge");  // both on one side
  unknown({p, node("q", "LogicalNot", {"p"}), s, node("s2", "Switch", {"x", "q"}), node("y", "Merge", {"s", "s2:1"})}, "Merge");
  unknown({p, node("y", "Switch", {"x", "p"})}, "Switch");
  std::vector<Message> nodes = loop_of_tensorflow1();
  nodes.erase(nodes.begin() + 11);  // a variable that nobody decides about is read behind the loop
  nodes.push_back(node("y", "Exit", {"si"}));
  EXPECT_FALSE(refusal({.nodes = nodes}).empty());
}

// As Keras exports layers quantized to int8: a product of small integers is no small integer.
TEST(SavedModelGraph, ProductsOfSmallIntegersAreLarge) {
  const auto type = [](const std::string& name, int64_t value) {
    return attribute(name, Message().integer(6, value));
  };
  constexpr int64_t kFloat = 1, kInt32 = 3, kInt8 = 6;
  Model model = load_bytes(
      saved_model({.nodes = {node("q", "Cast", {"x"}, {type("SrcT", kFloat), type("DstT", kInt8)}),
                             node("p", "BatchMatMulV3", {"q", "q"},
                                  {type("Ta", kInt8), type("Tb", kInt8), type("Tout", kInt32),
                                   attribute("adj_y", Message().integer(5, 1))}),
                             node("y", "Cast", {"p"}, {type("SrcT", kInt32), type("DstT", kFloat)})}}));
  EXPECT_EQ(model.predict(Tensor::from<float>({{100, -128}, {127, 127}})).to_vector<float>(),
            (std::vector<float>{26384, -3556, -3556, 32258}));
}

// Between bytes of a picture lie floats.
TEST(SavedModelGraph, ResizesIntegersToFloats) {
  const auto type = [](const std::string& name, int64_t value) {
    return attribute(name, Message().integer(6, value));
  };
  const auto numbers = [&](const std::string& name, const std::vector<int64_t>& values) {
    Message tensor;
    tensor.integer(1, 3).message(
        2, Message().message(2, Message().integer(1, static_cast<int64_t>(values.size()))));
    for (const int64_t value : values) tensor.integer(7, value);
    return node(name, "Const", {}, {type("dtype", 3), attribute("value", Message().message(8, tensor))});
  };
  constexpr int64_t kFloat = 1, kUint8 = 4;
  Model model = load_bytes(saved_model(
      {.nodes = {numbers("shape", {-1, 1, 2, 1}), numbers("size", {1, 4}), numbers("flat", {-1, 4}),
                 node("q", "Cast", {"x"}, {type("SrcT", kFloat), type("DstT", kUint8)}),
                 node("i", "Reshape", {"q", "shape"}),
                 node("r", "ResizeBilinear", {"i", "size"},
                      {attribute("half_pixel_centers", Message().integer(5, 1))}),
                 node("y", "Reshape", {"r", "flat"})}}));
  EXPECT_EQ(model.predict(Tensor::from<float>({{0, 255}, {200, 100}})).to_vector<float>(),
            (std::vector<float>{0, 63.75, 191.25, 255, 200, 175, 125, 100}));
}

// Asking a model changes no weight: what would read a changed one is refused, a mere counter is not.
TEST(SavedModelGraph, RefusesToReadWhatWasWritten) {
  const Message writes = node("w", "AssignAddVariableOp", {"v", "x"});
  for (const auto& [nodes, functions] : std::vector<std::pair<std::vector<Message>, std::vector<Message>>>{
           {{writes, node("v", "VarHandleOp", {}), node("y", "ReadVariableOp", {"v", "^w"})}, {}},
           // At a distance, and by calls.
           {{writes, node("v", "VarHandleOp", {}), node("n", "NoOp", {"^w"}), node("y", "Neg", {"r"}),
             node("r", "ReadVariableOp", {"v", "^n"})},
            {}},
           {{node("v", "VarHandleOp", {}), node("w", "f", {"v"}), node("y", "g", {"v", "^w"})},
            {function("f", {node("n", "AssignVariableOp", {"a", "a"})}, "a"),
             function("g", {node("n", "PartitionedCall", {"a"}, {calls("h")})}, "n:output:0"),
             function("h", {node("n", "ReadVariableOp", {"a"})}, "n:value:0")}},
           // TensorFlow 1.
           {{node("v", "VariableV2", {}), node("w", "AssignAdd", {"v", "x"}),
             node("y", "Identity", {"v", "^w"})},
            {}}}) {
    const std::string message = refusal({.nodes = nodes, .functions = functions});
    EXPECT_NE(message.find("changes a variable while it is asked"), std::string::npos) << message;
    EXPECT_NE(message.find("what 'w' has written before"), std::string::npos) << message;
  }
  Model counts = load_bytes(
      saved_model({.nodes = {node("v", "VarHandleOp", {}), writes, node("y", "Neg", {"x", "^w"})}}));
  EXPECT_EQ(counts.predict(Tensor::from<float>({{1, -2}})).to_vector<float>(), (std::vector<float>{-1, 2}));
}

// What an operator does not ask for it does not know.
TEST(SavedModelGraph, RefusesAttributesThatNobodyAskedFor) {
  Model model = load_bytes(
      saved_model({.nodes = {node("y", "Neg", {"x"}, {attribute("speed", Message().integer(3, 1))})}}));
  const std::string message = message_of<Unsupported>([&] { model.predict(Tensor::from<float>({{1, 2}})); });
  EXPECT_NE(message.find("node 'y' (Neg): has no attribute 'speed'"), std::string::npos) << message;
}

// Functions that call each other twice are a short file and no end of nodes.
TEST(SavedModelGraph, RefusesFunctionsWithoutEnd) {
  Parts parts{.nodes = {node("y", "PartitionedCall", {"x"}, {calls("f0")})}};
  for (int i = 0; i < 40; ++i) {
    const std::string next = "f" + std::to_string(i + 1);
    parts.functions.push_back(function("f" + std::to_string(i),
                                       {node("n", "PartitionedCall", {"a"}, {calls(next)}),
                                        node("m", "PartitionedCall", {"n:output:0"}, {calls(next)})},
                                       "m:output:0"));
  }
  parts.functions.push_back(function("f40", {node("n", "Neg", {"a"})}, "n:y:0"));
  EXPECT_NE(refusal(parts).find("have no end"), std::string::npos);
}

TEST(SavedModelGraph, RefusesEveryTruncation) {
  const std::string whole = saved_model({.nodes = {node("y", "PartitionedCall", {"x"}, {calls("f")})},
                                         .functions = {function("f", {node("n", "Neg", {"a"})}, "n:y:0")}});
  load_bytes(whole);
  for (size_t size = 0; size < whole.size(); ++size)
    EXPECT_THROW(load_bytes(whole.substr(0, size)), FileError) << size;
  for (size_t at = 0; at < whole.size(); ++at) {
    std::string damaged = whole;
    damaged[at] ^= 4;
    try {
      load_bytes(damaged);
    } catch (const FileError&) {
    }
  }
}

}  // namespace
}  // namespace lamina::test
