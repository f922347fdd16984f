// A FeatureSpace applied to a table, named, saved and read again.
#include <algorithm>
#include <cmath>
#include <memory>
#include <unordered_map>

#include "lamina/backend/backend.h"
#include "lamina/base/detail/text.h"
#include "lamina/base/error.h"
#include "lamina/base/log.h"
#include "lamina/data/detail/feature_cells.h"
#include "lamina/data/feature_space.h"

namespace lamina {
namespace {

constexpr char kSection[] = "feature_space";
constexpr FeatureKind kKinds[] = {FeatureKind::kFloatNormalized, FeatureKind::kStringCategorical,
                                  FeatureKind::kDate, FeatureKind::kLeftOut};
constexpr const char* kPartNames[] = {"days",          "year (sine)", "year (cosine)", "week (sine)",
                                      "week (cosine)", "day (sine)",  "day (cosine)"};

FeatureKind kind_from(const std::string& text) {
  std::vector<std::string> known;
  for (const FeatureKind kind : kKinds) {
    if (name(kind) == text) return kind;
    known.push_back(name(kind));
  }
  throw InvalidArgument("unknown kind '" + text + "'" + suggest(text, known));
}

std::vector<std::string> names_of(const Feature& feature) {
  std::vector<std::string> names;
  if (feature.kind == FeatureKind::kFloatNormalized) names.push_back(feature.name);
  for (const std::string& category : feature.categories) names.push_back(feature.name + " = " + category);
  if (feature.other) names.push_back(feature.name + " is another");
  for (size_t i = 0; i < feature.parts.size(); ++i) {
    if (feature.parts[i]) names.push_back(feature.name + ": " + kPartNames[i]);
  }
  if (feature.missing) names.push_back(feature.name + " is missing");
  return names;
}

// Writes the columns of one feature, `stride` numbers from row to row; all are zero before.
class Writer {
 public:
  Writer(const Feature& feature, const TextColumn& column, float* to, size_t stride)
      : feature_(feature), column_(column), to_(to), stride_(stride), width_(names_of(feature).size()) {
    if (!feature.format.empty()) format_.emplace(feature.format);
    for (size_t i = 0; i < feature.categories.size(); ++i) places_.emplace(feature.categories[i], i);
  }

  void run() {
    for (size_t row = 0; row < column_.size(); ++row, to_ += stride_) {
      const detail::FeatureCell cell = detail::feature_cell(column_[row]);
      if (cell.kind == detail::CellKind::kMissing)
        miss();
      else if (feature_.kind == FeatureKind::kFloatNormalized)
        number(row, cell);
      else if (feature_.kind == FeatureKind::kDate)
        date(row);
      else
        category(row, cell);
    }
    if (unknown_ > 0) {
      warn("column '" + feature_.name + "': " +
           detail::count_of(static_cast<int64_t>(unknown_), "row holds a category", "rows hold categories") +
           " that the training did not have, the first " + first_unknown_ + "; they count as none");
    }
    if (missing_ > 0 && !feature_.missing) {
      warn("column '" + feature_.name +
           "': " + detail::count_of(static_cast<int64_t>(missing_), "value is", "values are") +
           " missing, and none was in training; " +
           (feature_.kind == FeatureKind::kFloatNormalized ? "the median stands in" : "they count as none"));
    }
  }

 private:
  void miss() {
    ++missing_;
    if (feature_.kind == FeatureKind::kFloatNormalized)
      to_[0] = static_cast<float>((feature_.fill - feature_.mean) / feature_.deviation);
    if (feature_.missing) to_[width_ - 1] = 1;
  }
  void number(size_t row, const detail::FeatureCell& cell) {
    if (cell.kind == detail::CellKind::kText) {
      throw InvalidArgument(detail::place_of(column_, row) + "holds " + detail::shown(column_[row]) +
                            "; a number was expected, as in training" + detail::mark_hint(column_[row], '.'));
    }
    to_[0] =
        static_cast<float>((detail::finite_number(column_, row, cell) - feature_.mean) / feature_.deviation);
  }
  void date(size_t row) {
    std::array<double, detail::kDateParts> parts =
        detail::date_parts(column_, row, format_ ? &*format_ : nullptr);
    parts[0] = (parts[0] - feature_.mean) / feature_.deviation;
    for (size_t i = 0, at = 0; i < parts.size(); ++i) {
      if (feature_.parts[i]) to_[at++] = static_cast<float>(parts[i]);
    }
  }
  void category(size_t row, const detail::FeatureCell& cell) {
    const auto found = places_.find(detail::category_of(column_[row], cell));
    if (found != places_.end())
      to_[found->second] = 1;
    else if (feature_.other)
      to_[feature_.categories.size()] = 1;
    else if (unknown_++ == 0)
      first_unknown_ = detail::shown(column_[row]);
  }

