// What TensorFlow 1 says by where tensors flow, as functions. A branch is what lies between a Merge and the
// Switches before it; a loop what lies between the Merge of each variable, its Switch and its NextIteration.
// The innermost come first: what is around them then finds an If or a While in their place.
#include "lamina/formats/saved_model/branches.h"

#include <algorithm>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

namespace lamina::tensorflow {
namespace {

using lamina_tensorflow_file::FunctionDef;
using lamina_tensorflow_file::GraphDef;
using lamina_tensorflow_file::NodeDef;

constexpr char kPrefix[] = "tensorflow1/";

// "node:place", without a place for 0, and "^node" for what must have run before.
struct Reference {
  explicit Reference(const std::string& text)
      : node(text.substr(text.starts_with('^') ? 1 : 0, text.find(':') - (text.starts_with('^') ? 1 : 0))),
        first(text.find(':') == std::string::npos || text.ends_with(":0")),
        second(text.ends_with(":1")) {}
  std::string node;
  bool first, second;  // whether it is that output
};

bool is_control(const std::string& input) { return input.starts_with('^'); }

class Rewriting {
 public:
  Rewriting(GraphDef& graph, const std::set<std::string>& given) : graph_(graph), given_(given) {
    for (NodeDef& node : *graph.mutable_node()) by_name_.emplace(node.name(), &node);
    for (NodeDef& node : *graph.mutable_node()) {
      if (node.op() == "Merge") merges_.push_back(&node);
    }
  }

  void run() {
    for (bool changed = true; changed;) {
      changed = false;
      std::vector<NodeDef*> left;
      for (NodeDef* merge : merges_) {
        if (merge->op() != "Merge" || done_.contains(merge)) continue;
        const bool rewritten = frame_of(*merge).empty() ? branch(*merge) : loop(frame_of(*merge));
        changed |= rewritten;
        if (!rewritten) left.push_back(merge);
      }
      merges_ = std::move(left);
    }
  }

 private:
  // What is computed from arguments.
  struct Part {
    std::vector<std::string> results;
    std::vector<const NodeDef*> nodes = {};
    std::map<std::string, size_t> arguments = {};  // by the text that refers to them
  };
  // The number of the argument that a reference stands for; nothing for what lies within.
  using Argument = std::function<std::optional<size_t>(const NodeDef&, const Reference&)>;

  NodeDef* find(const std::string& name) const {
    const auto found = by_name_.find(name);
    return found == by_name_.end() ? nullptr : found->second;
  }

  // Nothing where the way leads through control flow that is not rewritten yet.
  std::optional<Part> part_of(std::vector<std::string> results, const Argument& argument) {
    Part part{results};
    std::unordered_set<std::string> seen;
    std::vector<std::string> waiting = std::move(results);
    while (!waiting.empty()) {
      const std::string text = std::move(waiting.back());
      waiting.pop_back();
      if (--looks_left_ < 0) return std::nullopt;
      const Reference reference(text);
      const NodeDef* const node = find(reference.node);
      if (!node) return std::nullopt;
      if (const std::optional<size_t> number = argument(*node, reference)) {
        part.arguments[text] = *number;
        continue;
      }
      static const std::set<std::string> kFlow{"Merge", "Switch", "Enter", "Exit", "NextIteration", "LoopCond"};
      if (kFlow.contains(node->op())) return std::nullopt;
      if (!seen.insert(node->name()).second) continue;
      part.nodes.push_back(node);
      for (const std::string& input : node->input()) {
        if (!is_control(input)) waiting.push_back(input);
      }
    }
    return part;
  }

  // Whether what is copied stays in proportion to the file: one long branch may lead to many a Merge.
  bool affordable(const Part& a, const Part& b) {
    size_t bytes = 0;
    for (const Part* part : {&a, &b}) {
      for (const NodeDef* node : part->nodes) bytes += node->ByteSizeLong();
    }
    if (bytes > copies_left_) return false;
    copies_left_ -= bytes;
    return true;
  }

  // A function of so many arguments; its name.
  std::string add_function(const Part& part, size_t arguments) {
    FunctionDef& function = *graph_.mutable_library()->add_function();
    const std::string name = kPrefix + ("function_" + std::to_string(count_++));
    const auto argument_name = [](size_t i) { return kPrefix + ("argument_" + std::to_string(i)); };
    const auto text_of = [&](const std::string& text) {
      const auto found = part.arguments.find(text);
      return found == part.arguments.end() ? text : argument_name(found->second);
    };
    function.mutable_signature()->set_name(name);
    for (size_t i = 0; i < arguments; ++i) function.mutable_signature()->add_input_arg()->set_name(argument_name(i));
    for (const NodeDef* node : part.nodes) {
      NodeDef& copy = *function.add_node_def();
      copy = *node;
      copy.clear_input();
      for (const std::string& input : node->input()) {
        if (!is_control(input)) copy.add_input(text_of(input));
      }
    }
    for (size_t i = 0; i < part.results.size(); ++i) {
      const std::string output = "result_" + std::to_string(i);
      function.mutable_signature()->add_output_arg()->set_name(output);
      (*function.mutable_ret())[output] = text_of(part.results[i]);
    }
    return name;
  }

