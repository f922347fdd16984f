// Graphs from their text: lines of inputs, nodes and updates, until one returns.
#include "lamina/graph/read_graph.h"

#include <algorithm>
#include <limits>

namespace lamina {
namespace detail {
namespace {

class Reader {
 public:
  explicit Reader(TextCursor& text) : text_(text) {}

  Graph read() {
    while (!text_.take("return")) {
      if (text_.take("update")) {
        update();
      } else {
        definition();
      }
    }
    if (text_.take("%")) {
      do graph_.outputs.push_back(id());
      while (text_.take(",") && (text_.expect("%"), true));
    }
    finish();
    return std::move(graph_);
  }

 private:
  ValueId id() { return static_cast<ValueId>(text_.integer(0, std::numeric_limits<ValueId>::max())); }

  // %2: float32(2, 3)@10
  ValueId declaration() {
    text_.expect("%");
    declared_.push_back({id(), {}});
    text_.expect(":");
    Value& value = declared_.back().second;
    attr_read(text_, value.type.dtype);
    attr_read(text_, value.type.shape);
    if (std::any_of(value.type.shape.begin(), value.type.shape.end(), [](int64_t n) { return n < 0; }))
      text_.fail("a shape without None");
    if (text_.take("@")) value.layout.read(text_);
    return declared_.back().first;
  }

  void definition() {
    std::vector<ValueId> made;
    do made.push_back(declaration());
    while (text_.take(","));
    text_.expect("=");
    const std::string word = text_.word("an op's name");
    if (word == "input" && made.size() == 1 && !text_.take("(")) {
      declared_.back().second.name = text_.quoted();
      graph_.inputs.push_back(made[0]);
      return;
    }
    node(find_op(word), std::move(made));
  }

  // (%0, %1) {axis=1}
  void node(const Op& op, std::vector<ValueId> outputs) {
    Node node{&op, {}, {}, std::move(outputs)};
    text_.expect("(");
    while (text_.take("%")) {
      node.inputs.push_back(id());
      if (!text_.take(",")) break;
    }
    text_.expect(")");
    if (text_.take("{")) {
      if (!op.read_attrs) text_.fail("no attributes of op '" + op.name + "'");
      node.attrs = op.read_attrs(text_);
      text_.expect("}");
    }
    graph_.nodes.push_back(std::move(node));
  }

  void update() {
    text_.expect("%");
    const auto place = std::find(graph_.inputs.begin(), graph_.inputs.end(), id());
    if (place == graph_.inputs.end()) text_.fail("an update of an input");
    text_.expect("=");
    text_.expect("%");
    graph_.updates.push_back({static_cast<int>(place - graph_.inputs.begin()), id()});
  }

  void finish() {
    graph_.values.resize(declared_.size());
    std::vector<bool> seen(declared_.size());
    for (auto& [value, declared] : declared_) {
      const auto at = static_cast<size_t>(value);
      if (at >= seen.size() || seen[at])
        text_.fail("the values %0 to %" + std::to_string(seen.size() - 1) + ", once each, before this");
      seen[at] = true;
      graph_.values[at] = std::move(declared);
    }
    try {
      verify(graph_);
    } catch (const InternalError& broken) {
      throw InvalidArgument(std::string("text of a graph: ") + broken.what());
    }
  }

  TextCursor& text_;
  Graph graph_;
  std::vector<std::pair<ValueId, Value>> declared_;
};

}  // namespace

Graph read_graph(TextCursor& text) { return Reader(text).read(); }

}  // namespace detail

Graph Graph::parse(std::string_view text) {
  TextCursor cursor(text);
  Graph graph = detail::read_graph(cursor);
  if (!cursor.at_end()) cursor.fail("the end");
  return graph;
}

}  // namespace lamina
