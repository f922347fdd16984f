// From words to options of load_data.
#include "data_arguments.h"

#include <fmt/format.h>

#include <filesystem>
#include <set>
#include <system_error>

#include "cli.h"
#include "lamina/base/error.h"
#include "lamina/base/files.h"
#include "lamina/base/log.h"
#include "lamina/data/fill_dates.h"
#include "lamina/zoo/samples.h"

namespace lamina::cli {
namespace {

// One name a line, or a JSON list of them: names may hold commas.
std::vector<std::string> labels_of_file(const std::string& path) {
  constexpr uint64_t kMost = uint64_t{16} << 20;
  std::string text = read_file(path, kMost);
  if (text.starts_with("\xef\xbb\xbf")) text.erase(0, 3);
  std::vector<std::string> labels;
  const size_t start = text.find_first_not_of(" \t\r\n");
  if (start != std::string::npos && text[start] == '[') {
    for (const Json& label : Json::parse(text, path).as_list()) labels.push_back(label.as_string());
    return labels;
  }
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size());
    labels.push_back(text.substr(at, end - at));
    if (labels.back().ends_with('\r')) labels.back().pop_back();
    at = end + 1;
  }
  while (!labels.empty() && labels.back().empty()) labels.pop_back();
  if (labels.empty()) throw FileError("'" + path + "' holds no names of classes; one a line was expected");
  return labels;
}

// "cat,dog", a file, or the name of a set.
std::vector<std::string> labels_of(const std::string& text) {
  std::error_code ignored;
  if (std::filesystem::is_regular_file(text, ignored)) return labels_of_file(text);
  if (text.find(',') == std::string::npos) return load_data(text, {.split = "test"}).class_names;
  return names_between_commas(text);
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

std::vector<std::string> names_between_commas(const std::string& text) {
  std::vector<std::string> names;
  for (size_t at = 0; !text.empty() && at <= text.size();) {
    const size_t comma = std::min(text.find(',', at), text.size());
    names.push_back(text.substr(at, comma - at));
    at = comma + 1;
  }
  return names;
}

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
  command.add(arguments.pair_column,
              {.name = "--pair-column",
               .help = "Column of a table that holds a second text beside each, for a checkpoint that judges "
                       "pairs (default: texts stand alone)",
               .type = "NAME"});
  command.add(arguments.label_separator,
              {.name = "--label-separator",
               .help = "What stands between the labels of one text, for a checkpoint that gives several "
                       "(default: a comma)",
               .type = "TEXT"});
  command.add(arguments.labels, {.name = "--labels",
                                 .help = "Names of the classes in the model's order: a,b,c, a file with one "
                                         "a line or a JSON list, or a named set (default: what the model "
                                         "learned)",
                                 .type = "NAMES"});
  command.add(arguments.scale, {.name = "--scale",
                                .help = "Bytes of pictures as they are (none) or divided by 255 (0..1); "
                                        "default: what the model was trained with",
                                .type = "none|0..1"});
  command.add(arguments.missing, {.name = "--missing",
                                  .help = "Rows of a table that lack a value: an error (fail) or left out "
                                          "(drop); default: as in training, else fail",
                                  .type = "fail|drop"});
  command.add(
      arguments.infinite,
      {.name = "--infinite",
       .help = "Cells of a table that are infinite in float32: taken and told (tell), taken without a "
               "word (keep), an error (fail), or their rows left out (drop); default: as in training, "
               "else tell",
       .type = "tell|keep|fail|drop"});
  command.add(
      arguments.on_error,
      {.name = "--on-error",
       .help = "Pictures of a folder that cannot be read: an error (fail, default), or left out, counted "
               "and named (skip)",
       .type = "fail|skip"});
  command.add(arguments.separator, {.name = "--separator",
                                    .help = "Between the fields of a table: one character, or tab (default: "
                                            "the one of , ; | and tab that fits)",
                                    .type = "C"});
  command.add(arguments.date_format,
              {.name = "--date-format",
               .help = "How dates of a table or a series are written where it is not 2020-02-29: %d/%m/%Y, "
                       "%m/%d/%y, %d %b %Y %H:%M, ...; models of tables remember it",
               .type = "FORMAT"});
  command.add(
      arguments.fill_dates,
      {.name = "--fill-dates",
       .help = "Times of a series that lack, come twice or go back: told (tell), an error (fail), or sorted "
               "and averaged, with gaps that stay (drop) or are filled by the value before (previous) or the "
               "line between the neighbours (interpolate); default: as in training, else tell",
       .type = "tell|fail|drop|previous|interpolate"});
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
    std::set<std::string> before;
    for (const std::string& each : info.class_names) {
      if (each.empty()) throw InvalidArgument("--labels: a name is empty; expected one for each class");
      if (!before.insert(each).second)
        throw InvalidArgument("--labels: '" + each +
                              "' is given twice; expected another name for each class");
    }
    const int64_t classes = needs.classes;
    if (classes > 0 && static_cast<int64_t>(info.class_names.size()) != classes) {
      throw InvalidArgument(fmt::format("--labels: {} names; the model tells {} classes apart",
                                        info.class_names.size(), classes));
    }
  }
  const auto known = static_cast<int64_t>(info.class_names.size());
  if (arguments.labels.empty() && known > 0 && needs.classes > 0 && known != needs.classes) {
    warn(fmt::format(
        "the model knows the names of {} classes, and its outputs tell {} apart: give all of them, in "
        "the order of its outputs (--labels)",
        known, needs.classes));
  }
  if (!arguments.scale.empty())
    info.scale = understood("--scale", [&] { return pixel_scale_from(arguments.scale); });
  if (!arguments.missing.empty())
    info.missing = understood("--missing", [&] { return missing_from(arguments.missing); });
  if (!arguments.infinite.empty())
    info.infinite = understood("--infinite", [&] { return infinite_from(arguments.infinite); });
  if (arguments.fill_dates.empty()) return;
  if (needs.samples != SampleKind::kSeries)
    throw UsageError("--fill-dates: it is of time series, and these data are none");
  remember_fill_dates(info,
                      understood("--fill-dates", [&] { return fill_dates_from(arguments.fill_dates); }));
}

