// Grouping of elementwise nodes from the last to the first, then one fused node per group.
#include "lamina/graph/passes/elementwise_fusion.h"

#include <algorithm>
#include <functional>
#include <map>
#include <queue>

#include "lamina/graph/constant.h"
#include "lamina/graph/elementwise.h"
#include "lamina/graph/number_watch.h"
#include "lamina/graph/rewriter.h"

namespace lamina::passes {
namespace {

constexpr size_t kMaxOperands = 8;

enum class Role {
  kPlain,      // stays as it is
  kFusable,    // an instruction
  kConstant,   // op full: an immediate of its readers
  kBroadcast,  // repeats its input: its elementwise readers read its input instead
};

class Fusion {
 public:
  explicit Fusion(const Graph& graph)
      : graph_(graph), producer_(producers(graph)), escapes_(escaping(graph)) {
    classify();
    connect();
  }

  Graph run() {
    begin_apart();
    if (!detail::NumberWatch::wanted()) group();
    return emit();
  }

 private:
  static size_t at(int i) { return static_cast<size_t>(i); }
  const Node& node(int n) const { return graph_.nodes[at(n)]; }
  int size() const { return static_cast<int>(graph_.nodes.size()); }
  Role role(int n) const { return roles_[at(n)]; }
  Role role_of_producer(ValueId value) const {
    return producer_[at(value)] < 0 ? Role::kPlain : role(producer_[at(value)]);
  }
  const Shape& loop(int n) const { return graph_.type(node(n).outputs[0]).shape; }

  void classify() {
    for (const Node& n : graph_.nodes) {
      Role role = Role::kPlain;
      if (n.op->name == "full") {
        role = Role::kConstant;
      } else if (n.op->repeats) {
        role = Role::kBroadcast;
      } else if (n.op->elementwise && n.op->tile && n.outputs.size() == 1 &&
                 n.inputs.size() <= kMaxOperands) {
        std::vector<DType> dtypes;
        for (ValueId input : n.inputs) dtypes.push_back(graph_.type(input).dtype);
        if (n.op->tile(dtypes, graph_.type(n.outputs[0]).dtype)) role = Role::kFusable;
      }
      roles_.push_back(role);
    }
  }

  static bool reads_whole(const Node& n, size_t operand) {
    return operand < n.op->inputs.size() && n.op->inputs[operand].whole;
  }

  /// What instruction `n` reads as its operand, past broadcasts.
  ValueId operand(const Node& n, size_t i) const {
    ValueId value = n.inputs[i];
    while (!reads_whole(n, i) && role_of_producer(value) == Role::kBroadcast) {
      value = node(producer_[at(value)]).inputs[0];
    }
    return value;
  }

  // Edges between nodes as they will be after folding; and which constants and broadcasts someone needs in
  // memory.
  void connect() {
    readers_.resize(at(size()));
    stored_.assign(at(size()), false);
    for (int n = size() - 1; n >= 0; --n) {
      for (ValueId output : node(n).outputs) {
        if (escapes_[at(output)]) stored_[at(n)] = true;
      }
      if ((role(n) == Role::kConstant || role(n) == Role::kBroadcast) && !stored_[at(n)]) continue;
      for (size_t i = 0; i < node(n).inputs.size(); ++i) {
        const bool fusable = role(n) == Role::kFusable;
        const ValueId value = fusable ? operand(node(n), i) : node(n).inputs[i];
        const int from = producer_[at(value)];
        if (from < 0) continue;
        const bool immediate = fusable && role(from) == Role::kConstant && !reads_whole(node(n), i);
        if (immediate) continue;
        const bool whole = fusable && reads_whole(node(n), i);
        if (role(from) != Role::kFusable || !fusable || whole) stored_[at(from)] = true;
        if (whole) whole_reads_.emplace(n, from);
        readers_[at(from)].push_back(n);
      }
    }
    for (auto& list : readers_) std::sort(list.begin(), list.end());
  }

  // --- groups ---

  int group_of(int n) const { return group_[at(n)]; }

  bool fits(int a, int b) const {
    std::vector<int> values;
    size_t registers = 0;
    for (int g : {a, b}) {
      for (int member : members_[at(g)]) {
        ++registers;
        for (size_t i = 0; i < node(member).inputs.size(); ++i) values.push_back(operand(node(member), i));
      }
    }
    std::sort(values.begin(), values.end());
    values.erase(std::unique(values.begin(), values.end()), values.end());
    return registers + values.size() <= kMostTileRegisters;
  }

