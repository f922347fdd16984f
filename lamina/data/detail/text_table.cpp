// Texts and targets by the names of their columns, or by what stands in them.
#include "lamina/data/detail/text_table.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>
#include <string_view>

#include "lamina/base/error.h"
#include "lamina/base/log.h"
#include "lamina/data/detail/cells.h"
#include "lamina/data/detail/csv_layout.h"
#include "lamina/data/detail/csv_rows.h"
#include "lamina/data/detail/row_numbers.h"
#include "lamina/data/detail/table_columns.h"
#include "lamina/data/detail/target_column.h"
#include "lamina/data/detail/text_file.h"

namespace lamina::detail {
namespace {

using Names = std::vector<std::string>;
using Fields = std::vector<std::string_view>;

// What columns of texts are called.
constexpr std::array kTextNames = {"text",    "texts",   "review", "reviews", "sentence",
                                   "content", "comment", "tweet",  "message", "document"};

// What a table shows of itself.
constexpr size_t kHead = size_t{4} << 20;

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::tolower(c); });
  return text;
}

bool is_text_name(const std::string& name) {
  return std::find(kTextNames.begin(), kTextNames.end(), lower(name)) != kTextNames.end();
}

std::optional<size_t> only_text_name(const Names& columns) {
  if (std::count_if(columns.begin(), columns.end(), is_text_name) != 1) return std::nullopt;
  return std::find_if(columns.begin(), columns.end(), is_text_name) - columns.begin();
}

// What quotes between tabs are: marks around a field, or text. Programs that put fields in quotes do so with
// every field that holds one; the others leave no line with more tabs or fewer.
struct QuotesSeen {
  bool any = false, all_around = true, lines_agree = true, doubled = false;

  explicit QuotesSeen(std::string_view text) {
    std::optional<size_t> width;
    while (!text.empty()) {
      const size_t end = std::min(text.find('\n'), text.size());
      std::string_view line = text.substr(0, end);
      text.remove_prefix(std::min(end + 1, text.size()));
      if (line.ends_with('\r')) line.remove_suffix(1);
      if (trimmed(line).empty()) continue;
      size_t fields = 1;
      for (size_t at = 0;; ++fields) {
        const size_t tab = line.find('\t', at);
        look_at(line.substr(at, tab == std::string_view::npos ? tab : tab - at));
        if (tab == std::string_view::npos) break;
        at = tab + 1;
      }
      if (!width) width = fields;
      lines_agree = lines_agree && fields == *width && fields > 1;
    }
  }

 private:
  void look_at(std::string_view field) {
    if (field.find('"') == std::string_view::npos) return;
    any = true;
    if (field.size() < 2 || field.front() != '"' || field.back() != '"') {
      all_around = false;
      return;
    }
    field = field.substr(1, field.size() - 2);
    for (size_t at = field.find('"'); at != std::string_view::npos; at = field.find('"', at + 2)) {
      if (at + 1 < field.size() && field[at + 1] == '"') {
        doubled = true;
        continue;
      }
      all_around = false;
      return;
    }
  }
};

class TextTable {
 public:
  TextTable(std::string text, const std::string& name, const DataOptions& options)
      : text_(std::move(text)), name_(name), options_(options), table_(options.table) {
    settle_quotes();
    settle_header();
    layout_ = layout_of(table_);
    choose_columns();
    if (target_) column_.emplace(options.needs, layout_.decimal, layout_.columns[*target_]);
  }

  LabelledData run() {
    text_.erase(0, layout_.skipped_bytes);
    CsvRows rows(std::move(text_), layout_.separator, name_, false, layout_.quotes);
    Fields fields;
    if (layout_.header) rows.next(fields);
    LabelledData data;
    size_t row = 0, empty = 0, dropped = 0;
    while (rows.next(fields)) {
      ++row;
      const size_t line = rows.line() + (layout_.skipped_bytes > 0 ? 1 : 0);
      check_width(fields, line);
      if (target_ && !take_target(fields[*target_], line, row)) {
        ++dropped;
        continue;
      }
      if (dropped > 0)
        keep_number(data.numbers, static_cast<int64_t>(data.texts.size()) + 1, static_cast<int64_t>(row - 1));
      const std::string_view text = fields[*text_column_];
      empty += trimmed(text).empty();
      data.texts.emplace_back(text);
      if (pair_column_) data.text_pairs.emplace_back(fields[*pair_column_]);
    }
    if (row == 0) throw FileError("'" + name_ + "' has a header and no rows");
    const std::string& column = layout_.columns[*text_column_];
    if (data.texts.empty()) throw FileError("'" + name_ + "': every row lacks a target");
    if (dropped > 0) {
      warn("'" + name_ + "': " + std::to_string(dropped) + " of " + std::to_string(row) +
           " rows lack a target and are left out");
    }
    if (empty == data.texts.size())
      throw FileError("'" + name_ + "': every text in the column '" + column + "' is empty");
    if (empty > 0) {
      warn("'" + name_ + "': " + std::to_string(empty) + " of " + std::to_string(data.texts.size()) +
           " texts are empty; they count as texts without words");
    }
    if (column_) column_->finish(name_, data);
    if (!layout_.header) return data;
    data.features = {column};
    if (target_) data.target = layout_.columns[*target_];
    return data;
  }

