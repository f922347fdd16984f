// Separator and header by what the first lines show.
#include "lamina/data/detail/csv_layout.h"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <map>
#include <optional>
#include <unordered_set>

#include "lamina/base/error.h"
#include "lamina/base/utf8.h"
#include "lamina/data/detail/cells.h"
#include "lamina/data/detail/csv_rows.h"

namespace lamina::detail {
namespace {

constexpr size_t kRows = 200;  // that are looked at
constexpr char kSeparators[] = {',', ';', '\t', '|'};

using Rows = std::vector<std::vector<std::string>>;

struct Head {
  Rows rows;
  size_t first_line = 1;
};

// A text to look at and what is known about it.
struct Sight {
  const std::string& text;
  bool whole;
  const std::string& path;
  bool quotes;
};

Head head_rows(const Sight& sight, char separator) {
  CsvRows scanner(sight.text, separator, sight.path, !sight.whole, sight.quotes);
  Head head;
  std::vector<std::string_view> fields;
  while (head.rows.size() < kRows && scanner.next(fields)) {
    if (head.rows.empty()) head.first_line = scanner.line();
    head.rows.emplace_back(fields.begin(), fields.end());
  }
  return head;
}

// How well the lines split: the share of rows that have as many fields as most, and among these the share of
// fields that are numbers.
double fit(const Sight& sight, char separator) {
  Rows rows;
  try {
    rows = head_rows(sight, separator).rows;
  } catch (const FileError&) {
    return 0;  // quotes in the wrong places
  }
  std::map<size_t, size_t> widths;
  for (const auto& row : rows) ++widths[row.size()];
  const auto usual = std::max_element(widths.begin(), widths.end(),
                                      [](const auto& a, const auto& b) { return a.second < b.second; });
  if (usual == widths.end() || usual->first < 2) return 0;
  size_t numbers = 0;
  for (const auto& row : rows) {
    if (row.size() != usual->first) continue;
    for (const std::string& field : row) {
      numbers += read_cell(field, '.').kind != CellKind::kText ||
                 (separator != ',' && read_cell(field, ',').kind != CellKind::kText);
    }
  }
  return static_cast<double>(usual->second) / static_cast<double>(rows.size()) +
         0.5 * static_cast<double>(numbers) / static_cast<double>(usual->first * usual->second);
}

bool named_tsv(std::string path) {
  std::transform(path.begin(), path.end(), path.begin(), [](unsigned char c) { return std::tolower(c); });
  return path.ends_with(".tsv") || path.ends_with(".tsv.gz");
}

char find_separator(const Sight& sight) {
  const char usual = named_tsv(sight.path) ? '\t' : ',';
  char best = usual;
  double best_fit = 0;
  for (const char separator : kSeparators) {
    const double how_well = fit(sight, separator) + (separator == usual ? 1e-9 : 0);
    if (how_well > best_fit) best = separator;
    best_fit = std::max(best_fit, how_well);
  }
  return best;
}

// "sep=;" in the first line, as Excel writes and reads it.
std::optional<char> stated_separator(const std::string& text, size_t& bytes) {
  size_t at = text.starts_with("\"sep=") ? 1 : 0;
  std::string word = text.substr(at, 4);
  std::transform(word.begin(), word.end(), word.begin(), [](unsigned char c) { return std::tolower(c); });
  if (word != "sep=" || text.size() < at + 5) return std::nullopt;
  const char separator = text[at + 4];
  size_t end = at + 5;
  if (at == 1) {
    if (end == text.size() || text[end] != '"') return std::nullopt;
    ++end;
  }
  if (separator == '\n' || separator == '\r') return std::nullopt;
  if (end < text.size() && text[end] != '\n' && text[end] != '\r') return std::nullopt;
  if (end < text.size() && text[end] == '\r') ++end;
  if (end < text.size() && text[end] == '\n') ++end;
  bytes = end;
  return separator;
}

class HeaderFinder {
 public:
  HeaderFinder(const Rows& rows, char decimal, const std::vector<std::string>& known)
      : rows_(rows), decimal_(decimal), known_(known), first_(rows.front()) {}

  bool found(std::string& guess) const {
    size_t numbers = 0, texts = 0;
    for (const std::string& field : first_) {
      numbers += kind_of(field) == CellKind::kNumber;
      texts += is_name(field);
    }
    if (texts > 0 && numbers == 0) return true;
    if (names_what_is_known()) {
      if (texts == 0) guess = as_header();
      return true;
    }
    if (texts == 0 || !(text_above_numbers() || counts_columns() || (counts_up() && words_are_new()))) {
      if (texts == 0 && rows_.size() > 1 && first_.size() > 2 && counts_up()) {
        guess = "line 1 counts from " + first_[0] +
                ": it is taken for a row; if it names the columns, say so (--header)";
      } else if (texts > 0 && words_are_new()) {
        guess = "line 1 (" + abridged() +
                ") is taken for a row, although its text never comes again; if it " +
                "names the columns, say so (--header)";
      }
      return false;
    }
    guess = as_header();
    return true;
  }

 private:
  CellKind kind_of(const std::string& field) const {
    double truth = 0;
    const CellKind kind = read_cell(field, decimal_).kind;
    return kind == CellKind::kText && is_truth(field, truth) ? CellKind::kNumber : kind;
  }

  // Text with a letter: a date, or a number that is written in another way, names no column.
  bool is_name(const std::string& field) const {
    return kind_of(field) == CellKind::kText && std::any_of(field.begin(), field.end(), [](unsigned char c) {
             return std::isalpha(c) != 0 || c >= 0x80;
           });
  }