  /// Whether a path leads from group `a` or `b` through another one back to either: then they cannot be one
  /// node.
  bool would_cycle(int a, int b) {
    ++stamp_;
    const int horizon = no_way_back_from(std::max(last_[at(a)], last_[at(b)]));
    std::vector<int> stack;
    const auto leave = [&](int g) {
      for (int member : members_[at(g)]) {
        for (int reader : readers_[at(member)]) {
          const int next = group_of(reader);
          if (reader <= horizon && next != a && next != b && visited_[at(next)] != stamp_) {
            visited_[at(next)] = stamp_;
            stack.push_back(next);
          }
        }
      }
    };
    leave(a);
    leave(b);
    while (!stack.empty()) {
      const int g = stack.back();
      stack.pop_back();
      for (int member : members_[at(g)]) {
        for (int reader : readers_[at(member)]) {
          if (group_of(reader) == a || group_of(reader) == b) return true;
        }
      }
      leave(g);
    }
    return false;
  }

  /// The first node at or after `n` beyond which no group reaches back: readers lie after what they read, so
  /// that only a group on both sides leads back. It keeps the search for cycles local, and the pass linear on
  /// long chains.
  int no_way_back_from(int n) const {
    while (n + 1 < size() && spans_[at(n)] > 0) ++n;
    return n;
  }

  /// Counts group `g` at every boundary between nodes that it reaches across.
  void count_spans(int g, int by) {
    for (int n = first_[at(g)]; n < last_[at(g)]; ++n) spans_[at(n)] += by;
  }

  void merge(int from, int into) {
    count_spans(from, -1);
    count_spans(into, -1);
    first_[at(into)] = std::min(first_[at(into)], first_[at(from)]);
    last_[at(into)] = std::max(last_[at(into)], last_[at(from)]);
    count_spans(into, 1);
    for (int member : members_[at(from)]) group_[at(member)] = into;
    members_[at(into)].insert(members_[at(into)].end(), members_[at(from)].begin(), members_[at(from)].end());
    members_[at(from)].clear();
  }

  /// Every node is a group.
  void begin_apart() {
    for (int n = 0; n < size(); ++n) {
      group_.push_back(n);
      members_.push_back({n});
      first_.push_back(n);
      last_.push_back(n);
    }
    spans_.assign(at(size()), 0);
    visited_.assign(at(size()), 0);
  }

  void group() {
    for (int n = size() - 1; n >= 0; --n) {
      if (role(n) != Role::kFusable) continue;
      for (int reader : readers_[at(n)]) {
        const int a = group_of(n), b = group_of(reader);
        if (a == b || role(reader) != Role::kFusable || loop(reader) != loop(n)) continue;
        if (!reads_inside_whole(a, b) && fits(a, b) && !would_cycle(a, b)) merge(a, b);
      }
    }
  }

  /// Whether a member of the two groups reads what another one makes as a whole: that must be in memory
  /// first.
  bool reads_inside_whole(int a, int b) const {
    for (int g : {a, b}) {
      for (int member : members_[at(g)]) {
        const auto [begin, end] = whole_reads_.equal_range(member);
        if (std::any_of(begin, end, [&](const auto& read) {
              return group_of(read.second) == a || group_of(read.second) == b;
            }))
          return true;
      }
    }
    return false;
  }

  // --- the new graph ---

  /// Groups in an order that can be run, each as late as its last member stood.
  std::vector<int> order() const {
    std::vector<int> missing(at(size()), 0);
    std::vector<std::vector<int>> later(at(size()));
    for (int n = 0; n < size(); ++n) {
      for (int reader : readers_[at(n)]) {
        if (group_of(reader) == group_of(n)) continue;
        later[at(group_of(n))].push_back(group_of(reader));
        ++missing[at(group_of(reader))];
      }
    }
    std::priority_queue<std::pair<int, int>, std::vector<std::pair<int, int>>, std::greater<>> ready;
    const auto add = [&](int g) {
      ready.push({*std::max_element(members_[at(g)].begin(), members_[at(g)].end()), g});
    };
    for (int g = 0; g < size(); ++g) {
      if (!members_[at(g)].empty() && missing[at(g)] == 0) add(g);
    }
    std::vector<int> result;
    while (!ready.empty()) {
      const int g = ready.top().second;
      ready.pop();
      result.push_back(g);
      for (int next : later[at(g)]) {
        if (--missing[at(next)] == 0) add(next);
      }
    }
    return result;
  }

  Graph emit() {
    Rewriter rewrite(graph_);
    for (int g : order()) {
      std::vector<int> members = members_[at(g)];
      std::sort(members.begin(), members.end());
      const int first = members[0];
      if (role(first) == Role::kPlain) {
        rewrite.keep(node(first));
      } else if (role(first) == Role::kFusable) {
        emit_group(members, rewrite);
      } else if (stored_[at(first)]) {
        role(first) == Role::kConstant ? emit_constant(first, rewrite) : rewrite.keep(node(first));
      }
    }
    return rewrite.finish();
  }

