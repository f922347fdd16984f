// Bad data on the command line, kind by kind: each ends in one line that names the place, or is told and gone
// past; none is silently wrong.
#include <gtest/gtest.h>

#include <filesystem>
#include <functional>

#include "lamina/base/files.h"
#include "lamina/image/picture.h"
#include "lamina/nn/model.h"
#include "tests/support/program.h"
#include "tests/support/temporary_folder.h"

namespace lamina {
namespace {

class BadDataOnTheCommandLine : public ::testing::Test {
 protected:
  test::Outcome run(const std::vector<std::string>& words) {
    return test::run_lamina(folder_.path(), words, {"OMP_WAIT_POLICY=passive"});
  }
  void expect_refused(const std::vector<std::string>& words, const std::string& part) {
    const test::Outcome outcome = run(words);
    EXPECT_EQ(outcome.status, 1) << outcome.out << outcome.err;
    EXPECT_NE(outcome.err.find("lamina: error: "), std::string::npos) << outcome.err;
    EXPECT_NE(outcome.err.find(part), std::string::npos) << outcome.err;
    EXPECT_FALSE(std::filesystem::exists(folder_ / "bad.keras"));
  }
  void expect_training_refused(const std::string& recipe, const std::string& data, const std::string& part) {
    expect_refused({"train", recipe, "--data", data, "--epochs", "1", "--out", "bad.keras"}, part);
  }
  void write(const std::string& name, const std::string& bytes) { write_file(folder_ / name, bytes); }
  void make_folder(const std::string& name) { std::filesystem::create_directories(folder_ / name); }
  // Pictures of one colour each, five in every class.
  void write_pictures(const std::string& folder, const std::vector<std::string>& classes) {
    for (size_t kind = 0; kind < classes.size(); ++kind) {
      make_folder(folder + "/" + classes[kind]);
      for (size_t i = 0; i < 5; ++i) {
        Picture picture{
            32, 32, 3, std::vector<uint8_t>(32 * 32 * 3, static_cast<uint8_t>(90 * kind + 9 * i)), {}};
        write(folder + "/" + classes[kind] + "/" + std::to_string(i) + ".png", encode_png(picture));
      }
    }
  }

