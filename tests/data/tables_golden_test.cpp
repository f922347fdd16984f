// Tables as they are found, beside pandas: what it reads when it is told how, Lamina reads by itself.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>

#include "lamina/base/files.h"
#include "lamina/base/json.h"
#include "lamina/data/csv.h"
#include "tests/support/golden.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/told.h"

namespace lamina {
namespace {

std::vector<std::string> strings(const Json& list) {
  std::vector<std::string> result;
  for (const Json& value : list.as_list()) result.push_back(value.as_string());
  return result;
}

std::string bytes_of(const std::string& hex) {
  std::string bytes;
  for (size_t i = 0; i + 1 < hex.size(); i += 2)
    bytes += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
  return bytes;
}

TEST(TablesGolden, AreReadAsPandasReadsThem) {
  const Json golden = Json::parse(test::golden_text("data/tables.json"), "tables.json");
  const test::TemporaryFolder folder;
  int64_t cases = 0;
  for (const auto& [name, expected] : golden.at("cases").as_object()) {
    SCOPED_TRACE(name);
    ++cases;
    const Json& said = expected.at("options");
    DataOptions options{.label_column = expected.at("label").as_string()};
    if (said.contains("header")) options.table.header = said.at("header").as_bool();
    if (said.contains("separator")) options.table.separator = said.at("separator").as_string()[0];
    options.table.decimal_comma = said.contains("decimal_comma");
    if (expected.at("drop").as_bool()) options.missing = Missing::kDrop;
    const std::string file = folder / expected.at("file").as_string();
    write_file(file, bytes_of(expected.at("bytes").as_string()));

    const test::Told told;
    const LabelledData data = load_data(file, options);
    EXPECT_EQ(data.features, strings(expected.at("features")));
    EXPECT_EQ(data.target, expected.at("target").as_string());
    std::vector<float> x, y;
    for (const Json& row : expected.at("x").as_list()) {
      for (const Json& value : row.as_list()) x.push_back(std::strtof(value.as_string().c_str(), nullptr));
    }
    for (const Json& value : expected.at("y").as_list()) y.push_back(static_cast<float>(value.as_double()));
    EXPECT_EQ(data.x.to_vector<float>(), x);
    EXPECT_EQ(data.x.shape()[0], static_cast<int64_t>(y.size()));
    EXPECT_EQ(data.y.to_vector<float>(), y);
    EXPECT_EQ(data.y.dtype(), expected.at("is_class").as_bool() ? DType::kInt32 : DType::kFloat32);
    const std::vector<std::string> classes = strings(expected.at("classes"));
    if (!classes.empty()) {
      EXPECT_EQ(data.class_names, classes);
    }
    std::vector<int64_t> rows;
    for (const Json& row : expected.at("rows").as_list()) rows.push_back(row.as_int());
    if (!data.numbers.empty()) {
      EXPECT_EQ(data.numbers, rows);
    }
  }
  EXPECT_GT(cases, 40);
}

}  // namespace
}  // namespace lamina
