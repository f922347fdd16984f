// The table of Model::summary: Keras's columns, widths and word wrap.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <set>

#include "lamina/base/detail/text.h"
#include "lamina/base/terminal.h"
#include "lamina/nn/detail/model_impl.h"

namespace lamina {
namespace {

enum class Align { kLeft, kCentre, kRight };

struct Column {
  std::string title;
  double end;  // of the line, as a share
  Align align;
  int width = 0;  // of the text
};

// The characters of the frame.
struct Frame {
  const char *top[4], *header[4], *under_header[4], *cell, *between[4], *bottom[4];
  const char* cut_off;
};
constexpr Frame kBoxes = {{"┏", "━", "┳", "┓"},
                          {"┃", "", "┃", "┃"},
                          {"┡", "━", "╇", "┩"},
                          "│",
                          {"├", "─", "┼", "┤"},
                          {"└", "─", "┴", "┘"},
                          "…"};
constexpr Frame kAscii = {{"+", "-", "+", "+"},
                          {"|", "", "|", "|"},
                          {"+", "=", "+", "+"},
                          "|",
                          {"+", "-", "+", "+"},
                          {"+", "-", "+", "+"},
                          "."};

std::string memory(double bytes) {
  const char* units[] = {"B", "KB", "MB", "GB", "TB", "PB"};
  int unit = 0;
  while (bytes >= 1024 && unit < 5) {
    bytes /= 1024;
    ++unit;
  }
  char text[64];
  std::snprintf(text, sizeof text, "%.2f %s", bytes, units[unit]);
  return text;
}

// Breaks text before words into lines of at most `width` columns; a longer word is cut and
// ends with `cut_off`. Blanks in front of the first word stay.
std::vector<std::string> wrap(const std::string& text, int width, const char* cut_off) {
  std::vector<std::string> lines(1);
  const auto end_of_word = [](const std::string& line) { return line.find_last_not_of(' ') + 1; };
  for (size_t at = 0; at < text.size();) {
    const size_t word = std::min(text.find_first_not_of(' ', at), text.size());
    const size_t blank = std::min(text.find(' ', word), text.size());
    const size_t next = std::min(text.find_first_not_of(' ', blank), text.size());
    if (!lines.back().empty() && columns(lines.back()) + columns(text.substr(at, blank - at)) > width) {
      lines.back().resize(end_of_word(lines.back()));
      lines.emplace_back();
    }
    lines.back() += text.substr(at, next - at);
    at = next;
  }
  lines.back().resize(end_of_word(lines.back()));
  for (std::string& line : lines) {
    if (columns(line) > width) line = cut(line, width - 1) + cut_off;
  }
  return lines;
}

std::string padded(const std::string& text, int width, Align align) {
  const int space = std::max(0, width - columns(text));
  const int left = align == Align::kLeft ? 0 : align == Align::kRight ? space : space / 2;
  return std::string(static_cast<size_t>(left), ' ') + text +
         std::string(static_cast<size_t>(space - left), ' ');
}

class Table {
 public:
  Table(std::vector<Column> columns, int line_length, const Frame& frame)
      : columns_(std::move(columns)), frame_(frame) {
    // Keras gives each column its share of the line; the frame's characters are then taken from the columns
    // as evenly as whole numbers allow.
    int at = 0, total = 0;
    for (Column& column : columns_) {
      const int end = static_cast<int>(column.end * line_length);
      column.width = end - at;
      at = end;
      total += column.width + 2;
    }
    double excess = total - (line_length - static_cast<int>(columns_.size()) - 1);
    double left = static_cast<double>(columns_.size());
    for (Column& column : columns_) {
      const int share = std::min(column.width - 2, static_cast<int>(std::nearbyint(excess / left)));
      column.width -= share;
      excess -= share;
      left -= 1;
    }
    rule(frame_.top);
    std::vector<std::string> titles;
    for (const Column& column : columns_) titles.push_back(column.title);
    lines(titles, frame_.header[0]);
  }

  void row(const std::vector<std::string>& cells) {
    rule(first_ ? frame_.under_header : frame_.between);
    first_ = false;
    lines(cells, frame_.cell);
  }

  std::string finish() {
    if (first_) rule(frame_.under_header);
    rule(frame_.bottom);
    return std::move(text_);
  }

 private:
  void rule(const char* const (&parts)[4]) {
    text_ += parts[0];
    for (size_t i = 0; i < columns_.size(); ++i) {
      for (int j = 0; j < columns_[i].width + 2; ++j) text_ += parts[1];
      text_ += parts[i + 1 < columns_.size() ? 2 : 3];
    }
    text_ += "\n";
  }
  void lines(const std::vector<std::string>& cells, const char* edge) {
    std::vector<std::vector<std::string>> wrapped;
    size_t height = 1;
    for (size_t i = 0; i < columns_.size(); ++i) {
      wrapped.push_back(wrap(cells[i], columns_[i].width, frame_.cut_off));
      height = std::max(height, wrapped.back().size());
    }
    for (size_t line = 0; line < height; ++line) {
      for (size_t i = 0; i < columns_.size(); ++i) {
        const std::string cell = line < wrapped[i].size() ? wrapped[i][line] : "";
        text_ += std::string(edge) + " " + padded(cell, columns_[i].width, columns_[i].align) + " ";
      }
      text_ += std::string(edge) + "\n";
    }
  }

