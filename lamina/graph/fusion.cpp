// Reading patterns, matching them, and the registry of fusions.
#include "lamina/graph/fusion.h"

#include <algorithm>

#include "lamina/base/error.h"
#include "lamina/graph/constant.h"
#include "lamina/graph/text_cursor.h"

namespace lamina {
namespace {

/// "n.1" as label and number of an output; "n" is "n.0".
std::pair<std::string, size_t> read_output(const std::string& word) {
  const size_t dot = word.find('.');
  if (dot == std::string::npos) return {word, 0};
  return {word.substr(0, dot), std::stoul(word.substr(dot + 1))};
}

FusionTerm read_term(TextCursor& text) {
  FusionTerm term;
  for (const char* number : {"0", "1", "6"}) {
    if (!text.take(number)) continue;
    term.kind = FusionTerm::Kind::kNumber;
    term.number = std::stod(number);
    return term;
  }
  term.sole = text.take("!");
  term.name = text.word("an op, a label or a variable");
  if (text.take(":")) {
    term.label = term.name;
    term.name = text.word("an op");
  }
  if (!text.take("(")) {
    std::tie(term.name, term.output) = read_output(term.name);
    return term;
  }
  term.kind = FusionTerm::Kind::kNode;
  while (!text.take(")")) {
    if (!term.args.empty()) text.expect(",");
    term.args.push_back(read_term(text));
  }
  if (text.take(".")) term.output = static_cast<size_t>(text.integer(0, 99));
  return term;
}

/// Runs `read` on the text of a fusion, which is part of the program: what is wrong there is our own fault.
template <class Read>
void read_all(const std::string& source, Read read) {
  try {
    TextCursor text(source);
    read(text);
    if (!text.at_end()) text.fail("the end of the pattern");
  } catch (const InvalidArgument& error) {
    throw InternalError("fusion '" + source + "': " + error.what());
  }
}

/// What one attempt binds, so that it can be taken back.
struct Names {
  std::map<std::string, const Node*>& nodes;
  std::map<std::string, ValueId>& values;
};

class Matcher {
 public:
  Matcher(const GraphView& view, Names names) : view_(view), names_(names) {}

  bool at(const FusionTerm& term, const Node& node) {
    if (node.op->name != term.name || node.inputs.size() != term.args.size()) return false;
    if (!term.label.empty()) {
      const auto [known, added] = names_.nodes.emplace(term.label, &node);
      if (!added && known->second != &node) return false;
    }
    for (size_t i = 0; i < term.args.size(); ++i) {
      if (!value(term.args[i], node.inputs[i])) return false;
    }
    return true;
  }

  bool value(const FusionTerm& term, ValueId value) {
    const Node* const node = view_.producer(value);
    if (term.kind == FusionTerm::Kind::kNumber)
      return node && node->op->name == "full" && node->attrs.as<FullAttrs>().value == term.number;
    if (term.kind == FusionTerm::Kind::kNode) {
      if (!node || node->op->name != term.name) return false;
      if (term.output >= node->outputs.size() || node->outputs[term.output] != value) return false;
      if (term.sole && (view_.escapes(value) || view_.users(value).size() != 1)) return false;
      return at(term, *node);
    }
    if (term.name == "_") return true;
    if (const auto known = names_.nodes.find(term.name); known != names_.nodes.end())
      return known->second->outputs.at(term.output) == value;
    return names_.values.emplace(term.name, value).first->second == value;
  }

  /// A node of a further root: among the readers of what its first argument is.
  bool beside(const FusionTerm& term) {
    const auto known = names_.values.find(term.args.at(0).name);
    const auto labelled = names_.nodes.find(term.args[0].name);
    if (known == names_.values.end() && labelled == names_.nodes.end())
      throw InternalError("fusion: " + term.name + " reads nothing that is named before it");
    const ValueId value =
        known != names_.values.end() ? known->second : labelled->second->outputs.at(term.args[0].output);
    for (const Node* user : view_.users(value)) {
      const auto nodes = names_.nodes;
      const auto values = names_.values;
      if (at(term, *user)) return true;
      names_.nodes = nodes;
      names_.values = values;
    }
    return false;
  }

