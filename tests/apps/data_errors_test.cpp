// Data on the command line that cannot be, and options that do nothing: both say so, and name the file.
#include <gtest/gtest.h>

#include <filesystem>

#include "lamina/formats/npy.h"
#include "lamina/formats/npz.h"
#include "tests/apps/data_on_the_command_line.h"

namespace lamina {
namespace {

// ---- Asked with targets that cannot be ----

TEST_F(DataOnTheCommandLine, PredictSaysWhichTrueClassesCannotBe) {
  sorter().save(file("m.keras"));
  for (const char* number : {"3", "-1", "0.5", "250"}) {
    write("t.csv", "a,label\n1,0\n2," + std::string(number) + "\n");
    const Outcome outcome = run({"predict", "m.keras", "t.csv"});
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    EXPECT_NE(outcome.err.find("'t.csv': the true classes are not used: that of sample 1 is " +
                               std::string(number)),
              std::string::npos)
        << outcome.err;
    EXPECT_EQ(outcome.out.find("is: "), std::string::npos) << outcome.out;
  }
  write("t.csv", "a,label\n1,0.0\n2,2\n");
  EXPECT_NE(run({"predict", "m.keras", "t.csv"}).out.find("is: 2"), std::string::npos);
}

TEST_F(DataOnTheCommandLine, PredictKnowsFilesByTheirBytes) {
  adder().save(file("m.keras"));
  write_npy(file("array.bin"), Tensor::from<float>({1, 2, 3, 4}, {2, 2}));
  EXPECT_EQ(said({"m.keras", "array.bin"}, "output"), (Words{"[4.0]", "[10.0]"}));
  write("rows.data", "1,2\n3,4\n");
  EXPECT_EQ(said({"m.keras", "rows.data"}, "output"), (Words{"[4.0]", "[10.0]"}));
  write("x.webp", std::string("RIFF\x10\0\0\0WEBPVP8 ", 16));
  expect_refused({"predict", "m.keras", "x.webp"}, "x.webp' is an image; the model takes (None, 2)");
  write("x.wav", std::string("RIFF\x10\0\0\0WAVEfmt ", 16));
  expect_refused({"predict", "m.keras", "x.wav"}, "x.wav' is a RIFF file (WebP, WAV, AVI); expected");
}

// ---- Errors name their file, and options that do nothing say so ----

TEST_F(DataOnTheCommandLine, ErrorsOfWhatIsComputedNameTheFile) {
  sorter().save(file("m.keras"));
  write_npz(file("half.npz"),
            {{"x", Tensor::from<float>({1, 2}, {2, 1})}, {"y", Tensor::from<float>({0.5f, 1})}});
  write_npz(file("none.npz"),
            {{"x", Tensor::from<float>({}, {0, 1})}, {"y", Tensor::from<int64_t>({}, {0})}});
  write_npz(file("wide.npz"),
            {{"x", Tensor::from<float>({1, 2}, {1, 2})}, {"y", Tensor::from<int64_t>({0})}});
  for (const std::string& name : Words{"half.npz", "none.npz", "wide.npz"}) {
    expect_refused({"evaluate", "m.keras", "--data", name}, "'" + name + "'");
    expect_refused({"train", "m.keras", "--data", name, "--out", "out.keras"}, "'" + name + "'");
  }
  write_npy(file("wide.npy"), Tensor::from<float>({1, 2}, {1, 2}));
  expect_refused({"predict", "m.keras", "wide.npy"}, "'wide.npy'");
  expect_refused({"predict", "m.keras", "wide.npz"}, "'wide.npz'");
  expect_refused({"run", "m.keras", "--input", "wide.npy", "--output", "out"}, "'wide.npy'");
}

TEST_F(DataOnTheCommandLine, ErrorsOfSeveralInputsNameTheArrays) {
  const Tensor left = Input({1}, {.name = "left"}), right = Input({1}, {.name = "right"});
  Model model({left, right}, Concatenate()({left, right}));
  model.compile({.optimizer = "sgd", .loss = "mse"});
  model.save(file("two.keras"));
  write_npz(file("t.npz"), {{"left", Tensor::from<float>({1}, {1, 1})},
                            {"right", Tensor::from<float>({1, 2}, {2, 1})},
                            {"y", Tensor::from<float>({1, 2}, {1, 2})}});
  expect_refused({"evaluate", "two.keras", "--data", "t.npz"},
                 "'t.npz': left has 1 sample and right 2 samples");
  write("t.csv", "left,right,y\n1,2,3\n");
  expect_refused({"evaluate", "two.keras", "--data", "t.csv"},
                 "'t.csv' is one table, and the model takes 2 inputs, 'left', 'right'");
  expect_refused({"predict", "two.keras", "t.csv"}, "'t.csv' is one table");
}

TEST_F(DataOnTheCommandLine, ScalesOfWhatIsNoPictureAreTold) {
  adder().save(file("m.keras"));
  write("t.csv", "a,b,y\n1,2,4\n");
  const Outcome table = run({"evaluate", "m.keras", "--data", "t.csv", "--scale", "0..1"});
  EXPECT_NE(table.err.find("--scale has no meaning for 't.csv'"), std::string::npos) << table.err;
  Sequential model({Input({2, 2, 1}), Flatten()});
  model.compile({.optimizer = "sgd", .loss = "mse"});
  model.save(file("p.keras"));
  write_npz(file("deep.npz"), {{"x", Tensor::from<int64_t>({1, 2, 3, 300}, {1, 2, 2, 1})},
                               {"y", Tensor::from<float>({1, 2, 3, 4}, {1, 4})}});
  const Outcome deep = run({"evaluate", "p.keras", "--data", "deep.npz", "--scale", "0..1"});
  EXPECT_NE(deep.err.find("--scale has no meaning for 'deep.npz': int64(1, 2, 2, 1) is taken as it is"),
            std::string::npos)
      << deep.err;
}

TEST_F(DataOnTheCommandLine, LabelsComeFromFilesToo) {
  sorter().save(file("m.keras"));
  write("t.csv", "a\n1\n2\n3\n");
  write("lines.txt",
        "\xef\xbb\xbf"
        "bird, small\r\ncat\r\ndog\r\n\r\n");
  write("list.json", " [\"bird, small\", \"cat\", \"dog\"]\n");
  for (const std::string& name : Words{"lines.txt", "list.json"})
    EXPECT_EQ(said({"m.keras", "t.csv", "--labels", name}, "label"), (Words{"bird, small", "cat", "dog"}))
        << name;
  write("none.txt", "\n");
  expect_refused({"predict", "m.keras", "t.csv", "--labels", "none.txt"}, "'none.txt' holds no names");
}

TEST_F(DataOnTheCommandLine, TooFewNamesOfClassesAreTold) {
  Sequential model = sorter();
  DataInfo info;
  info.class_names = {"bird", "cat"};
  model.set_data_info(info);
  model.save(file("m.keras"));
  write("t.csv", "a\n3\n");
  const Outcome outcome = run({"predict", "m.keras", "t.csv"});
  EXPECT_EQ(outcome.status, 0);
  EXPECT_NE(outcome.err.find("names of 2 classes, and its outputs tell 3 apart"), std::string::npos)
      << outcome.err;
}

}  // namespace
}  // namespace lamina