  test::TemporaryFolder folder_;
};

// A table of `rows` rows.
std::string table(const std::string& header, int rows, const std::function<std::string(int)>& row) {
  std::string text = header + "\n";
  for (int i = 0; i < rows; ++i) text += row(i) + "\n";
  return text;
}

TEST_F(BadDataOnTheCommandLine, EmptyFolders) {
  make_folder("empty/cats");
  make_folder("empty/dogs");
  make_folder("nothing");
  for (const char* folder : {"empty", "nothing"})
    expect_training_refused("photos", folder, std::string("'") + folder + "' holds no data that can be read");
}

TEST_F(BadDataOnTheCommandLine, OneClassOnly) {
  write_pictures("one", {"cats"});
  expect_training_refused("photos", "one", "all pictures are of the class 'cats'");
}

TEST_F(BadDataOnTheCommandLine, UnreadableImages) {
  write_pictures("photos", {"cats", "dogs"});
  write("photos/cats/bad.png", "\x89PNG\r\n\x1a\n and then nothing");
  expect_training_refused("photos", "photos", "'photos/cats/bad.png' is a damaged PNG file");
}

// A few bytes that promise ten thousand million pixels.
TEST_F(BadDataOnTheCommandLine, HugeImages) {
  write_pictures("photos", {"cats", "dogs"});
  std::string bomb = encode_png({1, 1, 3, {1, 2, 3}, {}});
  constexpr size_t kWidth = 16;  // after the signature, the length and "IHDR"
  for (const size_t at : {kWidth, kWidth + 4}) bomb.replace(at, 4, std::string("\0\x01\x86\xa0", 4));
  write("photos/cats/bomb.png", bomb);
  const test::Outcome outcome =
      run({"train", "photos", "--data", "photos", "--epochs", "1", "--out", "bad.keras"});
  EXPECT_EQ(outcome.status, 1);
  EXPECT_NE(outcome.err.find("'photos/cats/bomb.png'"), std::string::npos) << outcome.err;
}

TEST_F(BadDataOnTheCommandLine, TextsOfMixedEncodings) {
  write("mixed.tsv", table("text\tlabel", 20, [](int i) {
          return std::string(i % 2 ? "a good caf\xc3\xa9\tgood" : "a bad caf\xe9\tbad");
        }));
  const test::Outcome outcome =
      run({"train", "imdb-forest", "--data", "mixed.tsv", "--out", "f.classic", "--quiet"});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_NE(outcome.err.find("10 bytes are no UTF-8 and became U+FFFD, in 10 of 20 texts"), std::string::npos)
      << outcome.err;
}

TEST_F(BadDataOnTheCommandLine, RaggedRows) {
  write("ragged.csv", "a,b,y\n1,2,yes\n3,no\n4,5,yes\n");
  expect_training_refused("tabular", "ragged.csv",
                          "'ragged.csv', line 3: it has 2 fields; the first line has 3");
}

TEST_F(BadDataOnTheCommandLine, ASeriesShorterThanTheWindow) {
  write("short.csv", table("date,value", 6, [](int i) {
          return "2020-01-0" + std::to_string(i + 1) + "," + std::to_string(i) + ".5";
        }));
  expect_training_refused("series", "short.csv", "windows of 10 and a value behind need at least 11");
}

TEST_F(BadDataOnTheCommandLine, ClassesUnseenInTraining) {
  const auto rows = [](const char* odd) {
    return table("a,b,y", 40, [odd](int i) {
      return std::to_string(i * 7 % 11) + ".5," + std::to_string(i * 3 % 5) + ".5," + (i % 2 ? odd : "no");
    });
  };
  write("known.csv", rows("yes"));
  write("new.csv", rows("maybe"));
  ASSERT_EQ(run({"train", "tabular", "--data", "known.csv", "--epochs", "1", "--out", "m.keras"}).status, 0);
  expect_refused({"evaluate", "m.keras", "--data", "new.csv"},
                 "holds the class 'maybe', which the model does not know; known: no, yes");
}

TEST_F(BadDataOnTheCommandLine, ClassNamesWithSpacesAndChineseCharacters) {
  const std::string cats = "my cats", pandas = "\xe7\x86\x8a\xe7\x8c\xab";
  write_pictures("photos", {cats, pandas});
  ASSERT_EQ(run({"train", "photos", "--data", "photos", "--epochs", "1", "--out", "m.keras"}).status, 0);
  EXPECT_EQ(load_model(folder_ / "m.keras").data_info().class_names,
            (std::vector<std::string>{cats, pandas}));
  EXPECT_EQ(run({"evaluate", "m.keras", "--data", "photos"}).status, 0);
  const test::Outcome outcome = run({"predict", "m.keras", "photos/" + cats, "photos/" + pandas, "--json"});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  for (const std::string& name : {cats, pandas})
    EXPECT_NE(outcome.out.find("photos/" + name + "/0.png"), std::string::npos) << outcome.out;
}

TEST_F(BadDataOnTheCommandLine, AConstantLabel) {
  write("same.csv", table("a,b,y", 12, [](int i) {
          return std::to_string(i * 7 % 11) + ".5," + std::to_string(i * 3 % 5) + ".5,yes";
        }));
  expect_training_refused("tabular", "same.csv",
                          "the target 'y' is constant, 'yes': there is nothing to learn");
}

TEST_F(BadDataOnTheCommandLine, AFeatureColumnThatIsAllMissing) {
  const auto rows = [](bool other) {
    return table(other ? "a,b,y" : "b,y", 40, [other](int i) {
      return (other ? std::to_string(i * 7 % 11) + ".5," : "") + "," + (i % 2 ? "yes" : "no");
    });
  };
  write("only.csv", rows(false));
  expect_training_refused("tabular", "only.csv", "every row lacks a value");
  write("beside.csv", rows(true));  // the others are learned, and the report of the columns tells it
  const test::Outcome outcome =
      run({"train", "tabular", "--data", "beside.csv", "--epochs", "1", "--out", "m.keras"});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_NE(outcome.out.find("every row lacks a value"), std::string::npos) << outcome.out;
}

}  // namespace
}  // namespace lamina
