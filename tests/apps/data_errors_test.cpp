// Data on the command line that cannot be, and options that do nothing: both say so, and name the file.
#include <gtest/gtest.h>

#include <filesystem>
#include <numeric>

#include "lamina/formats/npy.h"
#include "lamina/formats/npz.h"
#include "lamina/ops/full.h"
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
  expect_refused({"predict", "m.keras", "t.csv", "--labels", "cat,dog,cat"}, "--labels: 'cat' is given twice");
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

// To ask, a class may be missing or unknown, whatever the loss makes of class numbers.
TEST_F(DataOnTheCommandLine, PredictNeedsNoKnownClass) {
  const auto compiled = [&](const char* name, int outputs, const char* activation, const char* loss) {
    Sequential model({Input({1}), Dense(outputs, {.activation = activation})}, {.seed = 1});
    model.compile({.optimizer = "sgd", .loss = loss});
    std::vector<float> rising(static_cast<size_t>(outputs));
    std::iota(rising.begin(), rising.end(), 1.0f);
    model.set_weights({Tensor::from(rising, Shape{1, outputs}), zeros({outputs})});
    DataInfo info = model.data_info();
    info.class_names = outputs == 3 ? Words{"a", "b", "c"} : Words{"no", "yes"};
    model.set_data_info(info);
    model.save(file(name));
  };
  compiled("sparse.keras", 3, "softmax", "sparse_categorical_crossentropy");
  compiled("rows.keras", 3, "softmax", "categorical_crossentropy");
  compiled("binary.keras", 1, "sigmoid", "binary_crossentropy");
  compiled("two.keras", 2, "sigmoid", "binary_crossentropy");
  write("empty.csv", "x,label\n5,\n5,\n");
  write("odd.csv", "x,label\n5,odd\n5,other\n");
  write("some.csv", "x,label\n5,NA\n5,yes\n");
  const Tensor x = Tensor::from<float>({{5}, {5}});
  write_npz(file("minus.npz"), {{"x", x}, {"y", Tensor::from<int64_t>({-1, -1})}});
  write_npz(file("beyond.npz"), {{"x", x}, {"y", Tensor::from<int64_t>({0, 77})}});
  for (const char* model : {"sparse.keras", "rows.keras", "binary.keras", "two.keras"}) {
    for (const char* data : {"empty.csv", "odd.csv", "some.csv", "minus.npz", "beyond.npz"}) {
      const Outcome outcome = run({"predict", model, data});
      EXPECT_EQ(outcome.status, 0) << model << " " << data << ": " << outcome.err;
      EXPECT_EQ(outcome.lines().size(), 2u) << model << " " << data;
    }
  }
}

// ---- Pipes ----

// As a shell gives them: the standard input of a pipeline, and <(...).
TEST_F(DataOnTheCommandLine, TablesComeThroughPipes) {
  adder().save(file("m.keras"));
  write("t.csv", "a,b,y\n1,1,3\n2,1,5\n");
  const auto shell = [&](const std::string& line) {
    test::Running running("/bin/bash", folder_.path(),
                          {"-c", "lamina() { " + test::program_path() + " \"$@\"; }; " + line},
                          {"OMP_WAIT_POLICY=passive"}, "");
    return running.wait();
  };
  for (const char* line :
       {"lamina predict m.keras /dev/stdin < t.csv", "cat t.csv | lamina predict m.keras /dev/stdin",
        "lamina predict m.keras <(cat t.csv)", "lamina predict m.keras <(gzip -c t.csv)",
        "gzip -c t.csv | lamina predict m.keras /dev/stdin",
        "(head -c 9 t.csv; sleep 0.1; tail -c +10 t.csv) | lamina predict m.keras /dev/stdin",
        "lamina predict m.keras <(tr , ';' < t.csv)", "lamina predict m.keras <(cut -d, -f 1,2 t.csv)",
        "lamina predict m.keras <(iconv -f utf-8 -t utf-16 t.csv)",
        "lamina predict m.keras <(head -n 2 t.csv) <(sed 2d t.csv)"}) {
    const Outcome outcome = shell(line);
    EXPECT_EQ(outcome.status, 0) << line << ": " << outcome.err;
    ASSERT_EQ(outcome.lines().size(), 2u) << line << ": " << outcome.out;
    EXPECT_TRUE(outcome.lines()[0].ends_with("[0]  3")) << line << ": " << outcome.out;
    EXPECT_TRUE(outcome.lines()[1].ends_with("]  5")) << line << ": " << outcome.out;
  }
  EXPECT_EQ(shell("cat t.csv | lamina predict m.keras '/dev/stdin[1]'").out, "/dev/stdin[1]  5\n");
  EXPECT_EQ(shell("lamina evaluate m.keras --data <(cat t.csv)").out,
            "loss: 0.0000 - mae: 0.0000 - 2 samples\n");
  const std::string train =
      "lamina train m.keras --data <(cat t.csv) --validation-data <(cat t.csv) --out n.keras --run-dir r ";
  EXPECT_EQ(shell(train).status, 0);
  EXPECT_EQ(shell(train + "--resume --epochs 2").status, 0);
  for (const auto& [line, words] : std::vector<std::pair<std::string, std::string>>{
           {"lamina predict <(cat m.keras) t.csv", "it is a pipe, and only tables and texts"},
           {"lamina evaluate <(cat m.keras) --data t.csv", "it is a pipe, and only tables and texts"},
           {"cat m.keras | lamina summary /dev/stdin", "'/dev/stdin': it is a pipe"},
           {"lamina train <(cat m.keras) --data t.csv --out o.keras",
            "it is a pipe, and only tables and texts"},
           {"lamina predict m.keras <(cat m.keras)", "is a zip archive"},
           {"lamina predict m.keras <(true)", "the table is empty"},
           {"lamina predict m.keras /dev/stdin < /dev/null", "the table is empty"},
           {"gzip -c t.csv | head -c 20 | lamina predict m.keras /dev/stdin",
            "its gzip stream ends early"}}) {
    const Outcome outcome = shell(line);
    EXPECT_EQ(outcome.status, 1) << line;
    EXPECT_NE(outcome.err.find(words), std::string::npos) << line << ": " << outcome.err;
  }
}

}  // namespace
}  // namespace lamina
