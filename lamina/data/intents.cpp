// Intents as JSON, in the form of CLINC150: {"train": [["what is my balance", "balance"], ...], "oos_train":
// [...], ...}. Whatever stands in a list oos_PART belongs to that part, and to the class "out_of_scope".
#include <algorithm>
#include <map>
#include <set>

#include "lamina/base/error.h"
#include "lamina/base/json.h"
#include "lamina/data/detail/part_files.h"
#include "lamina/data/detail/text_file.h"
#include "lamina/data/labelled_data.h"

namespace lamina {
namespace {

constexpr char kOutside[] = "oos_";
constexpr char kOutOfScope[] = "out_of_scope";

Json read(const std::string& path) {
  Json json = Json::parse(detail::whole_text(detail::text_file(path), path), path);
  if (!json.is_object())
    throw FileError("'" + path +
                    "': expected {\"train\": [[text, intent], ...], ...}; got another kind of JSON");
  return json;
}

struct Sample {
  std::string text, intent;
};

void add_list(const Json& json, const std::string& list, const std::string& path, const char* intent,
              std::vector<Sample>& samples) {
  const auto bad = [&](size_t at, const std::string& what) {
    return FileError("'" + path + "', list '" + list + "', element " + std::to_string(at) + ": " + what);
  };
  if (!json.is_list()) throw FileError("'" + path + "': '" + list + "' is no list of [text, intent]");
  const Json::List& all = json.as_list();
  for (size_t i = 0; i < all.size(); ++i) {
    const bool pair = all[i].is_list() && all[i].as_list().size() == 2 && all[i].as_list()[0].is_string() &&
                      all[i].as_list()[1].is_string();
    if (!pair) throw bad(i, "expected [text, intent], two strings");
    Sample sample{all[i].as_list()[0].as_string(), intent ? intent : all[i].as_list()[1].as_string()};
    if (sample.intent.empty()) throw bad(i, "the intent has no name");
    samples.push_back(std::move(sample));
  }
}

}  // namespace

LabelledData detail::load_intents(const std::string& path, const std::string& split,
                                  const DataOptions& options) {
  const DataNeeds& needs = options.needs;
  if (needs.samples != SampleKind::kTexts)
    throw FileError("'" + path + "' holds texts with their intents, and the model takes none");
  const Json json = read(path);
  const std::string part = split.empty() ? options.split : split;
  std::vector<Sample> samples;
  if (const Json* inside = json.find(part)) add_list(*inside, part, path, nullptr, samples);
  const std::string outside = kOutside + part;
  if (const Json* list = json.find(outside)) add_list(*list, outside, path, kOutOfScope, samples);
  if (samples.empty()) {
    throw FileError("'" + path + "' has no samples of the part '" + part + "': expected a list '" + part +
                    "' of [text, intent]");
  }
  std::set<std::string> intents;
  for (const Sample& sample : samples) intents.insert(sample.intent);
  LabelledData data;
  data.class_names = needs.known.class_names;
  if (data.class_names.empty()) {
    data.class_names.assign(intents.begin(), intents.end());
    if (!accept_new_classes(needs, data.class_names, "'" + path + "'")) data.class_names.clear();
  }
  std::map<std::string, int32_t> numbers;
  for (const std::string& name : data.class_names)
    numbers.emplace(name, static_cast<int32_t>(numbers.size()));
  std::vector<int32_t> labels;
  for (Sample& sample : samples) {
    const auto known = numbers.find(sample.intent);
    if (known == numbers.end() && !needs.target_optional)
      throw FileError("'" + path + "': the model does not know the class '" + sample.intent + "'" +
                      suggest(sample.intent, data.class_names));
    labels.push_back(known == numbers.end() ? -1 : known->second);
    data.texts.push_back(std::move(sample.text));
  }
  if (std::any_of(labels.begin(), labels.end(), [](int32_t label) { return label >= 0; }))
    data.y = Tensor::from(labels, Shape{static_cast<int64_t>(labels.size())});
  return data;
}

std::vector<std::string> detail::parts_of_intents(const std::string& path) {
  std::vector<std::string> parts;
  const Json json = read(path);
  for (const auto& [list, samples] : json.as_object())
    if (!list.starts_with(kOutside)) parts.push_back(list);
  return parts;
}

}  // namespace lamina