  /// A group under construction: constants are instructions too, so inputs are counted first.
  struct Builder {
    FusedElementwiseAttrs attrs;
    std::vector<ValueId> inputs;  // old values
    // (old value, read as a whole) -> register: who reads it both ways gets it twice.
    std::map<std::pair<ValueId, bool>, int> registers;
    std::vector<std::pair<TileInstruction, int>> constants;
  };

  void emit_group(const std::vector<int>& members, Rewriter& rewrite) const {
    Builder build;
    build.attrs.shape = loop(members[0]);
    for (int member : members) {
      for (size_t i = 0; i < node(member).inputs.size(); ++i) {
        const ValueId value = operand(node(member), i);
        const int from = producer_[at(value)];
        const bool inside = from >= 0 && group_of(from) == group_of(member);
        if (inside || is_immediate(member, i, value)) continue;
        const std::pair<ValueId, bool> key{value, reads_whole(node(member), i)};
        if (!build.registers.emplace(key, static_cast<int>(build.inputs.size())).second) continue;
        build.inputs.push_back(value);
      }
    }
    build.attrs.num_inputs = static_cast<int>(build.inputs.size());
    for (int member : members) add_instruction(member, build);
    std::vector<ValueId> results;
    for (int member : members) {
      if (!needed_outside(member)) continue;
      results.push_back(node(member).outputs[0]);
      build.attrs.results.push_back(build.registers.at({results.back(), false}));
    }
    if (results.empty()) return;
    const auto outputs =
        rewrite.add(find_op("fused_elementwise"), std::move(build.attrs), rewrite(build.inputs));
    for (size_t i = 0; i < results.size(); ++i) rewrite.map(results[i], outputs[i]);
  }

  bool is_immediate(int member, size_t operand, ValueId value) const {
    return role_of_producer(value) == Role::kConstant && !reads_whole(node(member), operand);
  }

  bool needed_outside(int member) const {
    const auto& readers = readers_[at(member)];
    return escapes_[at(node(member).outputs[0])] ||
           std::any_of(readers.begin(), readers.end(),
                       [&](int reader) { return group_of(reader) != group_of(member); });
  }

  void add_instruction(int member, Builder& build) const {
    std::vector<int> operands;
    for (size_t i = 0; i < node(member).inputs.size(); ++i) {
      const ValueId value = operand(node(member), i);
      operands.push_back(is_immediate(member, i, value)
                             ? immediate(value, build)
                             : build.registers.at({value, reads_whole(node(member), i)}));
    }
    const ValueId output = node(member).outputs[0];
    build.registers[{output, false}] = build.attrs.num_inputs + static_cast<int>(build.attrs.code.size());
    build.attrs.code.push_back(
        {node(member).op, node(member).attrs, std::move(operands), graph_.type(output).dtype});
  }

  /// The register of a constant, without its shape, so that equal ones are one.
  int immediate(ValueId value, Builder& build) const {
    FullAttrs attrs = node(producer_[at(value)]).attrs.as<FullAttrs>();
    attrs.shape = {};
    const TileInstruction instruction{node(producer_[at(value)]).op, attrs, {}, attrs.dtype};
    for (const auto& [known, reg] : build.constants) {
      if (known == instruction) return reg;
    }
    const int reg = build.attrs.num_inputs + static_cast<int>(build.attrs.code.size());
    build.attrs.code.push_back(instruction);
    build.constants.emplace_back(instruction, reg);
    return reg;
  }

  void emit_constant(int n, Rewriter& rewrite) const {
    FullAttrs value = node(n).attrs.as<FullAttrs>();
    FusedElementwiseAttrs attrs;
    attrs.shape = value.shape;
    value.shape = {};
    attrs.code = {{node(n).op, value, {}, value.dtype}};
    attrs.results = {0};
    rewrite.map(node(n).outputs[0], rewrite.add(find_op("fused_elementwise"), std::move(attrs), {})[0]);
  }

  const Graph& graph_;
  std::vector<int> producer_;
  std::vector<bool> escapes_;
  std::vector<Role> roles_;
  std::vector<std::vector<int>> readers_;  // nodes that read the node's output, past folded broadcasts
  std::multimap<int, int> whole_reads_;    // reader -> maker
  std::vector<bool> stored_;
  std::vector<int> group_;  // node -> group, named after one of its members
  std::vector<std::vector<int>> members_;
  std::vector<int> first_, last_;  // per group: its outermost members
  std::vector<int> spans_;         // per node: groups that have members up to it and after it
  std::vector<int> visited_;
  int stamp_ = 0;
};

}  // namespace

Graph elementwise_fusion(const Graph& graph) { return Fusion(graph).run(); }

}  // namespace lamina::passes
