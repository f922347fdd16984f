// One walk forwards: each fused node is tried with the instructions of those that made its operands.
#include "lamina/graph/passes/recompute.h"

#include <algorithm>
#include <map>
#include <set>

#include "lamina/graph/elementwise.h"
#include "lamina/graph/rewriter.h"

namespace lamina::passes {
namespace {

/// Bytes of a tensor that caches do not hold until it is read again.
constexpr size_t kLarge = size_t{1} << 20;
/// What the instructions that are done again may cost together, in additions: those of a sigmoid, an error
/// function, a hyperbolic tangent are as fast as writing and reading a number.
constexpr int kMostCost = 20;

/// A fused node as it will be, on values of the old graph.
struct Work {
  FusedElementwiseAttrs attrs;
  std::vector<ValueId> inputs;

  int input_of(ValueId value) const {
    for (size_t i = 0; i < inputs.size(); ++i) {
      if (inputs[i] == value && !reads_whole(attrs, static_cast<int>(i))) return static_cast<int>(i);
    }
    return -1;
  }
};

class Recomputation {
 public:
  explicit Recomputation(const Graph& graph)
      : graph_(graph),
        producers_(producers(graph)),
        escapes_(escaping(graph)),
        readers_(graph.values.size()) {
    for (const Node& node : graph.nodes) {
      if (is_fused(node)) works_[&node] = {node.attrs.as<FusedElementwiseAttrs>(), node.inputs};
      for (const ValueId input : std::set<ValueId>(node.inputs.begin(), node.inputs.end())) ++readers(input);
    }
  }

  Graph run() {
    for (const Node& node : graph_.nodes) {
      if (!is_fused(node)) continue;
      while (improve(works_.at(&node))) {
      }
    }
    return emit();
  }

 private:
  static bool is_fused(const Node& node) { return node.op->name == "fused_elementwise"; }
  int& readers(ValueId value) { return readers_[static_cast<size_t>(value)]; }
  size_t bytes(ValueId value) const { return graph_.type(value).bytes(); }

  /// The fused node that makes `value`, or null.
  const Node* maker(ValueId value) const {
    const int n = producers_[static_cast<size_t>(value)];
    return n >= 0 && is_fused(graph_.nodes[static_cast<size_t>(n)]) ? &graph_.nodes[static_cast<size_t>(n)]
                                                                    : nullptr;
  }

  /// Takes over the instructions behind some operands, if that saves memory's work.
  bool improve(Work& work) {
    std::map<const Node*, std::vector<ValueId>> found;
    for (const ValueId input : work.inputs) {
      const Node* const from = maker(input);
      const bool whole =
          std::count(work.inputs.begin(), work.inputs.end(), input) > 1 || work.input_of(input) < 0;
      if (!from || bytes(input) < kLarge || whole) continue;
      if (works_.at(from).attrs.shape == work.attrs.shape) found[from].push_back(input);
    }
    for (const auto& [from, values] : found) {
      if (take_over(work, *from, values)) return true;
      for (const ValueId value : values) {
        if (values.size() > 1 && take_over(work, *from, {value})) return true;
      }
    }
    return false;
  }

  /// The instructions of `made` that `values` need, in their order; nothing where they cost too much or must
  /// not be done elsewhere.
  std::vector<int> instructions(const Work& made, const Node& node,
                                const std::vector<ValueId>& values) const {
    const int inputs = made.attrs.num_inputs;
    std::vector<bool> needed(made.attrs.code.size());
    for (size_t i = 0; i < node.outputs.size(); ++i) {
      const int result = made.attrs.results[i];
      if (std::find(values.begin(), values.end(), node.outputs[i]) == values.end()) continue;
      if (result < inputs) return {};
      needed[static_cast<size_t>(result - inputs)] = true;
    }
    int cost = 0;
    std::vector<int> found;
    for (size_t i = needed.size(); i-- > 0;) {
      if (!needed[i]) continue;
      const TileInstruction& instruction = made.attrs.code[i];
      for (size_t j = 0; j < instruction.operands.size(); ++j) {
        if (j < instruction.op->inputs.size() && instruction.op->inputs[j].whole) return {};
        if (instruction.operands[j] >= inputs)
          needed[static_cast<size_t>(instruction.operands[j] - inputs)] = true;
      }
      if (instruction.op->positional) return {};
      if (!instruction.operands.empty()) cost += instruction.op->tile_cost;
      found.push_back(static_cast<int>(i));
    }
    if (cost > kMostCost) return {};
    std::reverse(found.begin(), found.end());
    return found;
  }

  bool take_over(Work& work, const Node& from, const std::vector<ValueId>& values) {
    const Work& made = works_.at(&from);
    const std::vector<int> code = instructions(made, from, values);
    if (code.empty()) return false;
    std::set<ValueId> more;  // read for them, and not before
    for (const int i : code) {
      for (const int operand : made.attrs.code[static_cast<size_t>(i)].operands) {
        if (operand >= made.attrs.num_inputs) continue;
        const ValueId value = made.inputs[static_cast<size_t>(operand)];
        if (work.input_of(value) < 0) more.insert(value);
      }
    }
    size_t saved = 0, added = 0;
    for (const ValueId value : values)
      saved += bytes(value) * (readers(value) == 1 && !escapes_[static_cast<size_t>(value)] ? 2 : 1);
    for (const ValueId value : more) added += bytes(value);
    if (added >= saved ||
        work.inputs.size() + more.size() + work.attrs.code.size() + code.size() > kMostTileRegisters)
      return false;
    for (const ValueId value : values) --readers(value);
    for (const ValueId value : more) ++readers(value);
    work = joined(work, made, from, values, code, more);
    return true;
  }

