// The registry walk: no op without documentation, rows and a way to run.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "lamina/graph/op.h"
#include "tests/support/op_rows.h"

namespace lamina::testing {
namespace {

/// The library's own ops: those that tests register for themselves are named "test.<something>".
std::vector<const Op*> library_ops() {
  std::vector<const Op*> result;
  for (const Op* op : all_ops()) {
    if (op->name.rfind("test.", 0) != 0) result.push_back(op);
  }
  return result;
}

bool has_floating_output(const OpRow* row) {
  const auto& dtypes = row->out_dtypes.empty() ? row->dtypes : row->out_dtypes;
  return std::any_of(dtypes.begin(), dtypes.end(), is_floating);
}

TEST(Registry, HasOps) { EXPECT_GE(library_ops().size(), 60u); }

TEST(Registry, EveryOpIsDocumented) {
  for (const Op* op : library_ops()) {
    EXPECT_FALSE(op->doc.empty()) << op->name << " has no description";
    EXPECT_EQ(op->doc.find('\n'), std::string::npos) << op->name << ": the description is one line";
    EXPECT_FALSE(op->outputs.empty()) << op->name << " names no outputs";
  }
}

TEST(Registry, EveryOpHasRowsOrAReason) {
  std::map<std::string, std::vector<const OpRow*>> rows;
  for (const OpRow& row : all_rows()) rows[row.op].push_back(&row);
  std::set<std::string> exempt;
  for (const auto& [op, reason] : ops_without_rows()) {
    EXPECT_GE(reason.size(), 8u) << op;
    EXPECT_NO_THROW(find_op(op));
    EXPECT_FALSE(rows.contains(op)) << op << " has rows and a reason for having none";
    exempt.insert(op);
  }
  for (const Op* op : library_ops()) {
    if (exempt.contains(op->name)) continue;
    const auto& own = rows[op->name];
    EXPECT_FALSE(own.empty()) << "op '" << op->name << "' has no row: see tests/support/op_rows.h";
    for (const OpRow* row : own) EXPECT_TRUE(row->reference) << op->name << " has a row without reference";
    if (own.empty()) continue;
    if (std::none_of(own.begin(), own.end(), has_floating_output))
      continue;  // predicates: no derivative to check
    if (op->vjp) {
      EXPECT_TRUE(std::any_of(own.begin(), own.end(), [](const OpRow* row) { return row->gradient; }))
          << "op '" << op->name << "' has a vjp, but no row checks it";
    } else {
      EXPECT_FALSE(op->no_gradient.empty()) << op->name;
    }
  }
}

TEST(Registry, EveryOpCanRun) {
  for (const Op* op : library_ops()) {
    EXPECT_TRUE(op->view || op->tile || op->body || !op->kernels(DeviceKind::kCpu).empty())
        << "op '" << op->name << "' has no kernel on the CPU";
  }
}

TEST(Registry, EveryRowNamesAnOp) {
  for (const OpRow& row : all_rows()) EXPECT_NO_THROW(find_op(row.op)) << row.op;
}

TEST(Registry, NamesOfRowsDiffer) {
  std::set<std::string> names;
  for (const OpRow& row : all_rows()) {
    EXPECT_TRUE(names.insert(row.op + "_" + row.label).second)
        << row.op << " has two rows labelled " << row.label;
  }
}

}  // namespace
}  // namespace lamina::testing
