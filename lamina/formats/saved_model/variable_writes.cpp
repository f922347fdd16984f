// The order that TensorFlow's control inputs state between changes of variables and what reads them.
#include "lamina/formats/saved_model/variable_writes.h"

#include <fmt/format.h>

#include <set>
#include <string>
#include <unordered_map>
#include <unordered_set>

#include "lamina/base/error.h"
#include "lamina/base/terminal.h"

namespace lamina::tensorflow {
namespace {

using lamina_tensorflow_file::FunctionDef;
using lamina_tensorflow_file::NodeDef;

// TensorFlow's operators that change variables share these beginnings.
bool is_write(const NodeDef& node) {
  for (const char* beginning : {"Assign", "ResourceScatter", "ResourceApply", "ResourceStridedSliceAssign"}) {
    if (node.op().starts_with(beginning)) return true;
  }
  return false;
}

bool is_read(const NodeDef& node) {
  return node.op() == "ReadVariableOp" || node.op().starts_with("ResourceGather");
}

// Whether a node does it itself, or a function does that it calls, or takes as a branch or a body.
bool does(const NodeDef& node, bool (*itself)(const NodeDef&), const Library& library,
          const std::unordered_set<const FunctionDef*>& functions) {
  if (itself(node) || functions.contains(library.find(node.op()))) return true;
  for (const auto& [name, value] : node.attr()) {
    if (value.has_func() && functions.contains(library.find(value.func().name()))) return true;
  }
  return false;
}

// The functions that do it, from those that do it themselves to all that call them.
std::unordered_set<const FunctionDef*> functions_that(bool (*itself)(const NodeDef&),
                                                      const Library& library) {
  std::unordered_set<const FunctionDef*> found;
  for (bool more = true; more;) {
    more = false;
    for (const auto& [name, function] : library.functions) {
      if (found.contains(function)) continue;
      for (const NodeDef& node : function->node_def()) {
        if (!does(node, itself, library, found)) continue;
        more = found.insert(function).second;
        break;
      }
    }
  }
  return found;
}

}  // namespace

void find_variable_use(Library& library) {
  library.writing = functions_that(is_write, library);
  library.reading = functions_that(is_read, library);
}

void refuse_reads_after_writes(const std::vector<const NodeDef*>& nodes,
                               const std::vector<const NodeDef*>& needed, const Library& library) {
  const auto writing = [&](const NodeDef& node) { return does(node, is_write, library, library.writing); };
  std::unordered_map<std::string_view, const NodeDef*> by_name;
  std::set<std::string_view> variables;  // of TensorFlow 1: whatever takes one reads it
  bool any = false;
  for (const NodeDef* node : nodes) {
    by_name[node->name()] = node;
    any = any || writing(*node);
    if (node->op() == "VariableV2" || node->op() == "Variable") variables.insert(node->name());
  }
  if (!any) return;
  const auto reading = [&](const NodeDef& node) {
    for (const std::string& input : node.input()) {
      if (variables.contains(std::string_view(input).substr(0, input.find(':')))) return true;
    }
    return does(node, is_read, library, library.reading);
  };
  for (const NodeDef* node : needed) {
    if (!reading(*node)) continue;
    // What must have run before, at whatever distance.
    std::set<std::string_view> seen;
    std::vector<const NodeDef*> waiting{node};
    while (!waiting.empty()) {
      const NodeDef& now = *waiting.back();
      waiting.pop_back();
      for (const std::string& input : now.input()) {
        if (!input.starts_with('^')) continue;
        const auto found = by_name.find(std::string_view(input).substr(1));
        if (found == by_name.end() || !seen.insert(found->first).second) continue;
        if (writing(*found->second))
          throw Unsupported(fmt::format(
              "changes a variable while it is asked: node '{}' reads what '{}' has written before; the "
              "variables of a model are weights here, which asking it never changes: export a function that "
              "only reads them",
              printable(node->name()), printable(found->second->name())));
        waiting.push_back(found->second);
      }
    }
  }
}

}  // namespace lamina::tensorflow
