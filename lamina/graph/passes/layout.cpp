// One walk in running order. A value may exist in several orders at once; each reader takes the one it wants,
// and a reorder makes it the first time it is asked for.
#include "lamina/graph/passes/layout.h"

#include <algorithm>
#include <map>
#include <optional>

#include "lamina/graph/contraction.h"
#include "lamina/graph/rewriter.h"
#include "lamina/graph/steady.h"

namespace lamina::passes {
namespace {

class Assignment {
 public:
  Assignment(const Graph& graph, DeviceKind device, std::span<const size_t> steady)
      : from_(graph),
        device_(device),
        rewrite_(graph),
        versions_(graph.values.size()),
        steady_(steady_values(graph, steady)) {
    for (ValueId input : graph.inputs) made(input, rewrite_(input));
  }

  Graph run() {
    for (const Node& node : from_.nodes) {
      std::optional<LayoutWish> wish = wish_of(node);
      if (!wish) wish = as_it_comes(node);
      if (!wish)
        wish = LayoutWish{std::vector<Layout>(node.inputs.size()), std::vector<Layout>(node.outputs.size())};
      place(node, *wish);
    }
    for (ValueId output : from_.outputs) rewrite_.map(output, in_order(output, {}));
    for (const Update& update : from_.updates) rewrite_.map(update.value, in_order(update.value, {}));
    return rewrite_.finish();
  }

 private:
  std::map<std::string, ValueId>& versions(ValueId old) { return versions_[static_cast<size_t>(old)]; }
  /// The order in which `old` was made.
  const Layout& home(ValueId old) { return rewrite_.graph().layout(rewrite_(old)); }

  void made(ValueId old, ValueId now) {
    rewrite_.map(old, now);
    versions(old)[rewrite_.graph().layout(now).str()] = now;
  }

  /// `old` in the given order, reordered now if it does not exist in it yet.
  ValueId in_order(ValueId old, const Layout& wanted) {
    const auto found = versions(old).find(wanted.str());
    if (found != versions(old).end()) return found->second;
    static const Op& reorder = find_op("reorder");
    const ValueId now = rewrite_.add(reorder, ReorderAttrs{wanted}, {rewrite_(old)})[0];
    rewrite_.graph().values[static_cast<size_t>(now)].layout = wanted;
    versions(old)[wanted.str()] = now;
    return now;
  }

  /// What the kernel that will run the node wishes, given its inputs in the orders they have.
  std::optional<LayoutWish> wish_of(const Node& node) {
    KernelDesc plain{*node.op, node.attrs, {}, {}, {device_, 0}};
    for (ValueId input : node.inputs)
      plain.inputs.push_back({from_.type(input), {}, steady_[static_cast<size_t>(input)]});
    for (ValueId output : node.outputs) plain.outputs.push_back({from_.type(output), {}});
    for (const KernelCandidate& candidate : node.op->kernels(device_)) {
      if (candidate.refuses && candidate.refuses(plain)) continue;
      if (!candidate.wishes) return std::nullopt;
      KernelDesc now = plain, kept = plain;
      for (size_t i = 0; i < node.inputs.size(); ++i) now.inputs[i].layout = home(node.inputs[i]);
      std::optional<LayoutWish> wish = candidate.wishes(now);
      if (!wish || !fits(node.inputs, wish->inputs) || !fits(node.outputs, wish->outputs))
        return std::nullopt;
      for (size_t i = 0; i < node.inputs.size(); ++i) kept.inputs[i].layout = wish->inputs[i];
      for (size_t i = 0; i < node.outputs.size(); ++i) kept.outputs[i].layout = wish->outputs[i];
      // A wish that the kernel does not keep itself leaves the node to the next one.
      if (candidate.refuses && candidate.refuses(kept)) continue;
      return wish;
    }
    return std::nullopt;
  }

  /// Whether blocks divide the extents they split.
  bool fits(const std::vector<ValueId>& values, const std::vector<Layout>& layouts) const {
    for (size_t i = 0; i < values.size(); ++i) {
      const Shape& shape = from_.type(values[i]).shape;
      if (!layouts[i].row_major() && static_cast<int>(layouts[i].order.size()) != shape.rank()) return false;
      for (const Layout::Block& block : layouts[i].blocks) {
        if (shape[block.axis] % block.size != 0) return false;
      }
    }
    return true;
  }

  /// Elementwise work on values of one shape goes along with the first special order among its inputs, unless
  /// a result depends on the row-major places of the elements, or on an input as a whole.
  std::optional<LayoutWish> as_it_comes(const Node& node) {
    if (!node.op->elementwise || node.op->positional || node.outputs.empty()) return std::nullopt;
    const auto whole = [](const ArgSpec& spec) { return spec.whole; };
    if (std::any_of(node.op->inputs.begin(), node.op->inputs.end(), whole)) return std::nullopt;
    const Shape& shape = from_.type(node.outputs[0]).shape;
    const Layout* common = nullptr;
    for (ValueId input : node.inputs) {
      const Shape& own = from_.type(input).shape;
      if (own.size() == 1) continue;
      if (own != shape) return std::nullopt;
      if (!common && !home(input).row_major()) common = &home(input);
    }
    for (ValueId output : node.outputs) {
      if (from_.type(output).shape != shape) return std::nullopt;
    }
    if (!common) return std::nullopt;
    LayoutWish wish{{}, std::vector<Layout>(node.outputs.size(), *common)};
    for (ValueId input : node.inputs) {
      wish.inputs.push_back(from_.type(input).shape == shape ? *common : Layout{});
    }
    return wish;
  }

  void place(const Node& node, const LayoutWish& wish) {
    std::vector<ValueId> inputs;
    for (size_t i = 0; i < node.inputs.size(); ++i)
      inputs.push_back(in_order(node.inputs[i], wish.inputs[i]));
    const std::vector<ValueId> outputs = rewrite_.add(*node.op, node.attrs, std::move(inputs));
    for (size_t i = 0; i < outputs.size(); ++i) {
      Value& value = rewrite_.graph().values[static_cast<size_t>(outputs[i])];
      value.layout = wish.outputs[i];
      value.name = from_.values[static_cast<size_t>(node.outputs[i])].name;
      made(node.outputs[i], outputs[i]);
    }
  }

  const Graph& from_;
  DeviceKind device_;
  Rewriter rewrite_;
  std::vector<std::map<std::string, ValueId>> versions_;  // of each old value: order -> new value
  std::vector<bool> steady_;                              // by old value
};

}  // namespace

Graph layout(const Graph& graph, DeviceKind device, std::span<const size_t> steady) {
  return Assignment(graph, device, steady).run();
}

}  // namespace lamina::passes
