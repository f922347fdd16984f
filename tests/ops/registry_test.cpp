// The registry walk: no op without documentation, rows and a way to run; and that the walk notices when there
// is.
// Looks at all tests: rows come from the files of many ops.
#include <gtest/gtest.h>

#include <set>

#include "lamina/base/error.h"
#include "lamina/core/tensor.h"
#include "lamina/graph/graph.h"
#include "tests/support/op_rows.h"
#include "tests/support/registry_walk.h"

namespace lamina::testing {
namespace {

using Lines = std::vector<std::string>;

/// The library's own ops: those that tests register for themselves are named "test.<something>".
std::vector<const Op*> library_ops() {
  std::vector<const Op*> result;
  for (const Op* op : all_ops()) {
    if (op->name.rfind("test.", 0) != 0) result.push_back(op);
  }
  return result;
}

TEST(Registry, HasOps) { EXPECT_GE(library_ops().size(), 60u); }

TEST(Registry, NothingIsMissing) {
  for (const std::string& line : missing(library_ops(), all_rows(), ops_without_rows()))
    ADD_FAILURE() << line;
}

TEST(Registry, EveryRowAndReasonNamesAnOp) {
  for (const OpRow& row : all_rows()) EXPECT_NO_THROW(find_op(row.op)) << row.op;
  for (const auto& [op, reason] : ops_without_rows()) EXPECT_NO_THROW(find_op(op)) << op;
}

TEST(Registry, NamesOfRowsDiffer) {
  std::set<std::string> names;
  for (const OpRow& row : all_rows()) {
    EXPECT_TRUE(names.insert(row.op + "_" + row.label).second)
        << row.op << " has two rows labelled " << row.label;
  }
}

// With the attributes of each row, and a name that wants quoting.
TEST(Registry, GraphsOfEveryRowAreReadBack) {
  for (const OpRow& row : all_rows()) {
    SCOPED_TRACE(row.op + " " + row.label);
    const Op& op = find_op(row.op);
    EXPECT_EQ(row.attrs.empty(), op.read_attrs == nullptr) << "register it with register_op<its attributes>";
    Graph graph;
    std::vector<ValueId> inputs;
    for (const RowInput& input : row.inputs)
      inputs.push_back(graph.add_input({input.dtype.value_or(row.dtypes[0]), input.shape}, "an \"x\"\n\\"));
    graph.outputs = graph.add_node(op, row.attrs, inputs);
    EXPECT_TRUE(Graph::parse(graph.str()) == graph) << graph.str();
  }
}

// Attributes with a slip are refused, or stand for other attributes: infer checks whatever a text may say.
TEST(Registry, AttributesWithSlipsAreRefusedOrOthers) {
  std::set<std::string> seen;
  int refused = 0;
  for (const OpRow& row : all_rows()) {
    if (row.attrs.empty() || !seen.insert(row.op).second) continue;
    SCOPED_TRACE(row.op + " " + row.label);
    Graph graph;
    std::vector<ValueId> inputs;
    for (const RowInput& input : row.inputs)
      inputs.push_back(graph.add_input({input.dtype.value_or(row.dtypes[0]), input.shape}));
    graph.outputs = graph.add_node(find_op(row.op), row.attrs, inputs);
    const std::string text = graph.str();
    for (size_t i = text.find('{'); i < text.size(); ++i) {
      for (const std::string piece : {"", "-", "9", "99999999999999", ", ", "nan"}) {
        std::string slip = text;
        slip.replace(i, piece.size() < 2 ? 1 : 0, piece);
        try {
          const Graph read = Graph::parse(slip);
          EXPECT_TRUE(Graph::parse(read.str()) == read) << slip;
        } catch (const InvalidArgument&) {
          ++refused;
        }
      }
    }
  }
  EXPECT_GT(refused, 5000);
}

// Ops made up to lack one thing each.

std::vector<TensorType> same(const InferArgs& args) { return {args.inputs[0]}; }
std::vector<TensorType> truth(const InferArgs& args) { return {{DType::kBool, args.inputs[0].shape}}; }
std::vector<Tensor> nothing(const VjpArgs&) { return {Tensor()}; }
std::vector<Tensor> itself(const Attrs&, std::span<const Tensor> inputs) { return {inputs[0]}; }

Op whole() {
  return {.name = "test.whole",
          .doc = "The same",
          .inputs = {{"x"}},
          .outputs = {"y"},
          .infer = same,
          .vjp = nothing,
          .body = itself};
}

OpRow whole_row() {
  return {.op = "test.whole", .inputs = {{.shape = {2}}}, .reference = [](const std::vector<NdArray>& in) {
            return in;
          }};
}

// A kernel, so that an op can run without a body.
const KernelRegistration kCounted("test.counted", DeviceKind::kCpu, {{.name = "none"}});

Lines missing_of(const Op& op, const std::vector<OpRow>& rows, const Reasons& reasons = {}) {
  return missing({&op}, rows, reasons);
}

TEST(RegistryWalk, IsContentWithAWholeOp) { EXPECT_EQ(missing_of(whole(), {whole_row()}), Lines{}); }

TEST(RegistryWalk, NoticesARecordThatLacksSomething) {
  Op op = whole();
  op.doc = "";
  EXPECT_EQ(missing_of(op, {whole_row()}), Lines{"test.whole has no description"});
  op.doc = "Two\nlines";
  EXPECT_EQ(missing_of(op, {whole_row()}), Lines{"test.whole: the description is one line"});
  op = whole();
  op.outputs = {};
  EXPECT_EQ(missing_of(op, {whole_row()}), Lines{"test.whole names no outputs"});
  op = whole();
  op.body = nullptr;
  EXPECT_EQ(missing_of(op, {whole_row()}), Lines{"test.whole cannot run on the CPU"});
  op = whole();
  op.vjp = nullptr;
  EXPECT_EQ(missing_of(op, {whole_row()}), Lines{"test.whole has neither vjp nor a reason for none"});
}

TEST(RegistryWalk, NoticesAnOpThatDoesNotSayWhatItCosts) {
  Op op = whole();
  op.name = "test.counted";
  op.body = nullptr;
  OpRow row = whole_row();
  row.op = op.name;
  EXPECT_EQ(missing_of(op, {row}), Lines{"test.counted does not say what it costs"});
  op.flops = no_flops;
  EXPECT_EQ(missing_of(op, {row}), Lines{});
}

TEST(RegistryWalk, NoticesAnOpWithoutRows) {
  const std::string complaint = "test.whole has no row: see tests/support/op_rows.h";
  EXPECT_EQ(missing_of(whole(), {}), Lines{complaint});
  OpRow other = whole_row();
  other.op = "test.other";
  EXPECT_EQ(missing_of(whole(), {other}), Lines{complaint});
}

TEST(RegistryWalk, NoticesRowsThatCompareNothing) {
  OpRow row = whole_row();
  row.reference = nullptr;
  EXPECT_EQ(missing_of(whole(), {whole_row(), row}), Lines{"test.whole has a row without reference"});
  row = whole_row();
  row.dtypes = {};
  EXPECT_EQ(missing_of(whole(), {whole_row(), row}), Lines{"test.whole has a row without dtypes"});
  row = whole_row();
  row.inputs[0].shape = {0};
  EXPECT_EQ(missing_of(whole(), {row}), Lines{"test.whole has no row that compares elements"});
}

TEST(RegistryWalk, NoticesAGradientThatNoRowChecks) {
  const Lines complaint{"test.whole has a vjp, but no row checks it"};
  OpRow row = whole_row();
  row.gradient = false;
  EXPECT_EQ(missing_of(whole(), {row}), complaint);
  // Rows of integers, or of no elements, check no gradient whatever they say.
  OpRow integers = whole_row();
  integers.inputs[0].dtype = DType::kInt32;
  EXPECT_EQ(missing_of(whole(), {integers}), complaint);
  integers = row;
  integers.dtypes = {DType::kInt32};
  EXPECT_EQ(missing_of(whole(), {integers}), complaint);
  OpRow empty = whole_row();
  empty.inputs[0].shape = {0};
  EXPECT_EQ(missing_of(whole(), {row, empty}), complaint);
  OpRow fixed = whole_row();
  fixed.inputs[0].differentiable = false;
  EXPECT_EQ(missing_of(whole(), {row, fixed}), complaint);
  // Where there is no gradient, none is missed.
  Op predicate = whole();
  predicate.infer = truth;
  EXPECT_EQ(missing_of(predicate, {row}), Lines{});
}

TEST(RegistryWalk, BelievesAReasonOnlyIfATestFileBacksIt) {
  const std::string complaint = "test.whole has no rows, and no test file that covers it: ";
  const auto with = [](const std::string& reason) {
    return missing_of(whole(), {}, {{"test.whole", reason}});
  };
  EXPECT_EQ(with("tests/ops/registry_test.cpp makes it up"), Lines{});
  EXPECT_EQ(with("because"), Lines{complaint + "because"});
  EXPECT_EQ(with("tests/ops/none_test.cpp"), Lines{complaint + "tests/ops/none_test.cpp"});
  EXPECT_EQ(with("tests/ops/take_test.cpp"), Lines{complaint + "tests/ops/take_test.cpp"});
  EXPECT_EQ(missing_of(whole(), {whole_row()}, {{"test.whole", "tests/ops/registry_test.cpp"}}),
            Lines{"test.whole has rows and a reason for having none"});
}

}  // namespace
}  // namespace lamina::testing