  const Feature& feature_;
  const TextColumn& column_;
  float* to_;
  size_t stride_, width_, unknown_ = 0, missing_ = 0;
  std::string first_unknown_;
  std::optional<detail::DateFormat> format_;
  std::unordered_map<std::string, size_t> places_;
};

Json to_json(const Feature& feature) {
  Json json = Json::object({{"name", feature.name}, {"kind", name(feature.kind)}});
  if (!feature.reason.empty()) json["reason"] = feature.reason;
  if (feature.missing) json["missing"] = true;
  if (feature.kind == FeatureKind::kFloatNormalized) json["fill"] = feature.fill;
  if (feature.kind == FeatureKind::kFloatNormalized || feature.kind == FeatureKind::kDate) {
    json["mean"] = feature.mean;
    json["deviation"] = feature.deviation;
  }
  if (feature.kind == FeatureKind::kStringCategorical) {
    json["categories"] = Json(Json::List(feature.categories.begin(), feature.categories.end()));
    json["other"] = feature.other;
  }
  if (feature.kind == FeatureKind::kDate) {
    json["parts"] = Json::list();
    for (const bool part : feature.parts) json["parts"].push_back(part);
    if (!feature.format.empty()) json["format"] = feature.format;
  }
  return json;
}

Feature from_json(const Json& json) {
  Feature feature{.name = json.at("name").as_string(), .kind = kind_from(json.at("kind").as_string())};
  for (const auto& [key, value] : json.as_object()) {
    if (key == "reason")
      feature.reason = value.as_string();
    else if (key == "missing")
      feature.missing = value.as_bool();
    else if (key == "fill")
      feature.fill = value.as_double();
    else if (key == "mean")
      feature.mean = value.as_double();
    else if (key == "deviation")
      feature.deviation = value.as_double();
    else if (key == "other")
      feature.other = value.as_bool();
    else if (key == "format")
      feature.format = value.as_string();
    else if (key == "categories")
      for (const Json& category : value.as_list()) feature.categories.push_back(category.as_string());
    else if (key == "parts")
      for (const Json& part : value.as_list()) feature.parts.push_back(part.as_bool());
    else if (key != "name" && key != "kind")
      throw InvalidArgument("unknown member '" + key.substr(0, 40) + "'");
  }
  const bool date = feature.kind == FeatureKind::kDate;
  const bool categories = feature.kind == FeatureKind::kStringCategorical;
  if (!std::isfinite(feature.fill) || !std::isfinite(feature.mean) || !std::isfinite(feature.deviation) ||
      feature.deviation <= 0)
    throw InvalidArgument("column '" + feature.name + "': its scale is none");
  if (feature.parts.size() != (date ? detail::kDateParts : 0) ||
      (!categories && (feature.other || !feature.categories.empty())) || (!date && !feature.format.empty()))
    throw InvalidArgument("column '" + feature.name + "': it has what its kind has not");
  if (!feature.format.empty()) detail::DateFormat{feature.format};  // throws for what is none
  return feature;
}

}  // namespace

std::string name(FeatureKind kind) {
  switch (kind) {
    case FeatureKind::kFloatNormalized:
      return "float_normalized";
    case FeatureKind::kStringCategorical:
      return "string_categorical";
    case FeatureKind::kDate:
      return "date";
    case FeatureKind::kLeftOut:
      return "left_out";
  }
  throw InternalError("a kind without a name");
}

std::vector<std::string> FeatureSpace::feature_names() const {
  std::vector<std::string> names;
  for (const Feature& feature : features_) {
    for (std::string& name : names_of(feature)) names.push_back(std::move(name));
  }
  return names;
}

int64_t FeatureSpace::width() const { return static_cast<int64_t>(feature_names().size()); }

Tensor FeatureSpace::operator()(const std::vector<TextColumn>& columns) const {
  std::vector<std::string> known;
  for (const TextColumn& column : columns) known.push_back(column.name());
  const auto rows = static_cast<int64_t>(columns.empty() ? 0 : columns[0].size());
  const int64_t wide = width();
  const TensorType type{DType::kFloat32, {rows, wide}};
  auto buffer = std::make_shared<Buffer>(Device{}, type.bytes());
  auto* to = static_cast<float*>(buffer->data());
  std::fill_n(to, rows * wide, 0.0f);
  for (const Feature& feature : features_) {
    if (feature.kind == FeatureKind::kLeftOut) continue;
    const auto found = std::find(known.begin(), known.end(), feature.name);
    if (found == known.end())
      throw InvalidArgument("the table has no column '" + feature.name + "'" + suggest(feature.name, known));
    const TextColumn& column = columns[static_cast<size_t>(found - known.begin())];
    if (static_cast<int64_t>(column.size()) != rows)
      throw InvalidArgument("the columns '" + known[0] + "' and '" + feature.name + "' differ in length");
    Writer(feature, column, to, static_cast<size_t>(wide)).run();
    to += names_of(feature).size();
  }
  return Tensor::wrap(std::move(buffer), type);
}

void FeatureSpace::save(DataInfo& info) const {
  Json columns = Json::list();
  for (const Feature& feature : features_) columns.push_back(to_json(feature));
  info.sections[kSection] = Json::object({{"columns", columns}});
}

std::optional<FeatureSpace> FeatureSpace::of(const DataInfo& info, const std::string& name) {
  const Json* json = info.sections.find(kSection);
  if (!json) return std::nullopt;
  try {
    FeatureSpace space;
    for (const Json& column : json->at("columns").as_list()) space.features_.push_back(from_json(column));
    if (space.width() == 0) throw InvalidArgument("no column is used");
    return space;
  } catch (const InvalidArgument& error) {
    throw FileError(name + ": feature_space: " + error.what());
  }
}

}  // namespace lamina
