// "-" as data: a table, or lines of text, from standard input.
#include "lamina/formats/keras/keras.h"
#include "tests/apps/data_on_the_command_line.h"

namespace lamina {
namespace {

class StandardInput : public DataOnTheCommandLine {
 protected:
  Outcome shell(const std::string& line) const {
    test::Running running("/bin/bash", folder_.path(),
                          {"-c", "lamina() { " + test::program_path() + " \"$@\"; }; " + line},
                          {"OMP_WAIT_POLICY=passive"}, "");
    return running.wait();
  }
};

TEST_F(StandardInput, IsATableForEveryCommand) {
  adder().save(file("m.keras"));
  write("t.csv", "a,b,y\n1,1,3\n2,1,5\n");
  for (const char* line : {"lamina predict m.keras - < t.csv", "gzip -c t.csv | lamina predict m.keras -",
                           "(head -c 9 t.csv; sleep 0.1; tail -c +10 t.csv) | lamina predict m.keras -"}) {
    const Outcome said = shell(line);
    EXPECT_EQ(said.status, 0) << line << said.err;
    ASSERT_EQ(said.lines().size(), 2u) << line << said.out;
    EXPECT_TRUE(said.lines()[1].ends_with("[1]  5")) << line << said.out;
  }
  EXPECT_EQ(shell("cat t.csv | lamina evaluate m.keras --data -").out,
            "loss: 0.0000 - mae: 0.0000 - 2 samples\n");
  const Outcome trained = shell("lamina train m.keras --data - --out n.keras --run-dir r < t.csv");
  EXPECT_EQ(trained.status, 0) << trained.err;
  EXPECT_EQ(load_keras(file("n.keras")).data_info().features, (Words{"a", "b"}));
  write("bad.csv", "a,b,y\n1,1,3\n2,x,5\n");
  const Outcome bad = shell("lamina evaluate m.keras --data - < bad.csv");
  EXPECT_EQ(bad.status, 1);
  EXPECT_NE(bad.err.find("'/dev/stdin', line 3: column 'b' of row 2 holds 'x'"), std::string::npos)
      << bad.err;
  EXPECT_EQ(shell("lamina evaluate m.keras --data - < /dev/null").status, 1);
}

TEST_F(StandardInput, IsATableOfTextsAndForPredictItsLines) {
  std::string table = "text\tlabel\n";
  for (int i = 0; i < 40; ++i) table += i % 2 == 0 ? "a good film\tpositive\n" : "a bad film\tnegative\n";
  write("t.tsv", table);
  const Outcome trained = shell(
      "lamina train imdb-forest --data - --model bayes --stop-words a --out b.classic --run-dir r < t.tsv");
  ASSERT_EQ(trained.status, 0) << trained.err;
  const Outcome judged = shell("cat t.tsv | lamina evaluate b.classic --data - --json");
  ASSERT_EQ(judged.status, 0) << judged.err;
  EXPECT_EQ(Json::parse(judged.out).at("metrics").at("accuracy").as_double(), 1.0) << judged.out;
  for (const char* line : {"printf 'a good film\\nso bad\\n' | lamina predict b.classic - --json",
                           "printf 'a good film\\nso bad\\n' | gzip > some.txt.gz; lamina predict b.classic "
                           "some.txt.gz --json"}) {
    const Outcome said = shell(line);
    ASSERT_EQ(said.status, 0) << said.err;
    ASSERT_EQ(said.lines().size(), 2u) << said.out;
    EXPECT_EQ(Json::parse(said.lines()[0]).at("label").as_string(), "positive");
    EXPECT_EQ(Json::parse(said.lines()[1]).at("label").as_string(), "negative");
  }
  EXPECT_EQ(shell("lamina predict b.classic - < /dev/null").status, 1);
  // A file that is not there is no text.
  EXPECT_EQ(shell("lamina predict b.classic reviews.parquet").status, 1);
}

TEST_F(StandardInput, IsASeries) {
  std::string table = "d,v\n";
  for (int i = 0; i < 60; ++i) table += "2020-01-01," + std::to_string(i % 7) + "\n";
  for (int i = 0, at = 4; i < 60; ++i, at = static_cast<int>(table.find('\n', static_cast<size_t>(at))) + 1) {
    char day[16];
    std::snprintf(day, sizeof day, "20%02d-%02d-01", 20 + i / 12, i % 12 + 1);
    table.replace(static_cast<size_t>(at), 10, day);
  }
  write("s.csv", table);
  const Outcome trained =
      shell("cat s.csv | lamina train series --data - --epochs 1 --out s.keras --run-dir r");
  ASSERT_EQ(trained.status, 0) << trained.err;
  const Outcome said = shell("cat s.csv | lamina predict s.keras -");
  EXPECT_EQ(said.status, 0) << said.err;
  EXPECT_NE(said.out.find("v after 2024-12-01"), std::string::npos) << said.out;
}

TEST_F(StandardInput, AndFilesOfTablesAreChecked) {
  write("good.csv", "a,when,label\n1,2020-01-01,x\n,2020-01-02,y\n3,2020-01-03,x\n");
  const Outcome good = run({"data", "check", "good.csv"});
  EXPECT_EQ(good.status, 0) << good.err;
  EXPECT_EQ(good.out,
            "'good.csv': 3 rows, 3 columns\n"
            "  a      numbers, 1 missing\n"
            "  when   dates\n"
            "  label  text\n"
            "Nothing to mend.\n");
  std::string rows = "n,same,none,age,label\n";
  for (int i = 0; i < 12; ++i)
    rows += std::to_string(i) + ",7,," + (i == 4 ? std::string("12o") : std::to_string(i)) + ",y" +
            std::to_string(i % 2) + "\n";
  write("bad.csv", rows);
  const Outcome bad = shell("lamina data check - --json < bad.csv");
  EXPECT_EQ(bad.status, 1) << bad.err;
  const Json report = Json::parse(bad.out);
  EXPECT_FALSE(report.at("good").as_bool());
  EXPECT_EQ(
      report.at("notes").dump(),
      "[\"column 'same' says the same in every row: there is nothing to learn from it, or to predict\", "
      "\"column 'none' is empty: leave it out\", "
      "\"column 'age' holds numbers and, in 1 row, text, the first '12o' in line 6\"]");
  write("ragged.csv", "a,b\n1,2\n3\n");
  expect_refused({"data", "check", "ragged.csv"},
                 "'ragged.csv', line 3: it has 1 field; the first line has 2");
  write("picture.png", std::string("\x89PNG\r\n\x1a\n", 8));
  expect_refused({"data", "check", "picture.png"}, "is a PNG image; a table of text was expected");
}

}  // namespace
}  // namespace lamina
