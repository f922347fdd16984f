// Assignment of values to memory.
#include "lamina/graph/storage.h"

#include <algorithm>

#include "lamina/graph/elementwise.h"

namespace lamina::detail {
namespace {

class Planner {
 public:
  explicit Planner(const Graph& graph)
      : graph_(graph),
        root_(graph.values.size()),
        first_(graph.values.size(), -1),
        last_(graph.values.size(), -1) {
    plan_.values.resize(graph.values.size());
    assigned_.assign(graph.values.size(), false);
  }

  StoragePlan run() {
    find_roots();
    place_inputs();
    place_updates();
    place_outputs();
    place_rest();
    copy_updates();
    for (size_t v = 0; v < root_.size(); ++v) plan_.values[v] = plan_.values[index(root_[v])];
    return std::move(plan_);
  }

 private:
  static size_t index(ValueId value) { return static_cast<size_t>(value); }
  int end() const { return static_cast<int>(graph_.nodes.size()); }

  // A view's root is the value whose storage it shows. Lifetimes are those of roots.
  void find_roots() {
    for (size_t v = 0; v < root_.size(); ++v) root_[v] = static_cast<ValueId>(v);
    for (int n = 0; n < end(); ++n) {
      const Node& node = graph_.nodes[static_cast<size_t>(n)];
      for (ValueId input : node.inputs) last_[index(root_[index(input)])] = n;
      if (node.op->view) root_[index(node.outputs[0])] = root_[index(node.inputs[0])];
      for (ValueId output : node.outputs) {
        if (first_[index(root_[index(output)])] < 0) first_[index(root_[index(output)])] = n;
        last_[index(root_[index(output)])] = n;
      }
    }
    escapes_.assign(root_.size(), false);
    const std::vector<bool> escapes = escaping(graph_);
    for (size_t v = 0; v < root_.size(); ++v) {
      if (escapes[v]) escapes_[index(root_[v])] = true;
    }
    producer_ = producers(graph_);
  }

  void assign(ValueId root, Storage storage) {
    plan_.values[index(root)] = storage;
    assigned_[index(root)] = true;
  }

  void place_inputs() {
    for (size_t i = 0; i < graph_.inputs.size(); ++i) {
      assign(graph_.inputs[i], {Storage::Kind::kInput, static_cast<int>(i)});
    }
  }

  // May node `n` write output `out` over the memory of `old`, which it may also read?
  bool may_overwrite(int n, ValueId out, ValueId old) const {
    const Node& node = graph_.nodes[static_cast<size_t>(n)];
    bool reads = false;
    for (size_t i = 0; i < node.inputs.size(); ++i) {
      if (root_[index(node.inputs[i])] != old) continue;
      reads = true;
      const auto allowed = [&](const std::pair<int, int>& pair) {
        return node.outputs[static_cast<size_t>(pair.first)] == out && pair.second == static_cast<int>(i);
      };
      const bool same = graph_.type(node.inputs[i]) == graph_.type(out) &&
                        graph_.layout(node.inputs[i]) == graph_.layout(out);
      const bool listed = std::any_of(node.op->in_place.begin(), node.op->in_place.end(), allowed);
      if (!same || !(node.op->in_place_any || listed)) return false;
      // A random key that every tile reads must last until the last one.
      if (node.op->name == "fused_elementwise" &&
          reads_whole(node.attrs.as<FusedElementwiseAttrs>(), static_cast<int>(i)))
        return false;
    }
    return reads;
  }

  // The producer writes straight into the input when nothing needs the old contents afterwards.
  void place_updates() {
    update_done_.assign(graph_.updates.size(), false);
    for (size_t u = 0; u < graph_.updates.size(); ++u) {
      const ValueId input = graph_.inputs[static_cast<size_t>(graph_.updates[u].input)];
      const ValueId value = root_[index(graph_.updates[u].value)];
      const int producer = producer_[index(value)];
      if (value == input) {
        update_done_[u] = true;  // unchanged state
        continue;
      }
      if (producer < 0 || assigned_[index(value)] || escapes_[index(input)]) continue;
      if (graph_.type(value).bytes() != graph_.type(input).bytes()) continue;
      const int last_read = last_[index(input)];
      if (last_read > producer || (last_read == producer && !may_overwrite(producer, value, input))) continue;
      assign(value, plan_.values[index(input)]);
      update_done_[u] = true;
    }
  }

