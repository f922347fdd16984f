// The demands on every op, read off its record and its rows.
#include "tests/support/registry_walk.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include "lamina/base/error.h"

namespace lamina::testing {
namespace {

bool takes_floats(DTypeClass dtypes) {
  return dtypes == DTypeClass::kAny || dtypes == DTypeClass::kNumeric || dtypes == DTypeClass::kFloating;
}

bool has_floats(const TensorType& type) { return is_floating(type.dtype) && type.shape.size() > 0; }

/// Whether the op makes floating elements from the row's arguments, some of which are floating elements to
/// derive by. With `as_given` false, every argument that may be floating counts as such.
bool differentiable(const Op& op, const OpRow& row, bool as_given) {
  std::vector<TensorType> inputs;
  bool any = false;
  for (size_t i = 0; i < row.inputs.size(); ++i) {
    const RowInput& input = row.inputs[i];
    const bool floats =
        !op.inputs.empty() && takes_floats(op.inputs[std::min(i, op.inputs.size() - 1)].dtypes);
    const DType dtype = floats && !as_given ? DType::kFloat64 : input.dtype.value_or(DType::kFloat64);
    inputs.push_back({dtype, input.shape});
    any = any || (has_floats(inputs.back()) && input.differentiable);
  }
  try {
    const std::vector<TensorType> outputs = infer(op, row.attrs, inputs);
    return any && std::any_of(outputs.begin(), outputs.end(), has_floats);
  } catch (const InvalidArgument&) {
    return false;  // not for floats
  }
}

bool compares_elements(const Op& op, const OpRow& row) {
  if (!row.reference || row.dtypes.empty()) return false;
  std::vector<TensorType> inputs;
  for (const RowInput& input : row.inputs)
    inputs.push_back({input.dtype.value_or(row.dtypes[0]), input.shape});
  try {
    const std::vector<TensorType> outputs = infer(op, row.attrs, inputs);
    return std::any_of(outputs.begin(), outputs.end(),
                       [](const TensorType& t) { return t.shape.size() > 0; });
  } catch (const InvalidArgument&) {
    return false;  // the row's own test says why
  }
}

/// Whether the file that a reason begins with exists and speaks of the op.
bool covered(const std::string& op, const std::string& reason) {
  std::ifstream file(std::filesystem::path(LAMINA_SOURCE_DIR) / reason.substr(0, reason.find(' ')));
  std::stringstream text;
  text << file.rdbuf();
  return reason.starts_with("tests/") && text.str().find(op) != std::string::npos;
}

/// What a record lacks by itself.
void check_record(const Op& op, std::vector<std::string>& found) {
  if (op.doc.empty()) found.push_back(op.name + " has no description");
  if (op.doc.find('\n') != std::string::npos) found.push_back(op.name + ": the description is one line");
  if (op.outputs.empty()) found.push_back(op.name + " names no outputs");
  if (!op.vjp && op.no_gradient.empty()) found.push_back(op.name + " has neither vjp nor a reason for none");
  if (!op.view && !op.tile && !op.body && op.kernels(DeviceKind::kCpu).empty()) {
    found.push_back(op.name + " cannot run on the CPU");
  } else if (!op.view && !op.elementwise && !op.body && !op.flops) {
    found.push_back(op.name + " does not say what it costs");
  }
}

void check_rows(const Op& op, const std::vector<const OpRow*>& rows, std::vector<std::string>& found) {
  const auto any = [&](auto test) { return std::any_of(rows.begin(), rows.end(), test); };
  if (rows.empty()) {
    found.push_back(op.name + " has no row: see tests/support/op_rows.h");
    return;
  }
  if (any([](const OpRow* row) { return !row->reference; }))
    found.push_back(op.name + " has a row without reference");
  if (any([](const OpRow* row) { return row->dtypes.empty(); }))
    found.push_back(op.name + " has a row without dtypes");
  if (!any([&](const OpRow* row) { return compares_elements(op, *row); })) {
    found.push_back(op.name + " has no row that compares elements");
  }
  const bool wanted = op.vjp && any([&](const OpRow* row) { return differentiable(op, *row, false); });
  if (wanted && !any([&](const OpRow* row) { return row->gradient && differentiable(op, *row, true); })) {
    found.push_back(op.name + " has a vjp, but no row checks it");
  }
}

}  // namespace

std::vector<std::string> missing(const std::vector<const Op*>& ops, const std::vector<OpRow>& rows,
                                 const Reasons& reasons) {
  std::vector<std::string> found;
  std::map<std::string, std::vector<const OpRow*>> rows_of;
  for (const OpRow& row : rows) rows_of[row.op].push_back(&row);
  std::set<std::string> exempt;
  for (const auto& [op, reason] : reasons) {
    if (!covered(op, reason))
      found.push_back(op + " has no rows, and no test file that covers it: " + reason);
    if (rows_of.contains(op)) found.push_back(op + " has rows and a reason for having none");
    exempt.insert(op);
  }
  for (const Op* op : ops) {
    check_record(*op, found);
    if (!exempt.contains(op->name)) check_rows(*op, rows_of[op->name], found);
  }
  return found;
}

}  // namespace lamina::testing
