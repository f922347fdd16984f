// Tables read for a model: classes and columns by the names it knows, targets by its loss, and what is said.
#include <gtest/gtest.h>

#include <cmath>

#include "lamina/base/error.h"
#include "lamina/data/csv.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/told.h"

namespace lamina {
namespace {

using Names = std::vector<std::string>;
using test::message_of;
using test::Told;

// Of a model that knows classes and columns.
DataOptions of_pets() {
  DataOptions options;
  options.needs.target = TargetKind::kClassNumbers;
  options.needs.classes = 3;
  options.needs.known = {.class_names = {"bird", "cat", "dog"}, .features = {"a", "b"}, .target = "pet"};
  options.needs.inputs = {{"input", Shape{-1, 2}}};
  return options;
}

void expect_refused(const std::string& table, const DataOptions& options, const std::string& words) {
  const Told told;
  const std::string message = message_of<Error>([&] { parse_table(table, "t.csv", options); });
  EXPECT_NE(message.find(words), std::string::npos) << message;
}

TEST(TableNeeds, ClassNumbersAreTheModels) {
  const LabelledData data = parse_table("a,b,pet\n1,2,cat\n3,4,dog\n5,6,cat\n", "t.csv", of_pets());
  EXPECT_EQ(data.y.to_vector<int>(), (std::vector<int>{1, 2, 1}));
  EXPECT_EQ(data.class_names, (Names{"bird", "cat", "dog"}));
  // A number is no name, unless the user has numbered the names and none of them is one.
  expect_refused("a,b,pet\n1,2,2\n3,4,0\n", of_pets(), "holds the class '2', which the model does not know");
  DataOptions numbered = of_pets();
  numbered.needs.numbers_are_classes = true;
  EXPECT_EQ(parse_table("a,b,pet\n1,2,2\n3,4,0\n", "t.csv", numbered).y.to_vector<int>(),
            (std::vector<int>{2, 0}));
  DataOptions digits = of_pets();
  digits.needs.known.class_names = {"3", "5", "8"};
  EXPECT_EQ(parse_table("a,b,pet\n1,2,8\n3,4,5.0\n", "t.csv", digits).y.to_vector<int>(),
            (std::vector<int>{2, 1}));
  expect_refused("a,b,pet\n1,2,8\n3,4,0\n", digits, "line 3: column 'pet' of row 2 holds the class '0'");
}

TEST(TableNeeds, AnUnknownClassIsNamed) {
  expect_refused(
      "a,b,pet\n1,2,cat\n3,4,cta\n", of_pets(),
      "'t.csv', line 3: column 'pet' of row 2 holds the class 'cta', which the model does not know; did "
      "you mean 'cat'");
  expect_refused("a,b,pet\n1,2,7\n", of_pets(), "holds the class '7'");
  expect_refused("a,b,pet\n1,2,NA\n", of_pets(), "column 'pet' of row 1 is 'NA'; a target was expected");
}

TEST(TableNeeds, TextWithoutNamesIsNumberedOnlyWhereItCanBe) {
  DataOptions options = of_pets();
  options.needs.known = {};
  expect_refused("a,b,pet\n1,2,cat\n3,4,dog\n", options,
                 "holds the 2 classes 'cat', 'dog'; the model tells 3 apart and does not know their names");
  {
    const Told told;
    const LabelledData data = parse_table("a,b,label\n1,2,cat\n3,4,dog\n5,6,ant\n", "t.csv", options);
    EXPECT_EQ(data.y.to_vector<int>(), (std::vector<int>{1, 2, 0}));
    EXPECT_TRUE(told.holds("sorted order, 'ant', 'cat', 'dog'")) << told.text();
  }
  options.needs.learned_from = true;
  const Told told;
  EXPECT_EQ(parse_table("a,b,label\n1,2,cat\n3,4,dog\n", "t.csv", options).class_names,
            (Names{"cat", "dog"}));
  EXPECT_EQ(told.text(), "");
  expect_refused("a,b,label\n1,2,a\n3,4,b\n5,6,c\n7,8,d\n", options, "the 4 classes");
}

TEST(TableNeeds, ColumnsAreFoundByName) {
  const Told told;
  const LabelledData data = parse_table("pet,id,b,a\ncat,7,2,1\ndog,8,4,3\n", "t.csv", of_pets());
  EXPECT_EQ(data.x.to_vector<float>(), (std::vector<float>{1, 2, 3, 4}));
  EXPECT_EQ(data.features, (Names{"a", "b"}));
  EXPECT_EQ(told.text(), "'t.csv': not used, since the model was trained without it: 'id'\n");
}

TEST(TableNeeds, ColumnsThatAreMissingAreNamed) {
  expect_refused("a,c,pet\n1,2,cat\n", of_pets(), "the model was trained with 'a', 'b', and 'b' is missing");
  expect_refused("a,b,animal\n1,2,cat\n", of_pets(),
                 "but not 'pet', the target that the model was trained with");
  expect_refused("1,2,3,0\n4,5,6,1\n", of_pets(),
                 "has 3 columns beside the target 'column_3'; the model takes 2");
  DataOptions other = of_pets();
  other.label_column = "a";
  expect_refused("a,b,pet\n1,2,cat\n", other, "is one of the model's inputs and cannot be the target");
}

TEST(TableNeeds, AHeaderOfNumbersIsKnownByItsNames) {
  DataOptions options = of_pets();
  options.needs.known.features = {"0", "1"};
  options.needs.known.target = "2";
  options.needs.known.class_names = {};
  const Told told;
  const LabelledData data = parse_table("1,0,2\n10,20,1\n", "t.csv", options);
  EXPECT_EQ(data.x.to_vector<float>(), (std::vector<float>{20, 10}));
  EXPECT_TRUE(told.holds("is taken for the names of the columns")) << told.text();
}

TEST(TableNeeds, WithoutNamesTheTargetIsAtItsPlaceOrAGuess) {
  DataOptions options = of_pets();
  options.needs.target_place = 1;
  const std::string table = "1,cat,2\n3,dog,4\n";
  EXPECT_EQ(parse_table(table, "t.csv", options).x.to_vector<float>(), (std::vector<float>{1, 2, 3, 4}));
  options.needs.target_place = std::nullopt;
  const Told told;
  EXPECT_EQ(parse_table("1,2,cat\n3,4,dog\n", "t.csv", options).target_place, 2);
  EXPECT_TRUE(told.holds("'a', 'b', 'pet', the last one for the target: the model does not say"))
      << told.text();
}

// ---- Prediction: a target is neither needed nor guessed ----

DataOptions of_predict(bool knows_names) {
  DataOptions options = of_pets();
  options.needs.target_optional = true;
  options.needs.target = TargetKind::kUnknown;
  if (!knows_names) options.needs.known = {};
  return options;
}

TEST(TableNeeds, PredictTakesTablesWithoutATarget) {
  for (const bool knows : {true, false}) {
    const Told told;
    const LabelledData data = parse_table("a,b\n1,2\n3,4\n", "t.csv", of_predict(knows));
    EXPECT_EQ(data.x.to_vector<float>(), (std::vector<float>{1, 2, 3, 4}));
    EXPECT_FALSE(data.y.defined());
    EXPECT_EQ(told.text(), "");
  }
  EXPECT_EQ(parse_table("1,2\n3,4\n", "t.csv", of_predict(false)).x.shape(), (Shape{2, 2}));
}

TEST(TableNeeds, PredictLeavesTheTargetOut) {
  for (const char* table :
       {"label,a,b\ncat,1,2\n", "a,label,b\n1,cat,2\n", "a,b,label\n1,2,cat\n", "a,b,Target\n1,2,cat\n"}) {
    const Told told;
    const LabelledData data = parse_table(table, "t.csv", of_predict(false));
    EXPECT_EQ(data.x.to_vector<float>(), (std::vector<float>{1, 2})) << table;
    EXPECT_TRUE(told.holds("is taken for the target and left out")) << told.text();
  }
  const LabelledData data = parse_table("pet,a,b\ndog,1,2\n,3,4\nfish,5,6\n", "t.csv", of_predict(true));
  EXPECT_EQ(data.x.to_vector<float>(), (std::vector<float>{1, 2, 3, 4, 5, 6}));
  EXPECT_EQ(data.y.to_vector<int>(), (std::vector<int>{2, -1, -1}));
}

TEST(TableNeeds, PredictDoesNotGuessWhichColumnIsTheTarget) {
  expect_refused("price,a,b\n9,1,2\n", of_predict(false), "nothing says which is the target");
  expect_refused("1,2,0\n3,4,1\n", of_predict(false), "nothing says which is the target");
  DataOptions named = of_predict(false);
  named.label_column = "price";
  EXPECT_EQ(parse_table("price,a,b\n9,1,2\n", "t.csv", named).x.to_vector<float>(),
            (std::vector<float>{1, 2}));
  EXPECT_EQ(parse_table("a,b\n1,2\n", "t.csv", named).x.to_vector<float>(), (std::vector<float>{1, 2}));
  expect_refused("a,b,c,d\n9,1,2,3\n", of_predict(false),
                 "has 4 columns; the model takes 2 numbers a sample");
  expect_refused("a\n9\n", of_predict(false), "has 1 column; the model takes 2");
}

// pandas takes every first line for names; a row is kept here where it may be one, and either is said.
TEST(TableNeeds, NamesThatAreNumbersAreToldFromARow) {
  const std::string rows = "0,9,setosa\n1,9,virg\n2,9,virg\n";
  for (const char* names : {"1,2,species\n", "2019,2020,label\n"}) {
    const Told told;
    const LabelledData data = parse_table(names + rows, "t.csv");
    EXPECT_EQ(data.class_names, (Names{"setosa", "virg"})) << names;
    EXPECT_EQ(data.samples(), 3) << names;
    EXPECT_TRUE(told.holds("is taken for the names of the columns")) << told.text();
  }
  {
    const Told told;
    EXPECT_EQ(parse_table("7,3,fern\n" + rows, "t.csv").samples(), 4);
    EXPECT_TRUE(told.holds("line 1 (7, 3, fern) is taken for a row")) << told.text();
    EXPECT_TRUE(told.holds("--header")) << told.text();
  }
  {
    const Told told;
    EXPECT_EQ(parse_table("1990,1991,1992\n1.5,2.5,7\n", "t.csv").samples(), 2);
    EXPECT_TRUE(told.holds("line 1 counts from 1990: it is taken for a row")) << told.text();
  }
  const Told told;
  EXPECT_EQ(parse_table("1,2,virg\n" + rows, "t.csv").samples(), 4);
  EXPECT_EQ(parse_table("1,2,cat\n3,4,dog\n", "t.csv").samples(), 2);
  EXPECT_EQ(told.text(), "");
}

TEST(TableNeeds, TrainingTellsWhichColumnItTakes) {
  const auto told_of = [](const std::string& table) {
    const Told told;
    parse_table(table, "t.csv");
    return told.text();
  };
  EXPECT_EQ(told_of("a,b,label\n1,2,0\n"), "");
  EXPECT_EQ(told_of("1,2,0\n2,3,1\n"), "");
  EXPECT_NE(told_of("label,a,b\n0,1,2\n").find("'label' is taken for the target by its name"),
            std::string::npos);
  EXPECT_NE(told_of("a,b,price\n1,2,0\n").find("the last column, 'price', is taken for the target"),
            std::string::npos);
  EXPECT_NE(told_of(",a,label\n0,1,0\n1,2,1\n").find("column 1 has no name; it is taken for an input"),
            std::string::npos);
  EXPECT_NE(told_of("oops,1,0\n2,3,1\n").find("line 1 (oops, 1, 0) is taken for the names"),
            std::string::npos);
}

// frame.to_csv("t.csv") writes the numbers of the rows, and some programs a separator at the end of each
// line.
TEST(TableNeeds, ColumnsWithoutANameAreNoInputsOfAModelThatHasNone) {
  DataOptions options = of_pets();
  options.needs.known = {};
  for (const char* table : {",a,b,label\n0,1,2,0\n1,3,4,1\n", "a,b,label,\n1,2,0,\n3,4,1,\n"}) {
    for (const bool predicted : {false, true}) {
      options.needs.target_optional = predicted;
      const Told told;
      const LabelledData data = parse_table(table, "t.csv", options);
      EXPECT_EQ(data.x.to_vector<float>(), (std::vector<float>{1, 2, 3, 4})) << table;
      EXPECT_EQ(data.y.to_vector<int>(), (std::vector<int>{0, 1})) << table;
      EXPECT_TRUE(told.holds("has no name and is left out")) << told.text();
    }
  }
  EXPECT_EQ(parse_table(",a,b\n0,1,2\n", "t.csv", options).x.to_vector<float>(), (std::vector<float>{1, 2}));
}

TEST(TableNeeds, WhatHasNoLetterNamesNoColumn) {
  DataOptions comma;
  comma.table.decimal_comma = true;
  expect_refused("1.234,5;7;0\n2;7;1\n", comma, "line 1: column 'column_0' of row 1 holds '1.234,5'");
  expect_refused("2019-01-01,7,0\n2019-01-02,7,1\n", {},
                 "line 1: column 'column_0' of row 1 holds '2019-01-01'");
  expect_refused("$5,7,0\n6,7,1\n", {}, "holds '$5'");
  expect_refused("# by hand\na,b,label\n1,2,0\n", {},
                 "line 1: it has one field, '# by hand', and the next line 3");
}

// ---- What the target is ----

DataOptions of_loss(TargetKind kind, int64_t classes = 0) {
  DataOptions options;
  options.needs.target = kind;
  options.needs.classes = classes;
  return options;
}

TEST(TableNeeds, WholeNumbersAreValuesForARegression) {
  const LabelledData data = parse_table("x,y\n1,240213\n2,3\n3,-7\n", "t", of_loss(TargetKind::kValues));
  EXPECT_EQ(data.y.type(), (TensorType{DType::kFloat32, {3}}));
  EXPECT_EQ(data.y.to_vector<float>(), (std::vector<float>{240213, 3, -7}));
  EXPECT_TRUE(data.class_names.empty());
}

TEST(TableNeeds, OneBadCellOfTheTargetIsNamed) {
  std::string prices = "x,y\n";
  for (int i = 0; i < 50; ++i) prices += std::to_string(i) + "," + std::to_string(1000 + 7 * i) + "\n";
  for (const TargetKind kind : {TargetKind::kValues, TargetKind::kUnknown}) {
    expect_refused(prices + "50,NA\n", of_loss(kind),
                   "line 52: column 'y' of row 51 is 'NA'; a target was expected");
    expect_refused(prices + "50,\n", of_loss(kind), "line 52: column 'y' of row 51 is empty");
    expect_refused(prices + "50,12o3\n" + "51,99\n", of_loss(kind),
                   "line 52: column 'y' of row 51 holds '12o3'");
    expect_refused("x,y\n0,oops\n" + prices.substr(4), of_loss(kind),
                   "line 2: column 'y' of row 1 holds 'oops'");
  }
  expect_refused(prices + "50,1 234\n", of_loss(TargetKind::kUnknown), "and 50 other rows hold numbers");
  expect_refused("x,y\n1,cat\n2,dog\n3,4\n", of_loss(TargetKind::kUnknown),
                 "line 4: column 'y' of row 3 holds '4', and 2 other rows hold text");
  expect_refused("x,y\n1,0\n2,1\n3,two\n", of_loss(TargetKind::kClassNumbers, 3),
                 "holds 'two', and 2 other rows");
  DataOptions drop = of_loss(TargetKind::kUnknown);
  drop.missing = Missing::kDrop;
  const Told told;
  const LabelledData data = parse_table(prices + "50,NA\n51,99.5\n,100\n53,7\n", "t.csv", drop);
  EXPECT_EQ(data.x.shape(), (Shape{52, 1}));
  EXPECT_EQ(data.y.dtype(), DType::kFloat32);
  EXPECT_EQ(data.numbers.back(), 53);
  EXPECT_EQ(data.numbers[50], 51);
  EXPECT_TRUE(told.holds("2 of 54 rows lack a value and are left out")) << told.text();
}

// One True among prices is a slip, and no 1; pandas makes such a column one of objects.
TEST(TableNeeds, TruthsAreAColumnOrASlip) {
  for (const char* truth : {"True", "true", "TRUE", "False", "FALSE"}) {
    const std::string cell(truth);
    expect_refused("x,y\n1,100\n2," + cell + "\n3,300\n", of_loss(TargetKind::kValues),
                   "line 3: column 'y' of row 2 holds '" + cell);
    expect_refused("x,y\n1.5,100\n" + cell + ",200\n3,300\n", of_loss(TargetKind::kValues),
                   "line 3: column 'x' of row 2 holds '" + cell);
    expect_refused("x,y\n" + cell + ",100\n2,200\n", of_loss(TargetKind::kValues),
                   "and other rows hold numbers");
    expect_refused("x,y\n1," + cell + "\n2,0\n", of_loss(TargetKind::kValues), "and other rows hold numbers");
  }
  DataOptions drop = of_loss(TargetKind::kValues);
  drop.missing = Missing::kDrop;
  const LabelledData all = parse_table("x,y\nTrue,False\nNA,True\nfalse,TRUE\n", "t.csv", drop);
  EXPECT_EQ(all.x.to_vector<float>(), (std::vector<float>{1, 0}));
  EXPECT_EQ(all.y.to_vector<float>(), (std::vector<float>{0, 1}));
  // To ask, the target is in nobody's way.
  DataOptions ask = of_pets();
  ask.needs.target = TargetKind::kValues;
  ask.needs.known = {.features = {"x"}, .target = "y"};
  ask.needs.inputs = {{"input", Shape{-1, 1}}};
  ask.needs.target_optional = true;
  EXPECT_EQ(parse_table("x,y\n1,True\n2,5\n", "t.csv", ask).x.to_vector<float>(), (std::vector<float>{1, 2}));
}

TEST(TableNeeds, LabelsThatCannotBeAreNamed) {
  expect_refused("x,y\n1,0\n2,3\n", of_loss(TargetKind::kClassNumbers, 3),
                 "line 3: column 'y' of row 2 holds '3'; "
                 "the number of a class was expected, as the model's loss has it, 0 to 2");
  expect_refused("x,y\n1,0.5\n", of_loss(TargetKind::kClassRows, 3), "holds '0.5'");
  expect_refused("x,y\n1,0\n2,-1\n", of_loss(TargetKind::kYesNo, 2),
                 "holds '-1'; 0, 1 or a number between them");
  expect_refused("x,y\n1,0\n2,2\n", of_loss(TargetKind::kYesNo, 2), "holds '2'");
  expect_refused("x,y\n1,yes\n2,no\n", of_loss(TargetKind::kValues), "holds 'yes'; a number was expected");
  EXPECT_EQ(parse_table("x,y\n1,0.25\n2,1\n", "t", of_loss(TargetKind::kYesNo, 2)).y.to_vector<float>(),
            (std::vector<float>{0.25f, 1}));
}

TEST(TableNeeds, ManyDifferentNumbersNeedNoMemoryEach) {
  std::string table = "x,y\n";
  for (int i = 0; i < 70000; ++i) table += "1," + std::to_string(i + 2000000) + "\n";
  const LabelledData data = parse_table(table, "t");
  EXPECT_EQ(data.y.dtype(), DType::kFloat32);
  EXPECT_EQ(data.y.to_vector<float>()[69999], 2069999.0f);
  expect_refused(table + "1,oops\n", {}, "line 70002: column 'y' of row 70001 holds 'oops'");
}

// ---- What is not understood ----

TEST(TableNeeds, WhatIsNotUnderstoodIsNamedWithLineAndColumn) {
  expect_refused("a;b;label\n7,4;0,7;1\n", {},
                 "line 2: column 'a' of row 1 holds '7,4'; a number was expected; if "
                 "its comma is a decimal point, say so (--decimal-comma)");
  expect_refused("a,b,label\n1,2,0\n3,x,1\n", {}, "line 3: column 'b' of row 2 holds 'x'");
  expect_refused("a,b,label\n1,2,0\n\n3,4\n", {}, "line 4: it has 2 fields; the first line has 3");
  expect_refused("sep=;\na;label\n1;0\n2;x y;1\n", {}, "line 4: it has 3 fields");
  expect_refused("a,label\n1,\"two\nlines\"\nx,\"two\nlines\"\n", {},
                 "line 4: column 'a' of row 2 holds 'x'");
  expect_refused(std::string("a,b\n1,\0002\n", 9), {}, "zero byte");
  expect_refused("caf\xe9,label\n1,0\n", {}, "line 1: the name of column 1 is not in UTF-8");
  expect_refused("a,label\n1,caf\xe9\n2,tea\n", {},
                 "column 'label' of row 1 holds text that is not in UTF-8");
  expect_refused(std::string("\xff\xfe\0\0a\0\0\0", 8), {}, "UTF-32");
  expect_refused(std::string("\xff\xfe"
                             "a\0,\0b",
                             7),
                 {}, "half of a UTF-16 character");
  expect_refused("\xff\xfe\xd8\xd8", {}, "half of a UTF-16 character");
  expect_refused("\"sep=;", {}, "a quote opens here");
  expect_refused("a,b\n", {}, "has a header and no rows");
  expect_refused("a b c\n1 2 3\n", {}, "--separator");
  DataOptions comma;
  comma.table.decimal_comma = true;
  comma.table.separator = ',';
  expect_refused("a,b\n1,2\n", comma, "cannot be the decimal point, too");
}

// Tables of genes: the header alone is longer than what is looked at of other tables.
TEST(TableNeeds, WideTablesAreReadByName) {
  constexpr int kColumns = 20000;
  std::string header, one, two;
  DataOptions options;
  for (int i = 0; i < kColumns; ++i) {
    header += "gene_" + std::to_string(i) + ";";
    one += "0;";
    two += i == 7 ? "0,5;" : "1;";
    options.needs.known.features.push_back("gene_" + std::to_string(kColumns - 1 - i));
  }
  options.table.decimal_comma = true;
  options.needs.known.target = "kind";
  const LabelledData data = parse_table(header + "kind\n" + one + "a\n" + two + "b\n", "t.csv", options);
  EXPECT_EQ(data.x.shape(), (Shape{2, kColumns}));
  EXPECT_EQ(data.x.to_vector<float>()[2 * kColumns - 8], 0.5f);
  EXPECT_EQ(data.class_names, (Names{"a", "b"}));
}

// What cannot be a table is refused in time that grows with its length, not with its square.
TEST(TableNeeds, LongLinesAreRefusedSoon) {
  const std::string row = "a,b\n1,2\n3,4\n5,6\n7,8\n";
  expect_refused(row + "\"" + std::string(40 << 20, 'x'), {}, "line 6: a quote opens here and never closes");
  expect_refused(std::string(40 << 20, 'x'), {}, "one column");
}

// ---- Cells that may be mistakes ----

TEST(TableNeeds, InfiniteCellsAreNamed) {
  for (const char* cell : {"inf", "-Infinity", "1e999", "1e39"}) {
    const Told told;
    const LabelledData data =
        parse_table("a,b,pet\n1,2,cat\n3," + std::string(cell) + ",dog\n", "t.csv", of_pets());
    EXPECT_TRUE(std::isinf(data.x.to_vector<float>()[3]));
    EXPECT_TRUE(told.holds("'t.csv', line 3: column 'b' of row 2 holds '" + std::string(cell) +
                           "', which is infinite"))
        << told.text();
  }
  DataOptions values;
  values.needs.target = TargetKind::kValues;
  const Told told;
  parse_table("a,y\n1,2\n3,inf\n5,1e40\n", "t.csv", values);
  EXPECT_TRUE(told.holds("column 'y' of row 2 holds 'inf'")) << told.text();
  EXPECT_TRUE(told.holds("2 such cells in all")) << told.text();
}

TEST(TableNeeds, InfiniteCellsAreTakenOrNotAsOneSays) {
  const std::string text = "a,y\n1,2\ninf,3\n5,1e40\n,8\n6,7\n";
  DataOptions options{.missing = Missing::kDrop};
  options.needs.target = TargetKind::kValues;
  const auto parse = [&](Infinite way) {
    options.table.infinite = way;
    return parse_table(text, "t.csv", options);
  };
  {
    const Told told;
    EXPECT_EQ(parse(Infinite::kKeep).x.shape()[0], 4);
    EXPECT_EQ(told.text(), "'t.csv': 1 of 5 rows lacks a value and is left out\n");
  }
  {
    const Told told;
    const LabelledData data = parse(Infinite::kDrop);
    EXPECT_EQ(data.x.to_vector<float>(), (std::vector<float>{1, 6}));
    EXPECT_EQ(data.y.to_vector<float>(), (std::vector<float>{2, 7}));
    EXPECT_EQ(data.numbers, (std::vector<int64_t>{0, 4}));
    EXPECT_TRUE(
        told.holds("line 3: column 'a' of row 2 holds 'inf', which is infinite in float32: the row is "
                   "left out; 1 such cell in all"))
        << told.text();
    EXPECT_TRUE(told.holds("'t.csv', line 4: column 'y' of row 3 holds '1e40'")) << told.text();
    EXPECT_TRUE(told.holds("1 of 5 rows lacks a value")) << told.text();
  }
  const std::string refused = message_of<FileError>([&] { parse(Infinite::kFail); });
  EXPECT_NE(refused.find(
                "'t.csv', line 3: column 'a' of row 2 holds 'inf', which is infinite in float32; a finite"),
            std::string::npos)
      << refused;
  // Leaving out what is infinite does not leave out what is missing.
  options.missing = Missing::kFail;
  options.table.infinite = Infinite::kDrop;
  const std::string missing =
      message_of<FileError>([&] { parse_table("a,y\n1,inf\n2,\n", "t.csv", options); });
  EXPECT_NE(missing.find("column 'y' of row 2 is empty"), std::string::npos) << missing;
}

TEST(TableNeeds, MarksBetweenThousandsAreExplained) {
  expect_refused(
      "a,b,pet\n1,2,cat\n3,\"1,234\",dog\n", of_pets(),
      "line 3: column 'b' of row 2 holds '1,234'; a number was expected; if it means 1234, write it");
  expect_refused("a,b,pet\n1,\"-12,345,678.5\",cat\n", of_pets(), "if it means -12345678.5, write it");
  DataOptions german = of_pets();
  german.table.decimal_comma = true;
  expect_refused("a;b;pet\n1,5;1.234,5;cat\n", german, "if it means 1234,5, write it");
  DataOptions values;
  values.needs.target = TargetKind::kValues;
  expect_refused("a;y\n1;2\n3;\"1,234\"\n", values, "line 3: column 'y' of row 2 holds '1,234'");
  // No group of three.
  for (const char* cell : {"\"1,23,4\"", "\"1234,567\"", "\",123\"", "\"1,2345\""}) {
    const Told told;
    const std::string message = message_of<Error>(
        [&] { parse_table("a,b,pet\n1," + std::string(cell) + ",cat\n", "t.csv", of_pets()); });
    EXPECT_EQ(message.find("if it means"), std::string::npos) << message;
  }
}

// ---- A model that is asked ----

TEST(TableNeeds, WhatIsNotUsedOfTargetsIsTold) {
  DataOptions options = of_pets();
  options.needs.target_optional = true;
  {
    const Told told;
    const LabelledData data = parse_table("a,b,pet\n1,2,cow\n3,4,cat\n5,6,cow\n", "t.csv", options);
    EXPECT_EQ(data.y.to_vector<int>(), (std::vector<int>{-1, 1, -1}));
    EXPECT_TRUE(told.holds("line 2: column 'pet' of row 1 holds 'cow', a class that the model does not know"))
        << told.text();
    EXPECT_TRUE(told.holds("2 such cells")) << told.text();
  }
  options.label_column = "pte";
  {
    const Told told;
    parse_table("a,b,pet\n1,2,cat\n", "t.csv", options);
    EXPECT_TRUE(
        told.holds("'t.csv' has no column 'pte': no column is taken for the target; did you mean 'pet'?"))
        << told.text();
  }
  options = of_pets();
  options.needs.target_optional = true;
  options.needs.known.class_names.clear();
  const Told told;
  EXPECT_FALSE(parse_table("a,b,pet\n1,2,1\n3,4,cat\n5,6,0\n", "t.csv", options).y.defined());
  EXPECT_TRUE(told.holds("the targets are not used: 't.csv', line 3")) << told.text();
}

TEST(TableNeeds, RowsOfOneFieldAreCounted) {
  expect_refused("a,b,pet\n1,2,cat\n1\n", of_pets(), "line 3: it has 1 field; the first line has 3");
}

}  // namespace
}  // namespace lamina