  // A text in a column that otherwise holds numbers.
  bool text_above_numbers() const {
    for (size_t column = 0; column < first_.size(); ++column) {
      if (!is_name(first_[column])) continue;
      size_t numbers = 0, texts = 0;
      for (size_t row = 1; row < rows_.size(); ++row) {
        if (column >= rows_[row].size()) continue;
        const CellKind kind = kind_of(rows_[row][column]);
        numbers += kind == CellKind::kNumber;
        texts += kind == CellKind::kText;
      }
      if (numbers > 0 && texts == 0) return true;
    }
    return false;
  }

  // At least two whole numbers, each one more than that before it, with or without text beside them: 1, 2 or
  // 2019, 2020.
  bool counts_up() const {
    std::optional<int64_t> last;
    size_t numbers = 0;
    for (const std::string& field : first_) {
      const Cell cell = read_cell(field, decimal_);
      if (cell.kind == CellKind::kText) continue;
      if (cell.kind != CellKind::kNumber || !(std::abs(cell.number) < 1e15)) return false;
      const auto number = static_cast<int64_t>(cell.number);
      if (std::to_string(number) != trimmed(field) || (last && number != *last + 1)) return false;
      last = number;
      ++numbers;
    }
    return numbers > 1;
  }

  // Text that never comes again, in columns where other text does.
  bool words_are_new() const {
    for (size_t column = 0; column < first_.size(); ++column) {
      if (kind_of(first_[column]) == CellKind::kNumber) continue;
      std::unordered_set<std::string_view> seen;
      bool again = false;
      for (size_t row = 1; row < rows_.size(); ++row) {
        if (column >= rows_[row].size()) continue;
        if (rows_[row][column] == first_[column]) return false;
        again = !seen.insert(rows_[row][column]).second || again;
      }
      if (!again) return false;
    }
    return true;
  }

  // Numbers that are those of their columns, as pandas writes them, beside text that never comes again.
  bool counts_columns() const {
    for (size_t column = 0; column < first_.size(); ++column) {
      if (kind_of(first_[column]) == CellKind::kNumber) {
        if (first_[column] != std::to_string(column)) return false;
        continue;
      }
      for (size_t row = 1; row < rows_.size(); ++row) {
        if (column < rows_[row].size() && rows_[row][column] == first_[column]) return false;
      }
    }
    return rows_.size() > 1;
  }

  // All names that are looked for stand in the first line, at least one of them no number.
  bool names_what_is_known() const {
    bool text = false;
    std::unordered_set<std::string_view> names;
    for (const std::string& field : first_) names.insert(trimmed(field));
    for (const std::string& name : known_) {
      if (!names.contains(name)) return false;
      text = text || kind_of(name) != CellKind::kNumber;
    }
    return text || known_.size() > 1;
  }

  std::string as_header() const {
    return "line 1 (" + abridged() + ") is taken for the names of the columns, although it holds numbers; " +
           "if it is a row, say so (--no-header)";
  }

  std::string abridged() const {
    std::string text;
    for (size_t i = 0; i < first_.size() && text.size() < 40; ++i) text += (i > 0 ? ", " : "") + first_[i];
    return text.size() < 40 ? text : text.substr(0, 40) + "...";
  }

  const Rows& rows_;
  char decimal_;
  const std::vector<std::string>& known_;
  const std::vector<std::string>& first_;
};

void check_columns(std::vector<std::string> columns, const std::string& where) {
  std::sort(columns.begin(), columns.end());
  const auto twin = std::adjacent_find(columns.begin(), columns.end());
  if (twin != columns.end()) throw FileError(where + "two columns are called " + shown(*twin));
}

}  // namespace

CsvLayout find_layout(const std::string& head, bool whole, const std::string& path,
                      const TableOptions& options, const std::vector<std::string>& known) {
  CsvLayout layout;
  const std::optional<char> stated = stated_separator(head, layout.skipped_bytes);
  if (options.separator == '\n' || options.separator == '\r' || options.separator == '"')
    throw InvalidArgument("the separator of a table cannot be a line break or a quote");
  const std::string text = head.substr(layout.skipped_bytes);
  layout.quotes = options.quotes.value_or(true);
  const Sight sight{text, whole, path, layout.quotes};
  layout.separator = options.separator ? options.separator : stated ? *stated : find_separator(sight);
  layout.decimal = options.decimal_comma ? ',' : '.';
  if (layout.decimal == layout.separator) {
    throw InvalidArgument("'" + path +
                          "': the comma separates the fields and cannot be the decimal point, too");
  }
  Head table = head_rows(sight, layout.separator);
  if (stated) ++table.first_line;
  const std::string where = "'" + path + "', line " + std::to_string(table.first_line) + ": ";
  if (table.rows.empty()) throw FileError(where + "the table is empty");
  if (table.rows.size() > 1 && table.rows[0].size() == 1 && table.rows[1].size() > 1) {
    throw FileError(where + "it has one field, " + shown(trimmed(table.rows[0][0])) + ", and the next line " +
                    std::to_string(table.rows[1].size()) + "; a table was expected from the first line on");
  }
  layout.header =
      options.header ? *options.header : HeaderFinder(table.rows, layout.decimal, known).found(layout.guess);
  for (size_t i = 0; i < table.rows[0].size(); ++i) {
    const std::string field(trimmed(layout.header ? table.rows[0][i] : ""));
    if (!is_utf8(field)) {
      throw FileError(where + "the name of column " + std::to_string(i + 1) +
                      " is not in UTF-8; save the table as UTF-8 or UTF-16");
    }
    layout.columns.push_back(field.empty() ? "column_" + std::to_string(i) : field);
    layout.unnamed.push_back(layout.header && field.empty());
  }
  check_columns(layout.columns, where);
  return layout;
}

}  // namespace lamina::detail