 private:
  bool cut() const { return text_.size() > kHead; }
  CsvLayout layout_of(const TableOptions& table) const {
    return find_layout(text_.substr(0, kHead), !cut(), name_, table, {});
  }
  CsvRows head_of(const CsvLayout& layout) const {
    return CsvRows(text_.substr(layout.skipped_bytes, kHead), layout.separator, name_, cut(), layout.quotes);
  }

  void settle_quotes() {
    const std::string_view first = std::string_view(text_).substr(0, text_.find_first_of("\r\n"));
    const bool tabs =
        table_.separator == '\t' || (table_.separator == 0 && first.find('\t') != std::string_view::npos);
    if (table_.quotes || !tabs) return;
    const QuotesSeen seen(text_);
    if (!seen.any || seen.all_around || !seen.lines_agree) return;
    // Both may fit, where quoted fields break their lines at the right places. Quotes that are doubled within
    // quotes are those of a program.
    const bool as_quotes = fits_as_quoted();
    if (as_quotes && seen.doubled) return;
    table_.quotes = false;
    if (!table_.separator) table_.separator = '\t';
    if (as_quotes) {
      warn("'" + name_ + "': its quotes are taken for text, as in most tables between tabs; if they stand " +
           "around fields, say so (--quotes)");
    }
  }

  // Whether every row has as many fields as the first when quotes stand around fields.
  bool fits_as_quoted() const {
    try {
      CsvRows rows(text_, '\t', name_, false, true);
      Fields fields;
      std::optional<size_t> width;
      while (rows.next(fields)) {
        if (!width) width = fields.size();
        if (fields.size() != *width) return false;
      }
      return true;
    } catch (const FileError&) {
      return false;
    }
  }

  // A first line names columns of texts only where it does so in words that are known: every line is text.
  void settle_header() {
    if (table_.header) return;
    TableOptions as_rows = table_;
    as_rows.header = false;
    const CsvLayout layout = layout_of(as_rows);
    CsvRows rows = head_of(layout);
    Fields first;
    rows.next(first);
    Names names;
    for (const std::string_view field : first) names.emplace_back(trimmed(field));
    const DataInfo& known = options_.needs.known;
    const auto holds = [&](const std::string& name) { return find_column(names, name).has_value(); };
    table_.header = only_text_name(names) || named_like_a_target(names) || holds(options_.text_column) ||
                    holds(options_.label_column) || holds(options_.pair_column) || holds(known.target) ||
                    (!known.features.empty() && holds(known.features[0]));
    if (*table_.header) return;
    const std::string shown_line = shown(first.empty() ? "" : first[0]);
    warn("'" + name_ + "': line 1, " + shown_line +
         ", ..., names neither a text nor a label and is taken for a row; if it names the columns, say so "
         "(--header)");
  }

  std::string but() const { return "'" + name_ + "' has the columns " + quoted_list(layout_.columns); }

