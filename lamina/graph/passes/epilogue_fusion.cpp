// The one matcher of the registered fusions: stage by stage, each on the result of the one before; dead nodes
// go in between, so that "nothing else reads it" can be told from the graph.
#include "lamina/graph/passes/epilogue_fusion.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "lamina/graph/constant.h"
#include "lamina/graph/fusion.h"
#include "lamina/graph/passes/dce.h"
#include "lamina/graph/rewriter.h"
#include "lamina/graph/steady.h"

namespace lamina::passes {
namespace {

using detail::ParsedFusion;

class Stage {
 public:
  Stage(const Graph& graph, DeviceKind device, std::span<const size_t> steady, int stage)
      : view_(graph, steady.empty() ? std::vector<bool>() : steady_values(graph, steady)),
        device_(device),
        rewrite_(graph) {
    for (const ParsedFusion& fusion : detail::all_fusions()) {
      if (fusion.fusion.stage == stage) fusions_.push_back(&fusion);
    }
  }

  Graph run() {
    find();
    if (found_.empty()) return view_.graph();
    for (const Node& node : view_.graph().nodes) {
      if (const auto found = found_.find(view_.index(node)); found != found_.end()) replace(found->second);
      if (!replaced_.count(&node)) rewrite_.keep(node);
    }
    return dce(rewrite_.finish());
  }

 private:
  struct Found {
    const ParsedFusion* fusion;
    FusionMatch match;
  };

  void find() {
    for (const Node& node : view_.graph().nodes) {
      for (const ParsedFusion* fusion : fusions_) {
        if (try_at(node, *fusion)) break;
      }
    }
  }

  bool try_at(const Node& node, const ParsedFusion& fusion) {
    for (const FusionPattern& pattern : fusion.patterns) {
      FusionMatch match(view_);
      if (!pattern.matches(view_, node, match)) continue;
      if (fusion.fusion.fits && !fusion.fusion.fits(match)) continue;
      const std::optional<int> place = place_of(fusion, match);
      if (!place || !runs(fusion, match)) continue;
      for (const auto& [label, output] : fusion.outputs) replaced_.insert(&match.node(label));
      found_.emplace(*place, Found{&fusion, std::move(match)});
      return true;
    }
    return false;
  }

  /// Where the new node goes: in the place of the first one that it stands for. Nothing where something that
  /// it reads is made only later, or where another one stands there already.
  std::optional<int> place_of(const ParsedFusion& fusion, const FusionMatch& match) const {
    int first = static_cast<int>(view_.graph().nodes.size());
    for (const auto& [label, output] : fusion.outputs) {
      const Node& node = match.node(label);
      if (replaced_.count(&node)) return std::nullopt;
      first = std::min(first, view_.index(node));
    }
    return made_before(fusion.result, match, first) ? std::optional(first) : std::nullopt;
  }

  bool made_before(const FusionTerm& term, const FusionMatch& match, int place) const {
    if (term.kind == FusionTerm::Kind::kVariable) {
      const Node* const producer = view_.producer(old_value(term, match));
      return !producer || view_.index(*producer) < place;
    }
    return std::all_of(term.args.begin(), term.args.end(),
                       [&](const FusionTerm& arg) { return made_before(arg, match, place); });
  }

  static ValueId old_value(const FusionTerm& term, const FusionMatch& match) {
    const auto labelled = match.nodes().find(term.name);
    return labelled == match.nodes().end() ? match.value(term.name)
                                           : labelled->second->outputs.at(term.output);
  }

  static Attrs attrs_of(const ParsedFusion& fusion, const FusionTerm& term, const FusionMatch& match) {
    if (!term.label.empty()) return match.node(term.label).attrs;
    return &term == &fusion.result && fusion.fusion.attrs ? fusion.fusion.attrs(match) : Attrs();
  }

  /// Whether a kernel of the device takes the new node, with values in row-major order. Where an argument is
  /// made anew, the op is one of those that were found.
  bool runs(const ParsedFusion& fusion, const FusionMatch& match) const {
    const FusionTerm& term = fusion.result;
    std::vector<TensorType> types;
    for (const FusionTerm& arg : term.args) {
      if (arg.kind != FusionTerm::Kind::kVariable) return true;
      types.push_back(view_.graph().type(old_value(arg, match)));
    }
    const Op& op = find_op(term.name);
    const Attrs attrs = attrs_of(fusion, term, match);
    KernelDesc desc{op, attrs, {}, {}, {device_, 0}};
    for (const TensorType& type : types) desc.inputs.push_back({type, {}});
    for (const TensorType& type : infer(op, attrs, types)) desc.outputs.push_back({type, {}});
    return has_kernel(desc, device_);
  }

  void replace(const Found& found) {
    numbers_.clear();
    const DType dtype = view_.graph().type(found.match.node(found.fusion->outputs[0].first).outputs[0]).dtype;
    const std::vector<ValueId> outputs = make(*found.fusion, found.fusion->result, found.match, dtype);
    for (size_t i = 0; i < found.fusion->outputs.size(); ++i) {
      const auto& [label, output] = found.fusion->outputs[i];
      rewrite_.map(found.match.node(label).outputs.at(output), outputs.at(i));
    }
  }

  std::vector<ValueId> make(const ParsedFusion& fusion, const FusionTerm& term, const FusionMatch& match,
                            DType dtype) {
    if (term.kind == FusionTerm::Kind::kVariable) return {rewrite_(old_value(term, match))};
    if (term.kind == FusionTerm::Kind::kNumber) {
      const auto [place, added] = numbers_.try_emplace(term.number);
      if (added) place->second = rewrite_.add(find_op("full"), FullAttrs{{}, term.number, dtype}, {})[0];
      return {place->second};
    }
    std::vector<ValueId> inputs;
    for (const FusionTerm& arg : term.args) {
      const size_t output = arg.kind == FusionTerm::Kind::kNode ? arg.output : 0;
      inputs.push_back(make(fusion, arg, match, dtype).at(output));
    }
    return rewrite_.add(find_op(term.name), attrs_of(fusion, term, match), std::move(inputs));
  }

  GraphView view_;
  DeviceKind device_;
  Rewriter rewrite_;
  std::vector<const ParsedFusion*> fusions_;
  std::map<int, Found> found_;         // by the place where the new node goes
  std::set<const Node*> replaced_;     // by a new node
  std::map<double, ValueId> numbers_;  // constants of the node that is being made
};

}  // namespace

Graph epilogue_fusion(const Graph& graph, DeviceKind device, std::span<const size_t> steady) {
  std::set<int> stages;
  for (const ParsedFusion& fusion : detail::all_fusions()) stages.insert(fusion.fusion.stage);
  Graph now = graph;
  for (const int stage : stages) now = Stage(now, device, steady, stage).run();
  return now;
}

}  // namespace lamina::passes