  NodeDef& add_node(const std::string& op, const std::vector<std::string>& inputs,
                    const std::vector<std::pair<std::string, std::string>>& functions) {
    NodeDef& node = *graph_.add_node();
    node.set_name(kPrefix + (op + "_" + std::to_string(count_++)));
    node.set_op(op);
    for (const std::string& input : inputs) node.add_input(input);
    for (const auto& [attribute, function] : functions)
      (*node.mutable_attr())[attribute].mutable_func()->set_name(function);
    by_name_[node.name()] = &node;
    return node;
  }

  static void become_identity(NodeDef& node, const std::string& of) {
    node.set_op("Identity");
    node.clear_input();
    node.clear_attr();
    node.add_input(of);
  }

  // ---- Branches ----

  std::string behind_identities(std::string text, bool defaults = false) const {
    for (int i = 0; i < 8; ++i) {
      const NodeDef* const node = find(Reference(text).node);
      const bool same = node && (node->op() == "Identity" || (defaults && node->op() == "PlaceholderWithDefault"));
      if (!same || node->input_size() == 0 || given_.contains(node->name())) break;
      text = node->input(0);
    }
    return text;
  }

  // What a predicate is where no run changes it: whether a model is trained, say.
  std::optional<bool> decided(const std::string& predicate) const {
    const NodeDef* const node = find(Reference(behind_identities(predicate, /*defaults=*/true)).node);
    if (!node || node->op() != "Const" || !node->attr().contains("value")) return std::nullopt;
    const auto& value = node->attr().at("value").tensor();
    if (value.bool_val_size() == 1) return value.bool_val(0);
    if (value.tensor_content().size() == 1) return value.tensor_content()[0] != 0;
    return std::nullopt;
  }

  // Of a part that reads nothing from outside: the side on which it must run.
  std::optional<bool> side_of(const Part& part) const {
    for (const NodeDef* node : part.nodes) {
      for (const std::string& input : node->input()) {
        if (!is_control(input)) continue;
        const Reference reference(behind_identities(input.substr(1)));
        const NodeDef* const pivot = find(reference.node);
        if (pivot && pivot->op() == "Switch") return reference.second;
      }
    }
    return std::nullopt;
  }

  bool branch(NodeDef& merge) {
    if (merge.input_size() != 2) return false;
    std::string predicate;
    std::vector<std::string> inputs;  // what the Switches let through
    std::map<std::string, size_t> numbers;
    std::optional<bool> sides[2];
    std::optional<Part> parts[2];
    for (int i = 0; i < 2; ++i) {
      bool fits = true;
      const auto argument = [&](const NodeDef& node, const Reference& reference) -> std::optional<size_t> {
        if (node.op() != "Switch" || node.input_size() < 2) return std::nullopt;
        const std::string decides = behind_identities(node.input(1));
        fits &= (predicate.empty() || predicate == decides) && (reference.first || reference.second) &&
                (!sides[i] || *sides[i] == reference.second);
        predicate = decides;
        sides[i] = reference.second;
        const auto [found, is_new] = numbers.emplace(node.input(0), inputs.size());
        if (is_new) inputs.push_back(node.input(0));
        return found->second;
      };
      parts[i] = part_of({merge.input(i)}, argument);
      if (!parts[i] || !fits) return false;
      if (!sides[i]) sides[i] = side_of(*parts[i]);
    }
    for (int i = 0; i < 2; ++i) {
      if (!sides[i] && sides[1 - i]) sides[i] = !*sides[1 - i];
    }
    if (predicate.empty() || !sides[0] || *sides[0] == *sides[1]) return false;
    if (!affordable(*parts[0], *parts[1])) return false;
    if (const std::optional<bool> known = decided(predicate)) {
      const Part& taken = *parts[*sides[0] == *known ? 0 : 1];
      const NodeDef& node = add_node("PartitionedCall", inputs, {{"f", add_function(taken, inputs.size())}});
      become_identity(merge, node.name());
      return true;
    }
    const std::string functions[2] = {add_function(*parts[0], inputs.size()), add_function(*parts[1], inputs.size())};
    const int yes = *sides[0] ? 0 : 1;
    inputs.insert(inputs.begin(), predicate);
    const NodeDef& node =
        add_node("If", inputs, {{"then_branch", functions[yes]}, {"else_branch", functions[1 - yes]}});
    become_identity(merge, node.name());
    return true;
  }

  // ---- Loops ----

