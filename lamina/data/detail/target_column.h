// TargetColumn: the cells of a table's target become class numbers or values. Internal header.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "lamina/data/detail/cells.h"
#include "lamina/data/detail/infinite_cells.h"
#include "lamina/data/detail/row_blocks.h"
#include "lamina/data/detail/truths.h"
#include "lamina/data/labelled_data.h"

namespace lamina::detail {

/// Takes the cells one by one and decides at the end, by all of them and by what the model needs, whether
/// they are classes. Remembers each different cell once, no matter how many rows there are.
class TargetColumn {
 public:
  TargetColumn(const DataNeeds& needs, char decimal, std::string column, Infinite infinite = Infinite::kTell);

  /// Takes a cell; false when it is missing, or infinite and to be left out. `line` and `row` count from 1.
  /// Throws InvalidArgument, without saying where, for a cell that cannot be: the caller knows.
  bool take(std::string_view field, size_t line, size_t row);
  /// Fills y and class_names. Throws FileError, naming `source`, line and row, for cells that do not fit the
  /// others or the model.
  void finish(const std::string& source, LabelledData& data);
  /// Whether the last cell that was not taken was infinite.
  bool infinite() const { return dropped_infinite_; }
  /// Rows that are left out because of such cells.
  size_t infinite_rows() const { return infinite_.dropped(); }

 private:
  enum class Mode { kValues, kKnown, kLearn };
  struct Seen {
    std::string text;
    Cell cell;
    size_t line = 0, row = 0;  // of the first
    int64_t count = 0;
  };

  bool take_value(std::string_view field, const Cell& cell, size_t line, size_t row);
  void take_known(std::string_view field, const Cell& cell, size_t line, size_t row);
  void learn(std::string_view field, const Cell& cell, size_t line, size_t row);
  void give_up_classes();
  void finish_names(const std::string& source, LabelledData& data);
  void finish_numbers(const std::string& source, LabelledData& data);
  bool is_of_one_kind(const std::string& source) const;
  void refuse(const std::string& reason) const;
  std::string place(const std::string& source, const Seen& seen) const;
  Tensor numbers_of(const std::vector<int32_t>& class_of_seen);

  const DataNeeds& needs_;
  char decimal_;
  std::string column_;
  Mode mode_;
  bool numbers_allowed_ = false;
  RowBlocks<float> values_{1};
  RowBlocks<int32_t> ids_{1};  // classes that are known, or places in seen_
  std::vector<Seen> seen_;
  std::unordered_map<std::string, int32_t> places_;
  std::vector<int32_t> short_numbers_;  // places of those of up to three digits: most labels are
  size_t unknown_ = 0;                  // cells of classes that the model does not know
  Seen first_unknown_;
  InfiniteCells infinite_;
  Truths truths_;  // of values
  bool dropped_infinite_ = false;
  std::string key_;  // of the last look-up: no memory is taken for cells that were seen
};

}  // namespace lamina::detail
