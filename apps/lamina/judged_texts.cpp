// Tables and folders of texts, as load_data reads them.
#include "judged_texts.h"

#include <algorithm>

#include "cli.h"
#include "fingerprint.h"
#include "lamina/base/error.h"
#include "lamina/zoo/samples.h"

namespace lamina::cli {
namespace {

LabelledData read(const std::string& source, const std::string& part, const DataArguments& arguments,
                  DataNeeds needs) {
  const SourceRange range = parse_source(source);
  needs.samples = SampleKind::kTexts;
  LabelledData data = load_data(range.source, data_options(std::move(needs), arguments, part.c_str()));
  if (!arguments.pair_column.empty() && data.text_pairs.empty())
    throw InvalidArgument("'" + range.source +
                          "' is no table of texts, so that it has no second ones (--pair-column)");
  return range.given ? part_of(data, range) : data;
}

}  // namespace

std::vector<std::string> columns_of_judged_texts() {
  return {"--text-column", "--pair-column", "--label-column", "--missing",  "--separator",
          "--header",      "--no-header",   "--quotes",       "--no-quotes"};
}

JudgedTexts read_labelled_texts(const std::string& source, const std::string& part,
                                const DataArguments& arguments, std::vector<std::string>& known) {
  DataNeeds needs;
  needs.target = TargetKind::kClassNumbers;
  needs.learned_from = known.empty();
  needs.known.class_names = known;
  tell_info(needs.known, needs, arguments);
  return with_data_of(parse_source(source).source, [&] {
    LabelledData data = read(source, part, arguments, needs);
    const std::vector<int32_t> numbers = data.y.to_vector<int32_t>();
    std::vector<std::string> names = known.empty() ? data.class_names : known;
    if (names.empty() && !numbers.empty()) {
      const int32_t most = *std::max_element(numbers.begin(), numbers.end());
      for (int32_t i = 0; i <= most; ++i) names.push_back(std::to_string(i));
    }
    JudgedTexts result{std::move(data.texts), std::move(data.text_pairs), {}, {}};
    for (const int32_t number : numbers) result.labels.push_back(names.at(static_cast<size_t>(number)));
    if (known.empty()) known = names;
    return result;
  });
}

JudgedTexts read_valued_texts(const std::string& source, const std::string& part,
                              const DataArguments& arguments) {
  DataNeeds needs;
  needs.target = TargetKind::kValues;
  return with_data_of(parse_source(source).source, [&] {
    LabelledData data = read(source, part, arguments, needs);
    return JudgedTexts{std::move(data.texts), std::move(data.text_pairs), {}, data.y.to_vector<float>()};
  });
}

std::string hash_of(const JudgedTexts& texts) {
  std::string hash = hash_of(texts.texts);
  if (!texts.pairs.empty()) hash += hash_of(texts.pairs);
  std::vector<std::string> targets = texts.labels;
  for (const float value : texts.values) targets.push_back(std::to_string(value));
  return hash + hash_of(targets);
}

}  // namespace lamina::cli