  static std::string frame(const NodeDef& enter) {
    const auto found = enter.attr().find("frame_name");
    return found == enter.attr().end() ? "" : found->second.s();
  }

  // The loop whose variable the Merge is; empty for one of a branch.
  std::string frame_of(const NodeDef& merge) const {
    if (merge.input_size() != 2) return "";
    const NodeDef* const enter = find(Reference(merge.input(0)).node);
    const NodeDef* const next = find(Reference(merge.input(1)).node);
    return enter && next && enter->op() == "Enter" && next->op() == "NextIteration" ? frame(*enter) : "";
  }

  struct Variable {
    NodeDef* merge;
    std::string init, next;
    const NodeDef* turn = nullptr;  // its Switch
    std::vector<NodeDef*> exits = {};
  };

  bool loop(const std::string& name) {
    if ((looks_left_ -= graph_.node_size()) < 0) return false;
    std::vector<Variable> variables;
    std::map<const NodeDef*, size_t> numbers;  // of arguments: by Merge, Switch or Enter
    for (NodeDef* merge : merges_) {
      if (frame_of(*merge) != name) continue;
      const NodeDef &enter = *find(Reference(merge->input(0)).node), &next = *find(Reference(merge->input(1)).node);
      if (enter.input_size() < 1 || next.input_size() < 1) return false;
      numbers[merge] = variables.size();
      variables.push_back({merge, enter.input(0), next.input(0)});
    }
    std::vector<std::string> inputs, results;
    for (const Variable& variable : variables) inputs.push_back(variable.init);
    std::string condition;
    std::vector<NodeDef*> exits;
    std::map<const NodeDef*, size_t> constants;
    for (NodeDef& node : *graph_.mutable_node()) {
      if (node.input_size() < 1) continue;
      NodeDef* const from = find(Reference(node.input(0)).node);
      if (node.op() == "Switch" && from && node.input_size() > 1 && numbers.contains(from) && from->op() == "Merge") {
        Variable& variable = variables[numbers.at(from)];
        const NodeDef* const decides = find(Reference(node.input(1)).node);
        if (variable.turn || !decides || decides->op() != "LoopCond" || decides->input_size() < 1) return false;
        variable.turn = &node;
        condition = decides->input(0);
      } else if (node.op() == "Exit") {
        exits.push_back(&node);
      } else if (node.op() == "Enter" && frame(node) == name) {
        constants.emplace(&node, 0);
      }
    }
    for (const Variable& variable : variables) constants.erase(find(Reference(variable.merge->input(0)).node));
    for (auto& [enter, number] : constants) {
      number = inputs.size();
      inputs.push_back(enter->input(0));
    }
    if (condition.empty()) return false;
    for (size_t i = 0; i < variables.size(); ++i) {
      if (variables[i].turn) numbers[variables[i].turn] = i;
      results.push_back(variables[i].next);
    }
    const auto argument = [&](const NodeDef& node, const Reference&) -> std::optional<size_t> {
      if (const auto found = numbers.find(&node); found != numbers.end()) return found->second;
      if (const auto found = constants.find(&node); found != constants.end()) return found->second;
      return std::nullopt;
    };
    const std::optional<Part> test = part_of({condition}, argument);
    std::optional<Part> body = part_of(results, argument);
    if (!test || !body || !affordable(*test, *body)) return false;
    for (const auto& [enter, number] : constants) {  // what stays as it is
      body->arguments[enter->name()] = number;
    }
    std::vector<std::pair<size_t, std::string>> kept;
    for (const auto& [enter, number] : constants) kept.emplace_back(number, enter->name());
    std::sort(kept.begin(), kept.end());
    for (const auto& [number, enter] : kept) body->results.push_back(enter);
    const std::string cond = add_function(*test, inputs.size()), turn = add_function(*body, inputs.size());
    const NodeDef& node = add_node("While", inputs, {{"cond", cond}, {"body", turn}});
    for (NodeDef* exit : exits) {
      const NodeDef* const from = find(Reference(exit->input(0)).node);
      const auto found = numbers.find(from);
      if (found != numbers.end()) become_identity(*exit, node.name() + ":" + std::to_string(found->second));
    }
    for (const Variable& variable : variables) done_.insert(variable.merge);
    return true;
  }

  GraphDef& graph_;
  const std::set<std::string>& given_;
  std::unordered_map<std::string, NodeDef*> by_name_;
  std::vector<NodeDef*> merges_;
  std::unordered_set<const NodeDef*> done_;
  int64_t count_ = 0;
  int64_t looks_left_ = int64_t{1} << 20;  // many that cannot be rewritten are not looked at without end
  size_t copies_left_ = (size_t{4} << 20) + 2 * graph_.ByteSizeLong();
};

}  // namespace

void make_branches(GraphDef& graph, const std::set<std::string>& given) { Rewriting(graph, given).run(); }

}  // namespace lamina::tensorflow
