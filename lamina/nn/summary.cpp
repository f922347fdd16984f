// The table of Model::summary: Keras's columns, widths and word wrap.
#include <algorithm>
#include <cmath>
#include <cstdio>

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
};
constexpr Frame kBoxes = {{"┏", "━", "┳", "┓"}, {"┃", "", "┃", "┃"}, {"┡", "━", "╇", "┩"}, "│",
                          {"├", "─", "┼", "┤"}, {"└", "─", "┴", "┘"}};
constexpr Frame kAscii = {{"+", "-", "+", "+"}, {"|", "", "|", "|"}, {"+", "=", "+", "+"}, "|",
                          {"+", "-", "+", "+"}, {"+", "-", "+", "+"}};

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

// Breaks text at spaces into lines of at most `width` columns; a longer word is cut.
std::vector<std::string> wrap(const std::string& text, int width) {
  std::vector<std::string> lines(1);
  size_t at = 0;
  while (at < text.size()) {
    const size_t space = std::min(text.find(' ', at), text.size());
    const std::string word = text.substr(at, space - at);
    std::string& line = lines.back();
    const int together = columns(line) + (line.empty() ? 0 : 1) + columns(word);
    if (line.empty() || together <= width) {
      line += (line.empty() ? "" : " ") + word;
    } else {
      lines.push_back(word);
    }
    at = space + 1;
  }
  for (std::string& line : lines) {
    if (columns(line) > width) line = cut(line, width);
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
      wrapped.push_back(wrap(cells[i], columns_[i].width));
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

}  // namespace

std::string Model::summary_text(const SummaryOptions& options) const {
  const Terminal terminal = terminal_of(stdout);
  const double scale = options.show_trainable ? 0.9 : 1;
  const int widest = options.show_trainable ? 100 : 88;
  const int length =
      std::max(40, options.line_length ? options.line_length : std::min(widest, terminal.width - 4));
  std::vector<Column> columns = {{"Layer (type)", 0.45 * scale, Align::kLeft},
                                 {"Output Shape", 0.80 * scale, Align::kLeft},
                                 {"Param #", 1.0 * scale, Align::kRight}};
  if (options.show_trainable) columns.push_back({"Trainable", 1.0, Align::kCentre});

  Table table(std::move(columns), length, options.ascii ? kAscii : kBoxes);
  for (const auto& layer : layers()) {
    const bool built = layer->built();
    const bool waits = !built && layer->has_weights();
    std::vector<std::string> cells = {printable(layer->name()) + " (" + layer->class_name() + ")",
                                      built ? layer->output_shape().str() : "?",
                                      waits ? "0 (unbuilt)" : detail::grouped(layer->count_params())};
    if (options.show_trainable)
      cells.push_back(layer->weights().empty() ? "-" : layer->trainable() ? "Y" : "N");
    table.row(cells);
  }

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