void settle_scale_of(Model& model, const LabelledData& data, const DataArguments& arguments,
                     const std::string& source) {
  if (!arguments.scale.empty() && !holds_pictures(data)) {
    const Tensor& x = data.inputs.empty() ? data.x : data.inputs[0];
    warn(fmt::format(
        "--scale has no meaning for '{}': {} is taken as it is, since it holds no pictures of bytes, "
        "which are uint8 or whole numbers of 0..255",
        source, x.defined() ? x.type().str() : "text"));
  }
  settle_scale(model, data);
}

namespace {

OnError on_error_of(const std::string& text) {
  if (text.empty() || text == "fail") return OnError::kFail;
  if (text == "skip") return OnError::kSkip;
  throw UsageError("--on-error: expected fail or skip; got '" + text + "'");
}

}  // namespace

void refuse_options_of_checkpoints(const char* verb, const DataArguments& arguments) {
  const char* const option = !arguments.pair_column.empty()       ? "--pair-column"
                             : !arguments.label_separator.empty() ? "--label-separator"
                                                                  : nullptr;
  if (option)
    throw UsageError(std::string(verb) + ": " + option +
                     " is of checkpoints that were fine-tuned (lamina train classify, label, regress)");
}

DataOptions data_options(DataNeeds needs, const DataArguments& arguments, const char* split) {
  if (arguments.header && arguments.no_header)
    throw UsageError("--header and --no-header exclude each other");
  if (arguments.quotes && arguments.no_quotes)
    throw UsageError("--quotes and --no-quotes exclude each other");
  DataOptions options{.split = split,
                      .label_column = arguments.label_column,
                      .text_column = arguments.text_column,
                      .pair_column = arguments.pair_column};
  options.table.separator = separator_of(arguments.separator);
  options.on_error = on_error_of(arguments.on_error);
  if (!arguments.infinite.empty())
    options.table.infinite = understood("--infinite", [&] { return infinite_from(arguments.infinite); });
  if (!arguments.missing.empty())
    options.missing = understood("--missing", [&] { return missing_from(arguments.missing); });
  options.table.decimal_comma = arguments.decimal_comma;
  options.date_format = arguments.date_format;
  if (arguments.header || arguments.no_header) options.table.header = arguments.header;
  if (arguments.quotes || arguments.no_quotes) options.table.quotes = arguments.quotes;
  options.needs = std::move(needs);
  options.needs.numbers_are_classes = !arguments.labels.empty();
  return options;
}

}  // namespace lamina::cli