 private:
  const GraphView& view_;
  Names names_;
};

std::vector<detail::ParsedFusion>& registry() {
  static std::vector<detail::ParsedFusion> fusions;
  return fusions;
}

}  // namespace

GraphView::GraphView(const Graph& graph, std::vector<bool> steady)
    : graph_(graph),
      producers_(producers(graph)),
      users_(lamina::users(graph)),
      escapes_(escaping(graph)),
      steady_(std::move(steady)) {}

const Node* GraphView::producer(ValueId value) const {
  const int index = producers_[static_cast<size_t>(value)];
  return index < 0 ? nullptr : &graph_.nodes[static_cast<size_t>(index)];
}

std::vector<const Node*> GraphView::users(ValueId value) const {
  std::vector<const Node*> nodes;
  for (int index : users_[static_cast<size_t>(value)])
    nodes.push_back(&graph_.nodes[static_cast<size_t>(index)]);
  return nodes;
}

const Node& FusionMatch::node(const std::string& label) const {
  const auto found = nodes_.find(label);
  if (found == nodes_.end()) throw InternalError("fusion: no node is called '" + label + "'");
  return *found->second;
}

ValueId FusionMatch::value(const std::string& variable) const {
  const auto found = values_.find(variable);
  if (found == values_.end()) throw InternalError("fusion: no value is called '" + variable + "'");
  return found->second;
}

bool FusionMatch::read_by(size_t count, const std::string& label, size_t output) const {
  const ValueId value = node(label).outputs.at(output);
  return view_->users(value).size() == count && !view_->escapes(value);
}

bool FusionMatch::every_user(const std::string& label, size_t output, const std::string& pattern,
                             bool (*fits)(const FusionMatch& match)) const {
  const ValueId value = node(label).outputs.at(output);
  if (view_->escapes(value)) return false;
  const FusionPattern users(pattern);
  for (const Node* user : view_->users(value)) {
    FusionMatch match = *this;
    if (!users.matches(*view_, *user, match) || !fits(match)) return false;
  }
  return true;
}

FusionPattern::FusionPattern(const std::string& source) {
  read_all(source, [&](TextCursor& text) {
    do {
      roots_.push_back(read_term(text));
      if (roots_.back().kind != FusionTerm::Kind::kNode) text.fail("a node");
    } while (text.take(";"));
  });
}

bool FusionPattern::matches(const GraphView& view, const Node& node, FusionMatch& match) const {
  if (node.op->name != roots_[0].name) return false;
  Matcher matcher(view, {match.nodes_, match.values_});
  if (!matcher.at(roots_[0], node)) return false;
  return std::all_of(roots_.begin() + 1, roots_.end(),
                     [&](const FusionTerm& root) { return matcher.beside(root); });
}

std::vector<std::string> FusionPattern::ops() const {
  std::vector<std::string> names;
  std::vector<const FusionTerm*> waiting;
  for (const FusionTerm& root : roots_) waiting.push_back(&root);
  while (!waiting.empty()) {
    const FusionTerm& term = *waiting.back();
    waiting.pop_back();
    if (term.kind == FusionTerm::Kind::kNode) names.push_back(term.name);
    for (const FusionTerm& arg : term.args) waiting.push_back(&arg);
  }
  return names;
}

FusionRegistration::FusionRegistration(std::vector<Fusion> fusions) {
  std::vector<detail::ParsedFusion>& all = registry();
  for (Fusion& fusion : fusions) {
    detail::ParsedFusion parsed{std::move(fusion), {}, {}, {}};
    for (const std::string& pattern : parsed.fusion.patterns) parsed.patterns.emplace_back(pattern);
    read_all(parsed.fusion.result, [&](TextCursor& text) {
      do {
        parsed.outputs.push_back(read_output(text.word("the label of a node")));
      } while (text.take(","));
      text.expect("=");
      parsed.result = read_term(text);
    });
    all.push_back(std::move(parsed));
  }
  std::stable_sort(all.begin(), all.end(), [](const detail::ParsedFusion& a, const detail::ParsedFusion& b) {
    return std::pair(a.fusion.stage, a.result.name) < std::pair(b.fusion.stage, b.result.name);
  });
}

const std::vector<detail::ParsedFusion>& detail::all_fusions() { return registry(); }

}  // namespace lamina
