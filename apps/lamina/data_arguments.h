// What a user may say about data on the command line of train, evaluate and predict, and what it means.
#pragma once

#include <string>

#include "command.h"
#include "lamina/data/labelled_data.h"
#include "lamina/nn/model.h"

namespace lamina::cli {

struct DataArguments {
  std::string label_column, text_column, pair_column, label_separator, labels, scale, missing, infinite,
      on_error, separator, date_format;
  std::string fill_dates;
  bool header = false, no_header = false, decimal_comma = false, quotes = false, no_quotes = false;
  bool operator==(const DataArguments&) const = default;
};

/// "a,b" as its names, of which none holds a comma; "" as none.
std::vector<std::string> names_between_commas(const std::string& text);

/// --date-format, --fill-dates, --label-column, --text-column, --pair-column, --label-separator, --labels,
/// --scale, --missing, --infinite,
/// --on-error,
/// --separator,
/// --header, --no-header, --decimal-comma, --quotes, --no-quotes.
void add_data_arguments(Command& command, DataArguments& arguments);

/// Throws UsageError for options that only checkpoints have that are fine-tuned (--pair-column,
/// --label-separator). `verb`: "evaluate".
void refuse_options_of_checkpoints(const char* verb, const DataArguments& arguments);

/// Puts what --labels, --scale, --missing, --infinite and --fill-dates say into the model's DataInfo, over
/// what it knew. Throws UsageError for words that cannot be, and InvalidArgument for another number of labels
/// than the model has classes.
void tell_model(Model& model, const DataArguments& arguments);

/// The same where there is no model yet: into what will be known of its data.
void tell_info(DataInfo& info, const DataNeeds& needs, const DataArguments& arguments);

/// settle_scale, after saying where --scale is of no use: `data`, which come from `source`, are no pictures
/// of bytes.
void settle_scale_of(Model& model, const LabelledData& data, const DataArguments& arguments,
                     const std::string& source);

/// How to load data for what `needs` describes, a model's model_needs(). Throws UsageError for options that
/// do not go together.
DataOptions data_options(DataNeeds needs, const DataArguments& arguments, const char* split);

}  // namespace lamina::cli