  void place_outputs() {
    for (size_t i = 0; i < graph_.outputs.size(); ++i) {
      const ValueId value = root_[index(graph_.outputs[i])];
      const Storage output{Storage::Kind::kOutput, static_cast<int>(i)};
      if (assigned_[index(value)]) {
        plan_.copies.push_back({plan_.values[index(value)], output, graph_.type(value).bytes()});
      } else {
        assign(value, output);
      }
    }
  }

  void place_rest() {
    for (int n = 0; n < end(); ++n) {
      const Node& node = graph_.nodes[static_cast<size_t>(n)];
      if (node.op->view) continue;
      for (ValueId output : node.outputs) {
        if (assigned_[index(output)]) continue;
        const int block = reusable_block(n, node, output);
        if (block >= 0) {
          assign(output, {Storage::Kind::kArena, block});
          int& last = plan_.block_last[static_cast<size_t>(block)];
          last = std::max(last, lifetime_end(output));
        } else {
          assign(output, new_block(graph_.type(output).bytes(), n, lifetime_end(output)));
        }
      }
    }
  }

  int lifetime_end(ValueId root) const { return escapes_[index(root)] ? end() : last_[index(root)]; }

  Storage new_block(size_t bytes, int first, int last) {
    plan_.block_bytes.push_back(bytes);
    plan_.block_first.push_back(first);
    plan_.block_last.push_back(last);
    return {Storage::Kind::kArena, static_cast<int>(plan_.block_bytes.size()) - 1};
  }

  // The block of an input that dies with node `n` and that the node may overwrite with `output`.
  int reusable_block(int n, const Node& node, ValueId output) const {
    for (ValueId input : node.inputs) {
      const ValueId old = root_[index(input)];
      const Storage& storage = plan_.values[index(old)];
      if (!assigned_[index(old)] || storage.kind != Storage::Kind::kArena || lifetime_end(old) != n) continue;
      if (plan_.block_last[static_cast<size_t>(storage.index)] != n) continue;  // taken by a sibling output
      if (graph_.type(old).bytes() == graph_.type(output).bytes() && may_overwrite(n, output, old)) {
        const bool shared = std::any_of(node.outputs.begin(), node.outputs.end(), [&](ValueId sibling) {
          return sibling != output && assigned_[index(sibling)] &&
                 plan_.values[index(sibling)].kind == Storage::Kind::kArena &&
                 plan_.values[index(sibling)].index == storage.index;
        });
        if (!shared) return storage.index;
      }
    }
    return -1;
  }

  // What is left is copied at the end: first aside whatever another update is about to overwrite, then into
  // place.
  void copy_updates() {
    std::vector<Copy> into_place;
    for (size_t u = 0; u < graph_.updates.size(); ++u) {
      if (update_done_[u]) continue;
      const ValueId value = root_[index(graph_.updates[u].value)];
      const size_t bytes = graph_.type(value).bytes();
      Storage from = plan_.values[index(value)];
      if (from.kind == Storage::Kind::kInput) {
        const Storage aside = new_block(bytes, end(), end());
        plan_.copies.push_back({from, aside, bytes});
        from = aside;
      }
      into_place.push_back({from, {Storage::Kind::kInput, graph_.updates[u].input}, bytes});
    }
    plan_.state_copies = static_cast<int>(into_place.size());
    plan_.copies.insert(plan_.copies.end(), into_place.begin(), into_place.end());
  }

  const Graph& graph_;
  StoragePlan plan_;
  std::vector<ValueId> root_;
  std::vector<int> first_, last_;  // per root: node that makes it, last node that reads it
  std::vector<int> producer_;
  std::vector<bool> assigned_, escapes_, update_done_;
};

}  // namespace

StoragePlan plan_storage(const Graph& graph) { return Planner(graph).run(); }

}  // namespace lamina::detail