  std::vector<Column> columns_;
  const Frame& frame_;
  std::string text_;
  bool first_ = true;
};

struct Count {
  int64_t elements = 0;
  double bytes = 0;
  void add(const std::vector<WeightPtr>& weights) {
    for (const WeightPtr& weight : weights) {
      elements += weight->type.shape.size();
      bytes += static_cast<double>(weight->type.bytes());
    }
  }
  std::string str() const { return detail::grouped(elements) + " (" + memory(bytes) + ")"; }
};

// Whether the calls of a graph follow each other in one row, each of another layer: Keras then does not say
// what is connected to what.
bool is_chain(const detail::LayerGraph& graph) {
  std::set<const void*> read, layers;
  for (const detail::LayerGraph::Step& step : graph.steps()) {
    const std::vector<Tensor> operands = step.node->call.all();
    if (operands.size() != 1 || !read.insert(detail::origin(operands[0]).node.get()).second ||
        !layers.insert(step.node->layer->identity()).second) {
      return false;
    }
  }
  return graph.inputs().size() == 1;
}

// "dense[0][0], dense_1[0][0]": layer, call and output of everything that the layer takes in this graph.
std::string connections(const detail::LayerGraph& graph, const Layer& layer) {
  std::string text;
  for (const auto& node : graph.calls_of(layer)) {
    for (const Tensor& operand : node->call.all()) {
      const detail::LayerOutput& from = detail::origin(operand);
      text += (text.empty() ? "" : ", ") + printable(from.node->layer->name()) + "[" +
              std::to_string(from.node->index) + "][" + std::to_string(from.output) + "]";
    }
  }
  return text.empty() ? "-" : text;
}

// What the layer's last call in the graph gives; without a graph, or such a call, what it was built for.
std::string output_shapes(const Layer& layer, const detail::LayerGraph* graph) {
  if (!layer.built()) return "?";
  TensorSpecs specs = layer.output_specs();
  if (graph) {
    const auto calls = graph->calls_of(layer);
    if (!calls.empty() && !calls.back()->call.inputs.empty()) {
      TensorSpecs inputs;
      for (const Tensor& input : calls.back()->call.inputs) inputs.push_back({input.shape(), input.dtype()});
      specs = layer.call_output_specs(calls.back()->call, inputs);
    }
  }
  if (specs.size() == 1) return specs[0].shape.str();
  std::string text;
  for (const TensorSpec& spec : specs) text += (text.empty() ? "[" : ", ") + spec.shape.str();
  return text + "]";
}

// The rows of a model, and under each model inside it, where they are wanted, the rows of that.
struct Rows {
  Table& table;
  const SummaryOptions& options;
  const detail::LayerGraph* connected;  // the graph that the last column speaks of, if there is one

  void add(const Model& model, int level) const {
    const detail::LayerGraph* graph = detail::ModelImpl::of(model).graph.get();
    for (const auto& layer : model.layers()) {
      add(*layer, graph, level);
      const auto* inner = dynamic_cast<const Model*>(layer.get());
      if (options.expand_nested && inner) add(*inner, level + 1);
    }
  }

  void add(const Layer& layer, const detail::LayerGraph* graph, int level) const {
    const bool waits = !layer.built() && layer.has_weights();
    std::string indent;
    if (level > 0) indent = std::string(3 * static_cast<size_t>(level), ' ') + (options.ascii ? "- " : "└ ");
    std::vector<std::string> cells = {indent + printable(layer.name()) + " (" + layer.class_name() + ")",
                                      output_shapes(layer, graph),
                                      waits ? "0 (unbuilt)" : detail::grouped(layer.count_params())};
    if (connected) cells.push_back(level > 0 ? "-" : connections(*connected, layer));
    if (options.show_trainable)
      cells.push_back(layer.weights().empty() ? "-" : layer.trainable() ? "Y" : "N");
    table.row(cells);
  }
};

}  // namespace

std::string Model::summary_text(const SummaryOptions& options) const {
  const detail::ModelImpl& own = impl();
  const bool in_a_row = own.kind != detail::ModelImpl::Kind::kGraph || !own.graph || is_chain(*own.graph);
  std::vector<Column> columns = {{"Layer (type)", 0.45, Align::kLeft},
                                 {"Output Shape", 0.80, Align::kLeft},
                                 {"Param #", 1.0, Align::kRight}};
  if (!in_a_row) {
    columns = {{"Layer (type)", 0.30, Align::kLeft},
               {"Output Shape", 0.56, Align::kLeft},
               {"Param #", 0.74, Align::kRight},
               {"Connected to", 1.0, Align::kLeft}};
  }
  int widest = in_a_row ? 88 : 108;
  if (options.show_trainable) {
    widest += 12;
    for (Column& column : columns) column.end *= 0.9;
    columns.push_back({"Trainable", 1.0, Align::kCentre});
  }
  const int length = std::max(
      40, options.line_length ? options.line_length : std::min(widest, terminal_of(stdout).width - 4));

  Table table(std::move(columns), length, options.ascii ? kAscii : kBoxes);
  Rows{table, options, in_a_row ? nullptr : own.graph.get()}.add(*this, 0);

  Count trainable, frozen, optimizer, total;
  trainable.add(weights(true));
  frozen.add(weights(false));
  if (optimizer_built()) optimizer.add(optimizer_variables());
  total.elements = trainable.elements + frozen.elements + optimizer.elements;
  total.bytes = trainable.bytes + frozen.bytes + optimizer.bytes;
  std::string text = "Model: \"" + printable(name()) + "\"\n" + table.finish();
  text += " Total params: " + total.str() + "\n";
  text += " Trainable params: " + trainable.str() + "\n";
  text += " Non-trainable params: " + frozen.str() + "\n";
  if (optimizer_built()) text += " Optimizer params: " + optimizer.str() + "\n";
  return text;
}

}  // namespace lamina