  /// `work` with the instructions `code` of `made` in front, in place of the inputs `values`.
  static Work joined(const Work& work, const Work& made, const Node& from, const std::vector<ValueId>& values,
                     const std::vector<int>& code, const std::set<ValueId>& more) {
    Work result;
    result.attrs.shape = work.attrs.shape;
    std::vector<int> kept(work.inputs.size(), -1);  // by old place
    for (size_t i = 0; i < work.inputs.size(); ++i) {
      const bool taken = std::find(values.begin(), values.end(), work.inputs[i]) != values.end();
      if (taken && !reads_whole(work.attrs, static_cast<int>(i))) continue;
      kept[i] = static_cast<int>(result.inputs.size());
      result.inputs.push_back(work.inputs[i]);
    }
    std::map<ValueId, int> added;
    for (const ValueId value : more) {
      added[value] = static_cast<int>(result.inputs.size());
      result.inputs.push_back(value);
    }
    result.attrs.num_inputs = static_cast<int>(result.inputs.size());
    const auto append = [&](TileInstruction instruction, const auto& register_of) {
      for (int& operand : instruction.operands) operand = register_of(operand);
      result.attrs.code.push_back(std::move(instruction));
      return result.attrs.num_inputs + static_cast<int>(result.attrs.code.size()) - 1;
    };

    std::map<int, int> made_now;  // register of `made` -> register
    const auto of_made = [&](int old) {
      if (old >= made.attrs.num_inputs) return made_now.at(old);
      const ValueId value = made.inputs[static_cast<size_t>(old)];
      const int place = work.input_of(value);
      return place >= 0 ? kept[static_cast<size_t>(place)] : added.at(value);
    };
    for (const int i : code)
      made_now[made.attrs.num_inputs + i] = append(made.attrs.code[static_cast<size_t>(i)], of_made);
    std::map<int, int> own;  // register of `work` -> register
    const auto of_work = [&](int old) {
      if (old >= work.attrs.num_inputs) return own.at(old);
      if (kept[static_cast<size_t>(old)] >= 0) return kept[static_cast<size_t>(old)];
      const auto output =
          std::find(from.outputs.begin(), from.outputs.end(), work.inputs[static_cast<size_t>(old)]);
      return made_now.at(made.attrs.results[static_cast<size_t>(output - from.outputs.begin())]);
    };
    for (size_t i = 0; i < work.attrs.code.size(); ++i)
      own[work.attrs.num_inputs + static_cast<int>(i)] = append(work.attrs.code[i], of_work);
    for (const int old : work.attrs.results) result.attrs.results.push_back(of_work(old));
    return result;
  }

  /// Without instructions that no result needs any more, and without inputs that none of the others reads.
  static Work living(const Work& work) {
    const int inputs = work.attrs.num_inputs;
    std::vector<bool> needed(static_cast<size_t>(inputs) + work.attrs.code.size());
    for (const int result : work.attrs.results) needed[static_cast<size_t>(result)] = true;
    for (size_t i = work.attrs.code.size(); i-- > 0;) {
      if (!needed[static_cast<size_t>(inputs) + i]) continue;
      for (const int operand : work.attrs.code[i].operands) needed[static_cast<size_t>(operand)] = true;
    }
    Work result;
    result.attrs.shape = work.attrs.shape;
    std::vector<int> now(needed.size(), -1);
    for (size_t i = 0; i < work.inputs.size(); ++i) {
      if (!needed[i]) continue;
      now[i] = static_cast<int>(result.inputs.size());
      result.inputs.push_back(work.inputs[i]);
    }
    result.attrs.num_inputs = static_cast<int>(result.inputs.size());
    for (size_t i = 0; i < work.attrs.code.size(); ++i) {
      const size_t place = static_cast<size_t>(inputs) + i;
      if (!needed[place]) continue;
      now[place] = result.attrs.num_inputs + static_cast<int>(result.attrs.code.size());
      result.attrs.code.push_back(work.attrs.code[i]);
      for (int& operand : result.attrs.code.back().operands) operand = now[static_cast<size_t>(operand)];
    }
    for (const int old : work.attrs.results) result.attrs.results.push_back(now[static_cast<size_t>(old)]);
    return result;
  }

  Graph emit() {
    Rewriter rewrite(graph_);
    for (const Node& node : graph_.nodes) {
      if (!is_fused(node)) {
        rewrite.keep(node);
        continue;
      }
      Work& work = works_.at(&node);
      std::vector<ValueId> read;
      std::vector<int> results;
      for (size_t i = 0; i < node.outputs.size(); ++i) {
        if (readers(node.outputs[i]) == 0 && !escapes_[static_cast<size_t>(node.outputs[i])]) continue;
        read.push_back(node.outputs[i]);
        results.push_back(work.attrs.results[i]);
      }
      if (read.empty()) continue;
      if (results.size() < node.outputs.size()) {
        work.attrs.results = std::move(results);
        work = living(work);
      }
      const std::vector<ValueId> now = rewrite.add(*node.op, std::move(work.attrs), rewrite(work.inputs));
      for (size_t i = 0; i < read.size(); ++i) rewrite.map(read[i], now[i]);
    }
    return rewrite.finish();
  }

  const Graph& graph_;
  std::vector<int> producers_;
  std::vector<bool> escapes_;
  std::vector<int> readers_;  // nodes, by value
  std::map<const Node*, Work> works_;
};

}  // namespace

Graph recompute(const Graph& graph) { return Recomputation(graph).run(); }

}  // namespace lamina::passes
