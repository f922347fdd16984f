// Data on the command line: what a model learned of its data is kept in its file and used by every command.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <limits>

#include "lamina/formats/detail/zip_archive.h"
#include "lamina/formats/npy.h"
#include "lamina/formats/npz.h"
#include "lamina/image/picture.h"
#include "tests/apps/data_on_the_command_line.h"
#include "tests/support/text_npy.h"

namespace lamina {
namespace {

namespace fs = std::filesystem;

// ---- Names of classes ----

TEST_F(DataOnTheCommandLine, ClassesAreThoseOfTheTraining) {
  sorter().save(file("pets.keras"));
  write("train.csv", "a,label\n1,bird\n2,cat\n3,dog\n");
  write("test.csv", "a,label\n2,cat\n3,dog\n2,cat\n");
  const Outcome trained = run({"train", "pets.keras", "--data", "train.csv", "--validation-data", "test.csv",
                               "--epochs", "1", "--out", "known.keras", "--json"});
  ASSERT_EQ(trained.status, 0) << trained.err;
  EXPECT_EQ(Json::parse(trained.lines().back()).at("metrics").at("accuracy").as_double(), 1.0);
  EXPECT_EQ(load_model(file("known.keras")).data_info().class_names, (Words{"bird", "cat", "dog"}));
  EXPECT_EQ(load_model(file("known.checkpoint.keras")).data_info().class_names,
            (Words{"bird", "cat", "dog"}));
  EXPECT_EQ(metrics({"known.keras", "--data", "test.csv"}).at("accuracy").as_double(), 1.0);
  EXPECT_EQ(said({"known.keras", "test.csv"}, "label"), (Words{"cat", "dog", "cat"}));
  EXPECT_EQ(said({"known.keras", "test.csv"}, "expected"), (Words{"1", "2", "1"}));
  write("fish.csv", "a,label\n2,cat\n3,fish\n");
  expect_refused({"evaluate", "known.keras", "--data", "fish.csv"},
                 "line 3: column 'label' of row 2 holds the class 'fish'");
  expect_refused({"train", "known.keras", "--data", "fish.csv", "--out", "x.keras"}, "'fish'");
  // To ask, the target need not be known.
  EXPECT_EQ(said({"known.keras", "fish.csv"}, "expected"), (Words{"1", ""}));
  // A file that does not know them says what to do; told, it knows.
  expect_refused({"evaluate", "pets.keras", "--data", "test.csv"}, "--labels");
  EXPECT_EQ(
      metrics({"pets.keras", "--data", "test.csv", "--labels", "bird,cat,dog"}).at("accuracy").as_double(),
      1.0);
  EXPECT_EQ(said({"pets.keras", "test.csv"}, "class"), (Words{"1", "2", "1"}));
  EXPECT_EQ(said({"pets.keras", "test.csv"}, "label"), (Words{"1", "2", "1"}));
  expect_refused({"evaluate", "pets.keras", "--data", "test.csv", "--labels", "bird,cat"},
                 "2 names; the model tells 3");
}

TEST_F(DataOnTheCommandLine, FineTuningAndResumingKeepTheClasses) {
  Sequential model = sorter();
  model.set_data_info({.class_names = {"bird", "cat", "dog"},
                       .features = {"a"},
                       .target = "label",
                       .sections = Json::object({{"drift", Json::object({{"mean", 2.5}})}})});
  model.save(file("known.keras"));
  write("some.csv", "label,a\ndog,3\ncat,2\n");
  for (const char* epochs : {"1", "2"}) {
    const Outcome outcome = run({"train", "known.keras", "--data", "some.csv", "--epochs", epochs, "--out",
                                 "tuned.keras", "--resume", "--json"});
    ASSERT_EQ(outcome.status, 0) << outcome.err;
    EXPECT_EQ(Json::parse(outcome.lines().back()).at("metrics").at("accuracy").as_double(), 1.0);
  }
  // What is new is where the target stands in a table.
  DataInfo known = model.data_info();
  known.sections["table"] = Json::object({{"target_place", 0}});
  EXPECT_EQ(load_model(file("tuned.keras")).data_info(), known);
  // And summary shows it.
  EXPECT_EQ(Json::parse(run({"summary", "tuned.keras", "--json"}).out).at("data"), known.to_json());
  const Outcome shown = run({"summary", "tuned.keras"});
  EXPECT_NE(shown.out.find("Classes: bird, cat, dog"), std::string::npos) << shown.out;
  EXPECT_NE(shown.out.find("Also knows: drift"), std::string::npos) << shown.out;
}

TEST_F(DataOnTheCommandLine, LabelsInAnNpzMayBeWords) {
  sorter().save(file("pets.keras"));
  detail::ZipWriter zip;
  zip.add("x.npy", npy_bytes(Tensor::from<float>({{3}, {1}, {2}})));
  zip.add("y.npy", test::text_npy({"dog", "bird", "cat"}));
  write("w.npz", zip.finish());
  ASSERT_EQ(run({"train", "pets.keras", "--data", "w.npz", "--out", "known.keras"}).status, 0);
  write("t.csv", "a,label\n3,dog\n2,cat\n");
  write("u.csv", "a\n3\n2\n");
  EXPECT_EQ(metrics({"known.keras", "--data", "w.npz"}).at("accuracy").as_double(), 1.0);
  EXPECT_EQ(metrics({"known.keras", "--data", "t.csv"}).at("accuracy").as_double(), 1.0);
  EXPECT_EQ(said({"known.keras", "u.csv"}, "label"), (Words{"dog", "cat"}));
}

// ---- Targets ----

TEST_F(DataOnTheCommandLine, PredictNeedsNoTarget) {
  adder().save(file("m.keras"));
  write("no_label.csv", "a,b\n1,1\n2,1\n");
  write("label_first.csv", "label,a,b\n3,1,1\n5,2,1\n");
  write("price_first.csv", "price,a,b\n3,1,1\n5,2,1\n");
  write("bare.csv", "1,1\n2,1\n");
  const Words right = {"[3.0]", "[5.0]"};
  EXPECT_EQ(said({"m.keras", "no_label.csv"}, "output"), right);
  EXPECT_EQ(said({"m.keras", "bare.csv"}, "output"), right);
  EXPECT_EQ(said({"m.keras", "label_first.csv"}, "output"), right);
  EXPECT_EQ(said({"m.keras", "price_first.csv", "--label-column", "price"}, "output"), right);
  expect_refused({"predict", "m.keras", "price_first.csv"}, "--label-column");
  write_npz(file("x.npz"), {{"x", Tensor::from<float>({{1, 1}, {2, 1}})}});
  EXPECT_EQ(said({"m.keras", "x.npz"}, "output"), right);
  expect_refused({"evaluate", "m.keras", "--data", "x.npz"}, "lacks the array 'y'");
  EXPECT_EQ(metrics({"m.keras", "--data", "label_first.csv"}).at("loss").as_double(), 0.0);
}

TEST_F(DataOnTheCommandLine, ColumnsAreThoseOfTheTraining) {
  adder().save(file("m.keras"));
  write("train.csv", "a,b,price\n1,1,3\n2,1,5\n");
  ASSERT_EQ(run({"train", "m.keras", "--data", "train.csv", "--out", "known.keras"}).status, 0);
  write("other.csv", "id,price,b,a\n77,3,1,1\n78,5,1,2\n");
  EXPECT_EQ(metrics({"known.keras", "--data", "other.csv"}).at("loss").as_double(), 0.0);
  EXPECT_EQ(said({"known.keras", "other.csv"}, "output"), (Words{"[3.0]", "[5.0]"}));
  const Outcome outcome = run({"predict", "known.keras", "other.csv"});
  EXPECT_NE(outcome.err.find("not used, since the model was trained without it: 'id'"), std::string::npos)
      << outcome.err;
  write("lacks.csv", "a,c\n1,1\n");
  expect_refused({"predict", "known.keras", "lacks.csv"}, "'b' is missing");
}

// A table without names has the order of the training, the target included, wherever that stood.
TEST_F(DataOnTheCommandLine, ATableWithoutNamesHasItsTargetWhereTheTrainingHadIt) {
  adder().save(file("m.keras"));
  write("train.csv", "target,a,b\n4,1,2\n10,3,4\n");
  write("plain.csv", "4,1,2\n10,3,4\n");
  ASSERT_EQ(run({"train", "m.keras", "--data", "train.csv", "--out", "known.keras"}).status, 0);
  EXPECT_EQ(metrics({"known.keras", "--data", "plain.csv"}).at("loss").as_double(), 0.0);
  EXPECT_EQ(said({"known.keras", "plain.csv"}, "output"), (Words{"[4.0]", "[10.0]"}));
  const Outcome outcome = run({"evaluate", "known.keras", "--data", "plain.csv"});
  EXPECT_NE(outcome.err.find("in the order of the training data, 'target', 'a', 'b'"), std::string::npos)
      << outcome.err;
  const Outcome trained = run({"train", "m.keras", "--data", "train.csv", "--validation-data", "plain.csv",
                               "--out", "v.keras", "--json"});
  ASSERT_EQ(trained.status, 0) << trained.err;
  EXPECT_EQ(Json::parse(trained.lines().back()).at("metrics").at("loss").as_double(), 0.0);
  // Trained without names, the table of the training can be asked about, too.
  write("last.csv", "1,2,4\n3,4,10\n");
  ASSERT_EQ(run({"train", "m.keras", "--data", "last.csv", "--out", "last.keras"}).status, 0);
  EXPECT_EQ(said({"last.keras", "last.csv"}, "output"), (Words{"[4.0]", "[10.0]"}));
  ASSERT_EQ(
      run({"train", "m.keras", "--data", "plain.csv", "--label-column", "column_0", "--out", "first.keras"})
          .status,
      0);
  EXPECT_EQ(said({"first.keras", "plain.csv"}, "output"), (Words{"[4.0]", "[10.0]"}));
  EXPECT_EQ(metrics({"first.keras", "--data", "plain.csv"}).at("loss").as_double(), 0.0);
}

TEST_F(DataOnTheCommandLine, OneBadCellIsNamed) {
  adder().save(file("m.keras"));
  write("bad.csv", "a,b,price\n1,1,3\n2,1,NA\n3,1,7\n");
  expect_refused({"train", "m.keras", "--data", "bad.csv"}, "line 3: column 'price' of row 2 is 'NA'");
  const Outcome dropped = run({"evaluate", "m.keras", "--data", "bad.csv", "--missing", "drop", "--json"});
  ASSERT_EQ(dropped.status, 0) << dropped.err;
  EXPECT_EQ(Json::parse(dropped.out).at("samples").as_int(), 2);
  EXPECT_NE(dropped.err.find("1 of 3 rows"), std::string::npos) << dropped.err;
  ASSERT_EQ(run({"train", "m.keras", "--data", "bad.csv", "--missing", "drop", "--out", "d.keras"}).status,
            0);
  EXPECT_EQ(metrics({"d.keras", "--data", "bad.csv"}).at("mae").as_double(), 0.0);
  expect_refused({"evaluate", "d.keras", "--data", "bad.csv", "--missing", "fail"}, "line 3");
  expect_refused({"evaluate", "d.keras", "--data", "bad.csv", "--missing", "ignore"}, "unknown way", 2);
  write("gap.csv", "a,b\n1,1\n,1\n2,1\n");
  EXPECT_EQ(said({"d.keras", "gap.csv"}, "input"), (Words{"gap.csv[0]", "gap.csv[2]"}));
}

TEST_F(DataOnTheCommandLine, TheModelRemembersWhatBecomesOfInfiniteCells) {
  adder().save(file("m.keras"));
  write("inf.csv", "a,b,price\n1,1,3\ninf,1,5\n3,1,7\n");
  ASSERT_EQ(run({"train", "m.keras", "--data", "inf.csv", "--infinite", "drop", "--out", "d.keras"}).status,
            0);
  EXPECT_EQ(load_model(file("d.keras")).data_info().infinite, Infinite::kDrop);
  const Outcome asked = run({"evaluate", "d.keras", "--data", "inf.csv", "--json"});
  ASSERT_EQ(asked.status, 0) << asked.err;
  EXPECT_EQ(Json::parse(asked.out).at("samples").as_int(), 2);
  EXPECT_EQ(said({"d.keras", "inf.csv"}, "input"), (Words{"inf.csv[0]", "inf.csv[2]"}));
  EXPECT_NE(run({"summary", "d.keras"}).out.find("Cells that are infinite: drop"), std::string::npos);
  expect_refused({"evaluate", "d.keras", "--data", "inf.csv", "--infinite", "fail"}, "line 3");
  expect_refused({"evaluate", "d.keras", "--data", "inf.csv", "--infinite", "maybe"}, "unknown way", 2);
}

TEST_F(DataOnTheCommandLine, PicturesByNameAreLeftOutWhereOneSaysSo) {
  Sequential model({Input({2, 2, 1}), Flatten(), Dense(2, {.activation = "softmax"})}, {.seed = 1});
  model.save(file("m.keras"));
  write("good.png", encode_png({2, 2, 1, std::vector<uint8_t>(4, 7)}));
  write("empty.gif", "");
  write("page.jpg", "<!DOCTYPE html><html></html>");
  expect_refused({"predict", "m.keras", "good.png", "page.jpg"}, "an HTML page");
  const Outcome outcome =
      run({"predict", "m.keras", "empty.gif", "good.png", "page.jpg", "--on-error", "skip", "--json"});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_EQ(outcome.lines().size(), 1u);
  EXPECT_NE(outcome.err.find("2 images of 3 cannot be read and are left out: 'empty.gif', 'page.jpg'"),
            std::string::npos)
      << outcome.err;
  expect_refused({"predict", "m.keras", "page.jpg", "--on-error", "skip"},
                 "1 image of 1 cannot be read and is left out: 'page.jpg'; nothing is left");
  expect_refused({"predict", "m.keras", "good.png", "none.jpg", "--on-error", "skip"}, "none.jpg");
}

// What is read in whole comes from no pipe, and nobody waits for it.
TEST_F(DataOnTheCommandLine, PipesAreNotWaitedFor) {
  adder().save(file("m.keras"));
  for (const char* name : {"p.keras", "p.png"}) ASSERT_EQ(::mkfifo(file(name).c_str(), 0600), 0);
  expect_refused(
      {"evaluate", "p.keras", "--data", "x.csv"},
      "'p.keras': it is a pipe, and only tables and texts are read from those: write it to a file");
  expect_refused({"predict", "m.keras", "p.png"}, "'p.png': it is a pipe, and only");
}

TEST_F(DataOnTheCommandLine, WholeNumbersAreValuesForARegression) {
  adder().save(file("m.keras"));
  const Tensor x = Tensor::from<float>({{-1.5f, 0}, {2, 1}, {500000, 500000}});
  write_npz(file("c.npz"), {{"x", x}, {"y", Tensor::from<int64_t>({-3, 5, 1500000})}});
  EXPECT_EQ(metrics({"m.keras", "--data", "c.npz"}).at("loss").as_double(), 0.0);
  EXPECT_EQ(run({"train", "m.keras", "--data", "c.npz", "--out", "n.keras"}).status, 0);
  EXPECT_EQ(said({"m.keras", "c.npz"}, "output"), (Words{"[-3.0]", "[5.0]", "[1500000.0]"}));
}

TEST_F(DataOnTheCommandLine, TablesAreReadAsTheyAreFound) {
  adder().save(file("m.keras"));
  for (const auto& [name, text] :
       std::vector<std::pair<std::string, std::string>>{{"semi.csv", "\"a\";\"b\";\"label\"\n1;1;3\n2;1;5\n"},
                                                        {"numbers.csv", "0,1,label\n1,1,3\n2,1,5\n"},
                                                        {"cr.csv", "a,b,label\r1,1,3\r2,1,5"},
                                                        {"UPPER.CSV", "a,b,label\n1,1,3\n2,1,5\n"},
                                                        {"sep.csv", "sep=|\na|b|label\n1|1|3\n2|1|5\n"}}) {
    write(name, text);
    EXPECT_EQ(metrics({"m.keras", "--data", name}).at("loss").as_double(), 0.0) << name;
  }
  write("comma.csv", "a;b;label\n0,5;1;2\n2;1;5\n");
  expect_refused({"evaluate", "m.keras", "--data", "comma.csv"}, "--decimal-comma");
  EXPECT_EQ(metrics({"m.keras", "--data", "comma.csv", "--decimal-comma"}).at("loss").as_double(), 0.0);
  write("colon.csv", "1:1:3\n2:1:5\n");
  EXPECT_EQ(metrics({"m.keras", "--data", "colon.csv", "--separator", ":"}).at("loss").as_double(), 0.0);
  write("rows.csv", "0,1,1\n1,1,3\n");
  EXPECT_EQ(metrics({"m.keras", "--data", "rows.csv", "--no-header"}).at("loss").as_double(), 0.0);
  write("names.csv", "0,1,2\n1,1,3\n");
  EXPECT_EQ(metrics({"m.keras", "--data", "names.csv", "--header"}).at("loss").as_double(), 0.0);
  expect_refused({"evaluate", "m.keras", "--data", "rows.csv", "--header", "--no-header"}, "exclude", 2);
  expect_refused({"evaluate", "m.keras", "--data", "rows.csv", "--separator", "::"}, "one character", 2);
}

// ---- Pictures ----

class PicturesOnTheCommandLine : public DataOnTheCommandLine {
 protected:
  // 2 x 2 grey pictures: dark ones are of class 0, light ones of class 1, by the mean of their bytes.
  Sequential light_meter(double middle) const {
    Sequential model({Input({2, 2, 1}), Flatten(), Dense(2, {.activation = "softmax"})}, {.seed = 1});
    model.compile({.optimizer = SGD({.learning_rate = 0.0}),
                   .loss = "categorical_crossentropy",
                   .metrics = {"accuracy"}});
    const auto m = static_cast<float>(middle);
    model.set_weights(
        {Tensor::from<float>({{0, 1}, {0, 1}, {0, 1}, {0, 1}}), Tensor::from<float>({0, -4 * m})});
    return model;
  }
  void picture(const std::string& name, uint8_t value) const {
    fs::create_directories(fs::path(file(name)).parent_path());
    write(name, encode_png({2, 2, 1, {value, value, value, value}}));
  }
};

TEST_F(PicturesOnTheCommandLine, ScalingIsSaidAndKept) {
  // Right for bytes of 0..255 alone.
  light_meter(128).save(file("raw.keras"));
  write_npz(file("p.npz"),
            {{"x", Tensor::from<uint8_t>({10, 20, 30, 40, 200, 210, 220, 230}).reshape({2, 2, 2, 1})},
             {"y", Tensor::from<int64_t>({0, 1})}});
  const Outcome guessed = run({"evaluate", "raw.keras", "--data", "p.npz", "--json"});
  ASSERT_EQ(guessed.status, 0) << guessed.err;
  EXPECT_EQ(Json::parse(guessed.out).at("metrics").at("accuracy").as_double(), 0.5);
  EXPECT_NE(guessed.err.find("divided by 255"), std::string::npos) << guessed.err;
  EXPECT_NE(guessed.err.find("--scale none"), std::string::npos) << guessed.err;
  const Outcome told = run({"evaluate", "raw.keras", "--data", "p.npz", "--scale", "none", "--json"});
  EXPECT_EQ(Json::parse(told.out).at("metrics").at("accuracy").as_double(), 1.0);
  EXPECT_EQ(told.err.find("divided"), std::string::npos) << told.err;
  ASSERT_EQ(run({"train", "raw.keras", "--data", "p.npz", "--scale", "none", "--out", "kept.keras"}).status,
            0);
  EXPECT_EQ(metrics({"kept.keras", "--data", "p.npz"}).at("accuracy").as_double(), 1.0);
  EXPECT_EQ(said({"kept.keras", "p.npz"}, "class"), (Words{"0", "1"}));
  picture("light.png", 220);
  const Outcome one = run({"predict", "kept.keras", "light.png", "--json"});
  EXPECT_EQ(Json::parse(one.out).at("class").as_int(), 1);
  EXPECT_EQ(one.err, "");
  expect_refused({"predict", "raw.keras", "light.png", "--scale", "0-1"}, "unknown scale", 2);
}

TEST_F(PicturesOnTheCommandLine, FoldersOfImagesTrainAndAreAsked) {
  light_meter(0.5).save(file("m.keras"));
  for (int i = 0; i < 3; ++i) {
    picture("pets/dark/" + std::to_string(i) + ".png", static_cast<uint8_t>(10 * i));
    picture("pets/light/" + std::to_string(i) + ".PNG", static_cast<uint8_t>(200 + 10 * i));
  }
  write("pets/light/notes.txt", "not a picture");
  const Outcome trained = run({"train", "m.keras", "--data", "pets", "--out", "known.keras", "--json"});
  ASSERT_EQ(trained.status, 0) << trained.err;
  EXPECT_NE(trained.err.find("1 file is no image that can be read"), std::string::npos) << trained.err;
  EXPECT_EQ(load_model(file("known.keras")).data_info().class_names, (Words{"dark", "light"}));
  picture("some/light/9.png", 255);  // without the first class
  EXPECT_EQ(metrics({"known.keras", "--data", "some"}).at("accuracy").as_double(), 1.0);
  EXPECT_EQ(said({"known.keras", "some"}, "label"), (Words{"light"}));
  EXPECT_EQ(said({"known.keras", "some"}, "expected"), (Words{"1"}));
  picture("flat/a.png", 0);
  picture("flat/b.png", 255);
  EXPECT_EQ(said({"known.keras", "flat", "flat/a.png"}, "label"), (Words{"dark", "light", "dark"}));
  EXPECT_EQ(said({"known.keras", "flat"}, "input"), (Words{"flat/a.png", "flat/b.png"}));
  fs::copy(file("flat/b.png"), file("flat/photo"));  // its content decides
  EXPECT_EQ(said({"known.keras", "flat/photo"}, "label"), (Words{"light"}));
  picture("more/grey/1.png", 128);
  expect_refused({"evaluate", "known.keras", "--data", "more"},
                 "the folder 'grey' is of a class that the model does not know");
  expect_refused({"evaluate", "known.keras", "--data", "flat"}, "not one folder for each class");
}

// Called 0, 1, ..., they are names all the same: what lacks the first is not numbered anew.
TEST_F(PicturesOnTheCommandLine, FoldersCalledByNumbersAreNames) {
  light_meter(0.5).save(file("m.keras"));
  picture("train/0/a.png", 10);
  picture("train/1/a.png", 240);
  picture("other/1/b.png", 230);
  ASSERT_EQ(run({"train", "m.keras", "--data", "train", "--out", "known.keras"}).status, 0);
  EXPECT_EQ(metrics({"known.keras", "--data", "other"}).at("accuracy").as_double(), 1.0);
  EXPECT_EQ(said({"known.keras", "other"}, "expected"), (Words{"1"}));
  const Outcome outcome = run({"evaluate", "known.keras", "--data", "other", "--label-column", "kind"});
  EXPECT_NE(outcome.err.find("is no table"), std::string::npos) << outcome.err;
}

// ---- Outputs that are no numbers ----

TEST_F(DataOnTheCommandLine, LabelsAreNoneOfARegression) {
  Sequential model({Input({2}), Dense(3)}, {.seed = 1});
  model.compile({.optimizer = "sgd", .loss = "mse"});
  model.save(file("m.keras"));
  write("d.csv", "a,b\n1,2\n");
  expect_refused({"predict", "m.keras", "d.csv", "--labels", "x,y,z"},
                 "--labels: the model's loss takes values");
  expect_refused({"evaluate", "m.keras", "--data", "d.csv", "--labels", "x,y,z"},
                 "--labels: the model's loss takes values");
}

TEST_F(DataOnTheCommandLine, PredictNeedsNoReadableTarget) {
  sorter().save(file("pets.keras"));
  const Tensor x = Tensor::from<float>({{1}, {2}, {3}});
  const auto asked = [&](const std::string& words) {
    const Outcome outcome = run({"predict", "pets.keras", "d.npz"});
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    EXPECT_EQ(outcome.lines().size(), 3u) << outcome.out;
    EXPECT_NE(outcome.err.find("the targets are not used"), std::string::npos) << outcome.err;
    EXPECT_NE(outcome.err.find(words), std::string::npos) << outcome.err;
  };
  write_npz(file("d.npz"), {{"x", x}, {"y", Tensor::from<int32_t>({0, 1})}});
  asked("x has 3 samples");
  detail::ZipWriter zip;
  zip.add("x.npy", npy_bytes(x));
  zip.add("y.npy", "no array");
  write_file(file("d.npz"), zip.finish());
  asked("y.npy");
}

// What is said about samples is said in parts.
TEST_F(DataOnTheCommandLine, ManySamplesAreAskedAboutInParts) {
  sorter().save(file("pets.keras"));
  std::string table = "a,label\n";
  constexpr int kRows = 40000;
  for (int i = 0; i < kRows; ++i) table += std::to_string(1 + i % 3) + "," + std::to_string(i % 3) + "\n";
  write("many.csv", table);
  const Outcome outcome = run({"predict", "pets.keras", "many.csv", "--json"});
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  const std::vector<std::string> lines = outcome.lines();
  ASSERT_EQ(lines.size(), static_cast<size_t>(kRows));
  for (const size_t i : {size_t{0}, size_t{16383}, size_t{16384}, size_t{32769}, size_t{kRows - 1}}) {
    const Json line = Json::parse(lines[i]);
    EXPECT_EQ(line.at("input").as_string(), "many.csv[" + std::to_string(i) + "]");
    EXPECT_EQ(line.at("class").as_int(), static_cast<int64_t>(i % 3));
    EXPECT_EQ(line.at("expected").as_int(), static_cast<int64_t>(i % 3));
  }
}

TEST_F(DataOnTheCommandLine, YesAndNoAreWordsToo) {
  Sequential model({Input({1}), Dense(1, {.activation = "sigmoid"})}, {.seed = 1});
  model.compile(
      {.optimizer = SGD({.learning_rate = 0.0}), .loss = "binary_crossentropy", .metrics = {"accuracy"}});
  model.set_weights({Tensor::from<float>({{4}}), Tensor::from<float>({0})});
  model.save(file("m.keras"));
  write("train.csv", "a,bought\n1,yes\n-1,no\n2,yes\n");
  write("test.csv", "bought,a\nyes,3\nyes,1\n");
  ASSERT_EQ(run({"train", "m.keras", "--data", "train.csv", "--out", "known.keras"}).status, 0);
  EXPECT_EQ(metrics({"known.keras", "--data", "test.csv"}).at("accuracy").as_double(), 1.0);
  EXPECT_EQ(said({"known.keras", "test.csv"}, "label"), (Words{"yes", "yes"}));
  EXPECT_EQ(said({"known.keras", "test.csv"}, "expected"), (Words{"1", "1"}));
  write("other.csv", "a,bought\n1,maybe\n");
  expect_refused({"evaluate", "known.keras", "--data", "other.csv"}, "the class 'maybe'");
  write("three.csv", "a,bought\n1,yes\n2,no\n3,maybe\n");
  expect_refused({"train", "m.keras", "--data", "three.csv"},
                 "the 3 classes 'maybe', 'no', 'yes'; the model tells 2 apart");
}

// ---- Several inputs and outputs ----

TEST_F(DataOnTheCommandLine, SeveralInputsComeByNameOrInOrder) {
  const Tensor left = Input({2}, {.name = "left"}), right = Input({1}, {.name = "right"});
  const Tensor both = Concatenate()({left, right});
  Model model({left, right},
              {Dense(1, {.name = "sum"})(both), Dense(3, {.activation = "softmax", .name = "kind"})(both)});
  model.compile({.optimizer = SGD({.learning_rate = 0.01}),
                 .loss = {{"sum", "mse"}, {"kind", "categorical_crossentropy"}}});
  model.save(file("two.keras"));
  const Tensor a = Tensor::from<float>({{1, 2}, {3, 4}}), b = Tensor::from<float>({{5}, {6}});
  const Tensor sum = Tensor::from<int64_t>({8, 13}), kind = Tensor::from<int64_t>({2, 0});
  write_npz(file("named.npz"), {{"left", a}, {"right", b}, {"sum", sum}, {"kind", kind}, {"unasked", a}});
  write_npz(file("ordered.npz"), {{"x_0", a}, {"x_1", b}, {"y_0", sum}, {"y_1", kind}});
  EXPECT_EQ(metrics({"two.keras", "--data", "named.npz"}).dump(),
            metrics({"two.keras", "--data", "ordered.npz"}).dump());
  EXPECT_EQ(run({"train", "two.keras", "--data", "named.npz", "--validation-data", "ordered.npz", "--out",
                 "t.keras"})
                .status,
            0);
  write_npy(file("a.npy"), a);
  write_npy(file("b.npy"), b);
  const Words outputs = said({"two.keras", "named.npz"}, "outputs");
  ASSERT_EQ(outputs.size(), 2u);
  EXPECT_NE(outputs[0].find("\"kind\""), std::string::npos) << outputs[0];
  EXPECT_EQ(said({"two.keras", "a.npy", "b.npy"}, "outputs"), outputs);
  EXPECT_EQ(said({"two.keras", "right=b.npy", "left=a.npy"}, "outputs"), outputs);
  expect_refused({"predict", "two.keras", "a.npy"}, "takes 2 inputs, left, right");
  expect_refused({"predict", "two.keras", "left=a.npy", "rigth=b.npy"}, "did you mean 'right'");
  write_npz(file("lacks.npz"), {{"left", a}, {"sum", sum}, {"kind", kind}});
  expect_refused({"evaluate", "two.keras", "--data", "lacks.npz"}, "lacks the array 'right'");
}

}  // namespace
}  // namespace lamina
