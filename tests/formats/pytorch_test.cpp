// PyTorch's files: what torch.save wrote, what its models compute, and pickles that ask for more than
// tensors.
#include "lamina/formats/pytorch.h"

#include <zip.h>

#include <cstring>
#include <filesystem>

#include "lamina/base/error.h"
#include "lamina/base/files.h"
#include "lamina/base/log.h"
#include "lamina/formats/detail/zip_archive.h"
#include "lamina/formats/weight_format.h"
#include "lamina/nn/layers/layers.h"
#include "lamina/ops/transpose.h"
#include "tests/support/damage.h"
#include "tests/support/golden.h"
#include "tests/support/temporary_folder.h"

namespace lamina::test {
namespace {

std::string file(const std::string& name) { return golden_path("formats/pytorch_" + name + ".pt"); }

void read_all(const std::string& path) {
  for (const SnapshotEntry& entry : open_weights(path).entries) entry.read();
}

void expect_tensors(const std::string& name) {
  const Golden golden("formats/pytorch");
  const WeightSnapshot snapshot = open_weights(file(name));
  EXPECT_EQ(snapshot.format, "pytorch");
  ASSERT_EQ(snapshot.entries.size(), 17u);
  for (const SnapshotEntry& entry : snapshot.entries) {
    const Tensor& expected = golden.at("tensors_" + entry.name);
    const Tensor value = entry.read();
    EXPECT_EQ(value.type(), entry.type) << entry.name;
    EXPECT_EQ(value.shape(), expected.shape()) << entry.name;
    EXPECT_EQ(value.to_vector<double>(), expected.to_vector<double>()) << entry.name;
    if (entry.name.find("float") == 0 || entry.name.find("int") == 0 || entry.name == "bool") {
      EXPECT_EQ(lamina::name(value.dtype()), entry.name);
    }
  }
  EXPECT_EQ(snapshot.find("bfloat16")->type.dtype, DType::kBFloat16);
  EXPECT_EQ(snapshot.find("transposed")->type.shape, (Shape{6, 4}));
}

TEST(Pytorch, EveryKindOfTensor) { expect_tensors("tensors"); }
TEST(Pytorch, TheFormatBefore16) { expect_tensors("old"); }
TEST(Pytorch, Protocol4) { expect_tensors("protocol4"); }

TEST(Pytorch, WhatStandsBesideTheTensors) {
  const WeightSnapshot snapshot = read_pytorch(file("nested"));
  EXPECT_EQ(snapshot.names(), (std::vector<std::string>{"a.weight", "a.bias", "optimizer.state.0.exp_avg"}));
  const Json& metadata = snapshot.metadata;
  EXPECT_EQ(metadata.at("epoch").as_int(), 3);
  EXPECT_EQ(metadata.at("loss").as_double(), 0.25);
  EXPECT_EQ(metadata.at("name").as_string(), "small");
  EXPECT_EQ(metadata.at("betas"), Json::list({0.9, 0.999}));
  EXPECT_EQ(metadata.at("size"), Json::list({2, 3}));
  EXPECT_TRUE(metadata.at("nothing").is_null());
  EXPECT_TRUE(metadata.at("flag").as_bool());
  EXPECT_EQ(metadata.at("optimizer").at("param_groups").at(size_t{0}).at("lr").as_double(), 0.1);
}

TEST(Pytorch, ComplexNumbersAreSkippedByName) {
  const WeightSnapshot snapshot = read_pytorch(file("complex"));
  EXPECT_EQ(snapshot.names(), (std::vector<std::string>{"real"}));
  EXPECT_EQ(snapshot.skipped,
            (std::vector<std::string>{"complex: torch.complex64, which tensors here do not have"}));
}

TEST(Pytorch, ClassesAreRefusedByName) {
  const std::string message = message_of<FileError>([] { read_pytorch(file("module")); });
  EXPECT_NE(message.find("asks for 'torch.nn.modules.linear.Linear', which is no part of a file of tensors"),
            std::string::npos)
      << message;
}

// ---- Models
// -------------------------------------------------------------------------------------------------

// Puts the file into the model and compares what both compute.
void expect_same_outputs(Model& model, const std::string& name, bool channels_first = false) {
  const Golden golden("formats/pytorch");
  const LoadReport report = load_state_dict(model, file(name));
  ASSERT_TRUE(report.complete()) << report.problems();
  EXPECT_TRUE(report.unused.empty()) << report.unused[0];
  Tensor x = golden.at(name + "_x");
  if (channels_first && x.rank() == 4) x = transpose(x, {0, 2, 3, 1});
  if (channels_first && x.rank() == 3) x = transpose(x, {0, 2, 1});
  const auto received = model.predict(x).to_vector<float>();
  const auto expected = golden.at(name + "_y").to_vector<float>();
  ASSERT_EQ(received.size(), expected.size());
  for (size_t i = 0; i < expected.size(); ++i)
    EXPECT_NEAR(received[i], expected[i], 1e-5) << name << " " << i;
}

TEST(StateDict, Matrices) {
  Sequential model({Input({6}), Dense(8, {.activation = "relu"}), BatchNormalization({.epsilon = 1e-5}),
                    Dense(4), LayerNormalization({.epsilon = 1e-5}), Dense(3)});
  expect_same_outputs(model, "mlp");
}

TEST(StateDict, PicturesAndWhatFollowsTheirFlattening) {
  Sequential model({Input({8, 6, 3}), Conv2D(4, {3, 3}, {.padding = "same"}),
                    BatchNormalization({.epsilon = 1e-5}), ReLU(),
                    DepthwiseConv2D({3, 3}, {.depth_multiplier = 2}), MaxPooling2D({2, 2}),
                    Conv2DTranspose(5, {2, 2}, {.strides = {2, 2}}), Flatten(), Dropout(0.5), Dense(7)});
  expect_same_outputs(model, "cnn", true);
  Sequential rows({Input({7, 3}), Conv1D(4, 3), Flatten(), Dense(2)});
  expect_same_outputs(rows, "conv1d", true);
}

TEST(StateDict, AGraphWithAFlatten) {
  const Tensor x = Input({7, 3});
  const Tensor y = Dense(2, {.name = "1"})(Flatten()(Conv1D(4, 3, {.name = "0"})(x)));
  Model model({x}, {y});
  const LoadReport report = load_state_dict(model, file("conv1d"));
  ASSERT_TRUE(report.complete()) << report.problems();
  const Golden golden("formats/pytorch");
  const auto received = model.predict(transpose(golden.at("conv1d_x"), {0, 2, 1})).to_vector<float>();
  const auto expected = golden.at("conv1d_y").to_vector<float>();
  for (size_t i = 0; i < expected.size(); ++i) EXPECT_NEAR(received[i], expected[i], 1e-5);
}

TEST(StateDict, RecurrentLayers) {
  Sequential lstm({Input({6}), Embedding(11, 5), LSTM(4, {.return_sequences = true}), LSTM(4), Dense(3)});
  expect_same_outputs(lstm, "lstm");
  Sequential gru({Input({6}), Embedding(11, 5), GRU(4), Dense(3)});
  expect_same_outputs(gru, "gru");
  Sequential both({Input({6}), Embedding(11, 5), Bidirectional(LSTM(4)), Dense(3)});
  expect_same_outputs(both, "bidirectional");
  Sequential simple({Input({6}), Embedding(11, 5), SimpleRNN(4), Dense(3)});
  expect_same_outputs(simple, "simple");
}

TEST(StateDict, WhatDoesNotFitChangesNothingAndIsNamed) {
  Sequential model({Input({6}), Dense(8), BatchNormalization(), Dense(5), LayerNormalization(), Dense(3)},
                   {.seed = 1});
  const auto before = model.get_weights();
  const LoadReport report = load_state_dict(model, file("mlp"));
  EXPECT_FALSE(report.complete());
  ASSERT_FALSE(report.errors.empty());
  EXPECT_NE(
      report.errors[0].find("3.weight: for sequential/dense_1/kernel expected shape (8, 5), received (8, 4)"),
      std::string::npos)
      << report.errors[0];
  for (size_t i = 0; i < before.size(); ++i)
    EXPECT_EQ(model.get_weights()[i].to_vector<float>(), before[i].to_vector<float>());
  Sequential more(
      {Input({6}), Dense(8), BatchNormalization(), Dense(4), LayerNormalization(), Dense(3), Dense(2)});
  const LoadReport missing = load_state_dict(more, file("mlp"));
  ASSERT_EQ(missing.missing.size(), 2u);
  EXPECT_NE(missing.missing[0].find("sequential/dense_3/kernel (the file has no module for it)"),
            std::string::npos)
      << missing.missing[0];
  Sequential fewer({Input({6}), Dense(8)});
  EXPECT_EQ(load_state_dict(fewer, file("mlp")).unused.size(), 10u);
  Sequential unbuilt({Dense(3)});
  EXPECT_THROW(load_state_dict(unbuilt, file("mlp")), InvalidArgument);
}

// ---- Hostile files
// ------------------------------------------------------------------------------------------

class HostilePytorch : public ::testing::Test {
 protected:
  // The message about a zip archive with that pickle and one storage of 16 bytes.
  std::string message(const std::string& program) const {
    detail::ZipWriter zip;
    zip.add("a/data.pkl", program);
    zip.add("a/data/0", std::string(16, 'x'));
    write_file(folder_ / "a.pt", zip.finish());
    return message_of<FileError>([&] { read_all(folder_ / "a.pt"); });
  }
  void expect(const std::string& program, const std::string& part) const {
    const std::string text = message(program);
    EXPECT_NE(text.find(part), std::string::npos) << text;
    EXPECT_NE(text.find("a.pt"), std::string::npos) << text;
  }
  // {"w": a tensor of that storage, offset, size and stride}
  static std::string tensor(const std::string& offset, const std::string& size, const std::string& stride,
                            const std::string& count = "K\x04") {
    return "\x80\x02}X\x01" + std::string(3, '\0') + "wctorch._utils\n_rebuild_tensor_v2\n((X\x07" +
           std::string(3, '\0') + "storagectorch\nFloatStorage\nX\x01" + std::string(3, '\0') + "0X\x03" +
           std::string(3, '\0') + "cpu" + count + "tQ" + offset + size + stride + "\x89}tRs.";
  }

