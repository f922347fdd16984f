// Columns by name; by place where there are no names.
#include "lamina/data/detail/table_columns.h"

#include <algorithm>
#include <cctype>
#include <unordered_map>

#include "lamina/base/detail/text.h"
#include "lamina/base/error.h"
#include "lamina/base/log.h"

namespace lamina::detail {
namespace {

using Names = std::vector<std::string>;

// The names of columns that have none: such are known by their places.
bool are_places(const Names& names) {
  return std::all_of(names.begin(), names.end(), [](const std::string& name) {
    return name.starts_with("column_") && name.find_first_not_of("0123456789", 7) == std::string::npos;
  });
}

class Chooser {
 public:
  Chooser(const CsvLayout& layout, const DataOptions& options, const std::string& source)
      : layout_(layout),
        columns_(layout.columns),
        options_(options),
        known_(options.needs.known),
        source_(source),
        by_name_(layout.header && !are_places(known_.features)) {
    // A model of one flat input says how many numbers a sample has.
    const std::vector<WantedInput>& inputs = options.needs.inputs;
    if (inputs.size() > 1) {
      Names names;
      for (const WantedInput& input : inputs) names.push_back(input.name);
      throw FileError("'" + source + "' is one table, and the model takes " + std::to_string(inputs.size()) +
                      " inputs, " + quoted_list(names) + ": give a .npz file with an array for each");
    }
    const Shape shape = inputs.size() == 1 ? inputs[0].shape : Shape();
    const bool flat = shape.rank() == 2 || (shape.rank() == 3 && shape[2] == 1);
    if (flat && shape[1] > 0) width_ = static_cast<size_t>(shape[1]);
    if (!known_.features.empty()) width_ = known_.features.size();
    leave_out_unnamed();
  }

  TableColumns run() {
    TableColumns result;
    result.target = target();
    result.places.assign(columns_.size(), -1);
    if (by_name_) {
      place_by_name(result);
      std::vector<int> places = result.places;
      std::erase(places, -1);
      result.in_order = std::is_sorted(places.begin(), places.end());
    } else {
      for (size_t i = 0; i < columns_.size(); ++i) {
        if (i != result.target && !left_out_[i]) result.places[i] = static_cast<int>(result.inputs++);
      }
      tell_unnamed(result);
      if (!known_.features.empty()) tell_order(result);
    }
    check_width(result);
    return result;
  }

 private:
  // Columns without a name, such as the row numbers that pandas writes, are no inputs where the model has
  // just as many without them.
  void leave_out_unnamed() {
    left_out_.assign(columns_.size(), false);
    const auto unnamed =
        static_cast<size_t>(std::count(layout_.unnamed.begin(), layout_.unnamed.end(), true));
    if (by_name_ || unnamed == 0 || !width_) return;
    const size_t all = columns_.size(), named = all - unnamed;
    const bool optional = options_.needs.target_optional;
    const bool fits =
        optional ? all != *width_ && (named == *width_ || named == *width_ + 1) : named == *width_ + 1;
    if (fits) left_out_ = layout_.unnamed;
  }

  size_t usable() const {
    return columns_.size() - static_cast<size_t>(std::count(left_out_.begin(), left_out_.end(), true));
  }

  void tell_unnamed(const TableColumns& result) const {
    for (size_t i = 0; i < columns_.size(); ++i) {
      if (!layout_.unnamed[i] || i == result.target) continue;
      warn("'" + source_ + "': column " + std::to_string(i + 1) + " has no name" +
           (left_out_[i] ? " and is left out: the model has as many inputs without it"
                         : "; it is taken for an input, called '" + columns_[i] +
                               "'. pandas writes row numbers so, unless told index=False"));
    }
  }

  void tell_order(const TableColumns& result) const {
    if (are_places(known_.features)) return;
    Names names = known_.features;
    const bool placed = result.target && *result.target <= names.size();
    if (placed) {
      names.insert(names.begin() + static_cast<std::ptrdiff_t>(*result.target),
                   known_.target.empty() ? "the target" : known_.target);
    }
    const bool guessed = placed && !options_.needs.target_place && options_.label_column.empty();
    warn("'" + source_ + "' has no header: its columns are taken " +
         (guessed ? "for " : "in the order of the training data, ") + quoted_list(names) +
         (guessed ? ", the last one for the target: the model does not say where that stood; --label-column "
                    "column_0 names the first"
                  : ""));
  }

  // Where the target of the training stood, in a table of as many columns.
  std::optional<size_t> place_of_training() const {
    const std::optional<int64_t>& place = options_.needs.target_place;
    if (!place || !width_ || usable() != *width_ + 1 || *place < 0 || *place > static_cast<int64_t>(*width_))
      return std::nullopt;
    size_t column = 0;
    for (int64_t passed = 0; left_out_[column] || passed < *place; ++column) passed += !left_out_[column];
    return column;
  }

  std::string but() const { return "'" + source_ + "' has the columns " + quoted_list(columns_); }

  std::optional<size_t> target() const {
    const bool optional = options_.needs.target_optional;
    if (!options_.label_column.empty()) {
      const auto found = find_column(columns_, options_.label_column);
      if (!found && !optional) {
        throw InvalidArgument("'" + source_ + "': unknown column '" + options_.label_column + "'" +
                              suggest(options_.label_column, columns_));
      }
      if (!found) {
        warn("'" + source_ + "' has no column '" + options_.label_column +
             "': no column is taken for the target" + suggest(options_.label_column, columns_));
      }
      return found;
    }
    if (by_name_ && !known_.target.empty()) {
      const auto found = find_column(columns_, known_.target);
      if (!found && !optional) {
        throw FileError(
            but() + ", but not '" + known_.target +
            "', the target that the model was trained with; name the one to use (--label-column)");
      }
      return found;
    }
    return optional ? target_to_leave_out() : guessed_target();
  }

