// Parquet beside the CSV that pandas writes of the same table: as what they are read, they are the same.
#include <gtest/gtest.h>

#include "lamina/base/error.h"
#include "lamina/base/files.h"
#include "lamina/data/detail/cells.h"
#include "lamina/data/detail/parquet.h"
#include "lamina/data/labelled_data.h"
#include "tests/support/golden.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/told.h"

namespace lamina {
namespace {

using test::message_of;
using test::Told;

std::string golden(const std::string& name) { return test::golden_path("data/parquet/" + name); }

class Parquet : public ::testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    if (!detail::why_no_parquet().empty()) GTEST_SKIP() << "a Parquet file: " << detail::why_no_parquet();
  }
};

DataOptions as(SampleKind samples) {
  DataOptions options;
  options.needs.samples = samples;
  options.needs.learned_from = true;
  return options;
}

// pandas writes whole numbers with a point where some are missing.
void expect_same_cells(const TextColumn& actual, const TextColumn& expected) {
  EXPECT_EQ(actual.name(), expected.name());
  ASSERT_EQ(actual.size(), expected.size());
  for (size_t row = 0; row < actual.size(); ++row) {
    const detail::Cell number = detail::read_cell(expected[row], '.');
    if (number.kind != detail::CellKind::kNumber) {
      EXPECT_EQ(actual[row], expected[row]) << actual.name() << ", row " << row;
      continue;
    }
    const detail::Cell cell = detail::read_cell(actual[row], '.');
    EXPECT_EQ(cell.kind, detail::CellKind::kNumber) << actual.name() << ": " << actual[row];
    EXPECT_EQ(cell.number, number.number) << actual.name() << ", row " << row;
  }
}

TEST_P(Parquet, IsTheTableThatItsCsvIs) {
  const std::string path = golden(GetParam());
  const bool series = GetParam().starts_with("series") || GetParam() == "one_column";
  DataOptions options = as(series ? SampleKind::kSeries : SampleKind::kRows);
  if (series) options.missing = Missing::kDrop;
  const Told told;
  const LabelledData actual = load_data(path + ".parquet", options);
  const LabelledData expected = load_data(path + ".csv", options);
  EXPECT_EQ(actual.features, expected.features);
  EXPECT_EQ(actual.target, expected.target);
  EXPECT_EQ(actual.names, expected.names);
  EXPECT_EQ(actual.class_names, expected.class_names);
  if (series) {
    EXPECT_EQ(actual.x.to_vector<float>(), expected.x.to_vector<float>());
    return;
  }
  EXPECT_EQ(actual.y.to_vector<float>(), expected.y.to_vector<float>());
  ASSERT_EQ(actual.columns.size(), expected.columns.size());
  for (size_t i = 0; i < actual.columns.size(); ++i)
    expect_same_cells(actual.columns[i], expected.columns[i]);
}

INSTANTIATE_TEST_SUITE_P(Golden, Parquet, ::testing::ValuesIn(test::golden_cases("data/parquet", ".parquet")), test::CaseName());

using ParquetFiles = Parquet;

TEST_F(ParquetFiles, GiveTextsAndNumbers) {
  const Told told;
  DataOptions options = as(SampleKind::kTexts);
  options.text_column = "word";
  const LabelledData texts = load_data(golden("compressed_zstd.parquet"), options);
  EXPECT_EQ(texts.texts.at(2), "with \"quotes\"");
  EXPECT_EQ(texts.texts.at(4), "中文 ümlaut");
  EXPECT_EQ(texts.class_names, (std::vector<std::string>{"no", "yes"}));
  DataOptions numbers = as(SampleKind::kValues);
  const std::string message =
      message_of<FileError>([&] { load_data(golden("compressed_zstd.parquet"), numbers); });
  EXPECT_NE(message.find("line 2: column 'word' of row 1 holds 'plain'; a number"), std::string::npos)
      << message;
}

TEST_F(ParquetFiles, SayWhatIsLeftOut) {
  const Told told;
  load_data(golden("nested.parquet"), as(SampleKind::kRows));
  EXPECT_TRUE(told.holds("columns whose cells are no number, text or date are left out: 'list' (list<"))
      << told.text();
  EXPECT_TRUE(told.holds("'bytes' (binary), 'struct' (struct<")) << told.text();
}

TEST_F(ParquetFiles, ThatAreDamagedAreErrors) {
  const test::TemporaryFolder folder;
  const std::string whole = read_file(golden("types.parquet"));
  const Told told;
  for (const size_t cut : {size_t{8}, whole.size() / 2, whole.size() - 1}) {
    write_file(folder / "cut.parquet", whole.substr(0, cut));
    const std::string message =
        message_of<FileError>([&] { load_data(folder / "cut.parquet", as(SampleKind::kRows)); });
    EXPECT_NE(message.find("cut.parquet' cannot be read as Parquet: "), std::string::npos) << message;
  }
}

// Everywhere, with and without Arrow.
TEST(ParquetText, IsNoParquetForItsFirstLetters) {
  const test::TemporaryFolder folder;
  write_file(folder / "t.csv", "PAR1,label\n1,0\n2,1\n");
  const LabelledData data = load_data(folder / "t.csv");
  EXPECT_EQ(data.features, (std::vector<std::string>{"PAR1"}));
}

}  // namespace
}  // namespace lamina
