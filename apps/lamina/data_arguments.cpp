// From words to options of load_data.
#include "data_arguments.h"

#include <fmt/format.h>

#include "cli.h"
#include "lamina/base/error.h"
#include "lamina/zoo/samples.h"

namespace lamina::cli {
namespace {

// "cat,dog" or the name of a set.
std::vector<std::string> labels_of(const std::string& text) {
  std::vector<std::string> labels;
  if (text.find(',') == std::string::npos) return load_data(text, {.split = "test"}).class_names;
  for (size_t at = 0; at <= text.size();) {
    const size_t comma = std::min(text.find(',', at), text.size());
    labels.push_back(text.substr(at, comma - at));
    at = comma + 1;
  }
  return labels;
}

char separator_of(const std::string& text) {
  if (text.empty()) return 0;
  if (text == "tab" || text == "\\t") return '\t';
  if (text.size() == 1) return text[0];
  throw UsageError("--separator: expected one character, or tab; got '" + text + "'");
}

template <class F>
auto understood(const char* option, F&& read) {
  try {
    return read();
  } catch (const InvalidArgument& error) {
    throw UsageError(std::string(option) + ": " + error.what());
  }
}

}  // namespace

void add_data_arguments(Command& command, DataArguments& arguments) {
  command.add(arguments.label_column,
              {.name = "--label-column",
               .help = "Column of a table that holds the target (default: the one of the training; else one "
                       "called label, target, class or y; else train and evaluate take the last)",
               .type = "NAME"});
  command.add(arguments.text_column,
              {.name = "--text-column",
               .help = "Column of a table that holds the texts (default: the one of the training; else one "
                       "called text, review, sentence, ...; else the one with the longest fields)",
               .type = "NAME"});
  command.add(arguments.labels, {.name = "--labels",
                                 .help = "Names of the classes in the model's order: a,b,c or a named set "
                                         "(default: what the model learned)",
                                 .type = "NAMES"});
  command.add(arguments.scale, {.name = "--scale",
                                .help = "Bytes of pictures as they are (none) or divided by 255 (0..1); "
                                        "default: what the model was trained with",
                                .type = "none|0..1"});
  command.add(arguments.missing, {.name = "--missing",
                                  .help = "Rows of a table that lack a value: an error (fail) or left out "
                                          "(drop); default: as in training, else fail",
                                  .type = "fail|drop"});
  command.add(arguments.separator, {.name = "--separator",
                                    .help = "Between the fields of a table: one character, or tab (default: "
                                            "the one of , ; | and tab that fits)",
                                    .type = "C"});
  command.flag(arguments.header, "--header", "The first line of a table names its columns");
  command.flag(arguments.no_header, "--no-header", "The first line of a table is a row");
  command.flag(arguments.quotes, "--quotes", "Fields of a table may stand in quotes (default)");
  command.flag(
      arguments.no_quotes, "--no-quotes",
      "Quotes in a table are text (default of texts between tabs where not all of them stand around a "
      "field)");
  command.flag(arguments.decimal_comma, "--decimal-comma", "Numbers of a table are written as 1,5");
}

void tell_model(Model& model, const DataArguments& arguments) {
  DataInfo info = model.data_info();
  tell_info(info, model_needs(model), arguments);
  model.set_data_info(std::move(info));
}

void tell_info(DataInfo& info, const DataNeeds& needs, const DataArguments& arguments) {
  if (!arguments.labels.empty()) {
    if (needs.target == TargetKind::kValues) {
      throw InvalidArgument("--labels: the model's loss takes values, so that its outputs are no classes");
    }
    info.class_names = labels_of(arguments.labels);
    const int64_t classes = needs.classes;
    if (classes > 0 && static_cast<int64_t>(info.class_names.size()) != classes) {
      throw InvalidArgument(fmt::format("--labels: {} names; the model tells {} classes apart",
                                        info.class_names.size(), classes));
    }
  }
  if (!arguments.scale.empty())
    info.scale = understood("--scale", [&] { return pixel_scale_from(arguments.scale); });
  if (!arguments.missing.empty())
    info.missing = understood("--missing", [&] { return missing_from(arguments.missing); });
}

DataOptions data_options(DataNeeds needs, const DataArguments& arguments, const char* split) {
  if (arguments.header && arguments.no_header)
    throw UsageError("--header and --no-header exclude each other");
  if (arguments.quotes && arguments.no_quotes)
    throw UsageError("--quotes and --no-quotes exclude each other");
  DataOptions options{
      .split = split, .label_column = arguments.label_column, .text_column = arguments.text_column};
  options.table.separator = separator_of(arguments.separator);
  options.table.decimal_comma = arguments.decimal_comma;
  if (arguments.header || arguments.no_header) options.table.header = arguments.header;
  if (arguments.quotes || arguments.no_quotes) options.table.quotes = arguments.quotes;
  options.needs = std::move(needs);
  options.needs.numbers_are_classes = !arguments.labels.empty();
  return options;
}

}  // namespace lamina::cli