  // The model is asked, not judged: a target is in the way, where there is one.
  std::optional<size_t> target_to_leave_out() const {
    if (by_name_) return std::nullopt;  // what the model was not trained with is left out anyway
    const auto named = layout_.header ? named_like_a_target(columns_) : std::nullopt;
    if (width_ && usable() != *width_ + 1) return std::nullopt;  // check_width says so where they do not fit
    if (named) {
      warn("'" + source_ + "': the column '" + columns_[*named] + "' is taken for the target and left out; " +
           "--label-column names another");
      return named;
    }
    if (!width_) return std::nullopt;
    if (const auto place = place_of_training()) {
      // Where names of the training are told, tell_order says it.
      if (known_.features.empty()) {
        warn(
            "'" + source_ + "': column " + std::to_string(*place + 1) + ", '" + columns_[*place] +
            "', is taken for the target, which stood there in training, and left out; --label-column names " +
            "another");
      }
      return place;
    }
    throw FileError(but() +
                    ", one more than the model has inputs, and nothing says which is the target: name it " +
                    "(--label-column)");
  }

  std::optional<size_t> guessed_target() const {
    if (columns_.size() < 2) {
      throw FileError("'" + source_ +
                      "' has one column; numbers and a column of targets were expected. If the fields are "
                      "separated by something else than , ; | or tabs, say so (--separator)");
    }
    size_t last = columns_.size() - 1;
    while (last > 0 && left_out_[last]) --last;
    const auto named = layout_.header ? named_like_a_target(columns_) : std::nullopt;
    if (named && *named == last) return last;
    if (named) {
      warn("'" + source_ + "': the column '" + columns_[*named] + "' is taken for the target by its name; " +
           "--label-column names another");
      return named;
    }
    if (const auto place = place_of_training()) {
      if (layout_.header || (*place != last && known_.features.empty())) {
        warn("'" + source_ + "': column " + std::to_string(*place + 1) + ", '" + columns_[*place] +
             "', is taken for the target, which stood there in training; --label-column names another");
      }
      return place;
    }
    if (layout_.header) {
      warn("'" + source_ + "': the last column, '" + columns_[last] +
           "', is taken for the target; --label-column names another");
    }
    return last;
  }

  void place_by_name(TableColumns& result) const {
    Names lacking, extra;
    std::unordered_map<std::string, size_t> places;  // tables of genes have many thousand columns
    for (size_t i = 0; i < columns_.size(); ++i) places.emplace(columns_[i], i);
    for (size_t i = 0; i < known_.features.size(); ++i) {
      const auto place = places.find(known_.features[i]);
      const auto found = place == places.end() ? std::nullopt : std::optional<size_t>(place->second);
      if (!found)
        lacking.push_back(known_.features[i]);
      else if (found == result.target) {
        throw InvalidArgument("'" + source_ + "': the column '" + columns_[*found] +
                              "' is one of the model's inputs and cannot be the target");
      } else
        result.places[*found] = static_cast<int>(i);
    }
    result.inputs = known_.features.size();
    if (!lacking.empty()) {
      throw FileError(
          but() + "; the model was trained with " + quoted_list(known_.features) + ", and " +
          (lacking.size() == 1 ? "" : std::to_string(lacking.size()) + " of these are missing: ") +
          quoted_list(lacking) + (lacking.size() == 1 ? " is missing" : ""));
    }
    for (size_t i = 0; i < columns_.size(); ++i) {
      // The target of the training is no surprise, whatever the target is now.
      if (result.places[i] < 0 && i != result.target && columns_[i] != known_.target)
        extra.push_back(columns_[i]);
    }
    if (!extra.empty()) {
      warn("'" + source_ + "': not used, since the model was trained without " +
           (extra.size() == 1 ? "it: " : "them: ") + quoted_list(extra));
    }
  }

  void check_width(const TableColumns& result) const {
    if (result.inputs == 0) throw FileError(but() + "; at least one column of numbers was expected");
    if (!width_ || result.inputs == *width_) return;
    throw FileError("'" + source_ + "' has " + count_of(static_cast<int64_t>(result.inputs), "column") +
                    (result.target ? " beside the target '" + columns_[*result.target] + "'" : "") +
                    "; the model takes " + std::to_string(*width_) + " numbers a sample");
  }

  const CsvLayout& layout_;
  const Names& columns_;
  const DataOptions& options_;
  const DataInfo& known_;
  const std::string& source_;
  bool by_name_;
  std::optional<size_t> width_;
  std::vector<bool> left_out_;
};

}  // namespace

std::optional<size_t> find_column(const Names& columns, const std::string& name) {
  const auto found = std::find(columns.begin(), columns.end(), name);
  if (name.empty() || found == columns.end()) return std::nullopt;
  return static_cast<size_t>(found - columns.begin());
}

std::optional<size_t> named_like_a_target(const Names& columns) {
  std::optional<size_t> found;
  for (size_t i = 0; i < columns.size(); ++i) {
    std::string name = columns[i];
    std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::tolower(c); });
    if (name != "label" && name != "labels" && name != "target" && name != "class" && name != "y") continue;
    if (found) return std::nullopt;
    found = i;
  }
  return found;
}

Names wanted_columns(const DataOptions& options) {
  Names names = options.needs.known.features;
  if (!options.label_column.empty() && !options.needs.target_optional) names.push_back(options.label_column);
  return names;
}

TableColumns choose_columns(const CsvLayout& layout, const DataOptions& options, const std::string& source) {
  return Chooser(layout, options, source).run();
}

}  // namespace lamina::detail
