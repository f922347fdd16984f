// Runs every op row that some test file registered.
#include <gtest/gtest.h>

#include "tests/support/op_rows.h"

namespace lamina::testing {
namespace {

std::string title(const OpRow& row) { return row.label.empty() ? row.op : row.op + "_" + row.label; }

class OpRowTest : public ::testing::TestWithParam<OpRow> {};

TEST_P(OpRowTest, Holds) { check_row(GetParam()); }

// Evaluated when the tests start, after all rows are registered.
INSTANTIATE_TEST_SUITE_P(All, OpRowTest, ::testing::ValuesIn(all_rows()),
                         [](const auto& info) { return title(info.param); });

}  // namespace

/// Keeps GoogleTest from printing rows byte by byte.
void PrintTo(const OpRow& row, std::ostream* out) { *out << title(row); }

}  // namespace lamina::testing