  void choose_columns() {
    const Names& columns = layout_.columns;
    const DataInfo& known = options_.needs.known;
    const bool optional = options_.needs.target_optional;
    text_column_ = stated(options_.text_column, "texts", "--text-column");
    pair_column_ = stated(options_.pair_column, "second texts", "--pair-column");
    target_ = optional && !find_column(columns, options_.label_column)
                  ? std::nullopt
                  : stated(options_.label_column, "targets", "--label-column");
    if (!text_column_ && layout_.header && !known.features.empty())
      text_column_ = find_column(columns, known.features[0]);
    if (!target_ && layout_.header) target_ = find_column(columns, known.target);
    if (!target_ && layout_.header) target_ = named_like_a_target(columns);
    if (!text_column_ && layout_.header) text_column_ = only_text_name(columns);
    if (!text_column_) guess_texts();
    if (pair_column_ && (pair_column_ == text_column_ || pair_column_ == target_))
      throw FileError(but() + "; '" + columns[*pair_column_] + "' cannot hold both the second texts and " +
                      (pair_column_ == target_ ? "the targets" : "the first"));
    if (target_ == text_column_) {
      if (!options_.label_column.empty() || !optional)
        throw FileError(but() + "; '" + columns[*target_] + "' cannot hold both the texts and their targets");
      target_.reset();
    }
    if (!target_ && !optional) guess_target();
  }

  std::optional<size_t> stated(const std::string& column, const char* what, const char* option) const {
    if (column.empty()) return std::nullopt;
    const auto found = find_column(layout_.columns, column);
    if (found) return found;
    throw InvalidArgument("'" + name_ + "': unknown column '" + column + "' of " + what +
                          suggest(column, layout_.columns) + " (" + option + ")");
  }

  // The longest fields, as far as the first lines show.
  void guess_texts() {
    constexpr int kRows = 200;
    std::vector<size_t> bytes(layout_.columns.size());
    CsvRows rows = head_of(layout_);
    Fields fields;
    if (layout_.header) rows.next(fields);
    for (int i = 0; i < kRows && rows.next(fields); ++i) {
      for (size_t at = 0; at < std::min(fields.size(), bytes.size()); ++at) bytes[at] += fields[at].size();
    }
    if (target_) bytes[*target_] = 0;
    if (pair_column_) bytes[*pair_column_] = 0;
    text_column_ = std::max_element(bytes.begin(), bytes.end()) - bytes.begin();
    if (layout_.columns.size() == 1) return;
    warn("'" + name_ + "': the column '" + layout_.columns[*text_column_] +
         "' holds the longest fields and is taken for the texts; --text-column names another");
  }

  void guess_target() {
    if (layout_.columns.size() < 2) {
      throw FileError("'" + name_ +
                      "' has one column; texts and a column of targets were expected. If the fields are "
                      "separated by something else than , ; | or tabs, say so (--separator)");
    }
    const auto holds_texts = [&](size_t column) { return column == text_column_ || column == pair_column_; };
    size_t column = layout_.columns.size() - 1;
    if (holds_texts(column)) {
      for (column = 0; column < layout_.columns.size() && holds_texts(column);) ++column;
    }
    if (column == layout_.columns.size())
      throw FileError(but() + ", which hold texts; a column of targets was expected, too");
    target_ = column;
    warn("'" + name_ + "': the column '" + layout_.columns[*target_] +
         "' is taken for the target; --label-column names another");
  }

  void check_width(const Fields& fields, size_t line) const {
    if (fields.size() == layout_.columns.size()) return;
    throw FileError("'" + name_ + "', line " + std::to_string(line) + ": it has " +
                    count_of(static_cast<int64_t>(fields.size()), "field") + "; the first line has " +
                    std::to_string(layout_.columns.size()) +
                    (layout_.quotes ? ". If its quotes are text, say so (--no-quotes)" : ""));
  }

  // False for a row that is left out.
  bool take_target(std::string_view field, size_t line, size_t row) {
    const std::string place = "'" + name_ + "', line " + std::to_string(line) + ": column '" +
                              layout_.columns[*target_] + "' of row " + std::to_string(row) + " ";
    try {
      if (column_->take(field, line, row)) return true;
    } catch (const InvalidArgument& error) {
      throw FileError(place + error.what());
    }
    if (options_.missing_way() == Missing::kDrop) return false;
    throw FileError(place + "is " + (trimmed(field).empty() ? "empty" : shown(field)) +
                    "; a target was expected. To leave such rows out, say so (--missing drop)");
  }

  std::string text_;
  const std::string& name_;
  const DataOptions& options_;
  TableOptions table_;
  CsvLayout layout_;
  std::optional<size_t> text_column_, pair_column_, target_;
  std::optional<TargetColumn> column_;
};

}  // namespace

LabelledData read_text_table(TextStream::Source source, const std::string& name, const DataOptions& options) {
  return TextTable(whole_text(std::move(source), name), name, options).run();
}

}  // namespace lamina::detail