  TemporaryFolder folder_;
};

TEST_F(HostilePytorch, NothingIsRun) {
  for (const char* module : {"posix", "os", "builtins", "subprocess", "torch.hub", "__builtin__"}) {
    const std::string program = "c" + std::string(module) + "\nsystem\n(S'touch here'\ntR.";
    expect(program, "asks for '" + std::string(module) + ".system', which is no part of a file of tensors");
  }
  expect("\x80\x04\x8c\x05posix\x8c\x06system\x93\x8c\x02ls\x85R.", "asks for 'posix.system'");
  expect("(S'ls'\nios\nsystem\n.", "asks for 'os.system'");
  expect("ccollections\nOrderedDict\nctorch\nSize\nR.", "a call of what cannot be called");
  expect("(K\x01K\x02o.", "which files of tensors do not have");
  expect("\x80\x06N.", "protocol 6");
}

TEST_F(HostilePytorch, TensorsStayWithinTheirStorage) {
  const std::string two = "K\x02\x85", one = "K\x01\x85", zero = std::string("K\0", 2);
  expect(tensor(zero, "K\x05\x85", one), "'w' lies beyond its storage: element 4 of 4");
  expect(tensor("K\x03", two, one), "lies beyond its storage");
  expect(tensor(zero, two, "K\x04\x85"), "lies beyond its storage");
  expect(tensor(zero, two, "J\xff\xff\xff\xff\x85"), "no whole number from 0 on");
  expect(tensor("J\xff\xff\xff\xff", two, one), "no whole number from 0 on");
  expect(tensor(zero, two, one, "K\x05"), "which has 16 bytes and not 5 elements");
  expect(tensor(zero, two, ")"), "has 1 axes");
  // one element, seen two thousand million times
  expect(tensor(zero, "J\xff\xff\xff\x7f\x85", std::string("K\0\x85", 3)), "take far more than the file has");
  EXPECT_EQ(message_of<FileError>([&] {
              detail::ZipWriter zip;
              zip.add("a/data.pkl", tensor(zero, two, two));
              write_file(folder_ / "b.pt", zip.finish());
              read_all(folder_ / "b.pt");
            }).find("is in storage '0', which is not there") == std::string::npos,
            false);
}

TEST_F(HostilePytorch, CirclesAndBombsEnd) {
  expect("}q\x01X\x01" + std::string(3, '\0') + "ah\x01s.", "within one another without end");
  // Each list holds the one before twice: 2^60 of them.
  std::string doubling = "]q" + std::string(1, '\0');
  for (char i = 1; i < 61; ++i)
    doubling += std::string("](h") + char(i - 1) + "h" + char(i - 1) + "eq" + i + "0";
  expect(doubling + "}X\x01" + std::string(3, '\0') + "ah\x3cs.", "without end");
  expect(std::string(2000000, ']') + ".", "more values than can be");
  expect("X\xff\xff\xff\xff.", "it ends");
  expect(".", "nothing on the stack");
  expect("t.", "no mark");
  expect("", "it ends");
}

TEST_F(HostilePytorch, ArchivesThatInflateOrPointElsewhere) {
  // Members are looked up by their names and never written: a path that leads elsewhere is one more name.
  detail::ZipWriter zip;
  zip.add("../../data.pkl", "N.");
  write_file(folder_ / "a.pt", zip.finish());
  EXPECT_THROW(read_all(folder_ / "a.pt"), FileError);
  EXPECT_FALSE(std::filesystem::exists(folder_ / "../../data.pkl"));
  // 270 MB of zeros in a quarter of a megabyte.
  zip_t* const bomb = zip_open((folder_ / "bomb.pt").c_str(), ZIP_CREATE, nullptr);
  const std::string zeros(270 << 20, '\0'), program = tensor(std::string("K\0", 2), "K\x02\x85", "K\x01\x85");
  for (const auto& [name, content] : {std::pair{"a/data.pkl", &program}, {"a/data/0", &zeros}})
    zip_file_add(bomb, name, zip_source_buffer(bomb, content->data(), content->size(), 0), 0);
  ASSERT_EQ(zip_close(bomb), 0);
  const std::string message = message_of<FileError>([&] { read_all(folder_ / "bomb.pt"); });
  EXPECT_NE(message.find("inflate"), std::string::npos) << message;
}

// A large table of words beside the tensors is no attack.
TEST_F(HostilePytorch, ManyValuesAreRead) {
  std::string program = "\x80\x02}(";
  for (int i = 0; i < 100000; ++i) {
    const std::string word = std::to_string(1000000 + i);
    program += std::string("U\x07") + word + "K\x01";
  }
  detail::ZipWriter zip;
  zip.add("a/data.pkl", program + "u.");
  write_file(folder_ / "a.pt", zip.finish());
  EXPECT_EQ(open_weights(folder_ / "a.pt").metadata.size(), 100000u);
}

TEST_F(HostilePytorch, DamagedArchives) {
  for (const char* name : {"tensors", "old"}) {
    const std::string bytes = read_file(file(name));
    expect_cut_files_refused(bytes, folder_ / "a.pt", read_all);
    expect_flipped_bytes_survived(bytes, folder_ / "a.pt", read_all, 700);
  }
  detail::ZipWriter zip;
  zip.add("a/other", "x");
  write_file(folder_ / "a.pt", zip.finish());
  EXPECT_NE(message_of<FileError>([&] { read_all(folder_ / "a.pt"); }).find("has no data.pkl"),
            std::string::npos);
  write_file(folder_ / "a.pt", "\x80\x02N.");
  EXPECT_NE(message_of<FileError>([&] { read_all(folder_ / "a.pt"); }).find("is a plain pickle"),
            std::string::npos);
}

}  // namespace
}  // namespace lamina::test
