// SeriesInfo to and from JSON, and the fingerprint of a series.
#include "lamina/series/series_info.h"

#include <bit>
#include <cmath>
#include <cstdio>

#include "lamina/base/error.h"

namespace lamina {
namespace {

constexpr char kSection[] = "series";
constexpr int64_t kLongest = int64_t{1} << 20;

Json list_of(const std::vector<double>& values) { return Json(Json::List(values.begin(), values.end())); }

std::vector<double> values_of(const Json& json) {
  std::vector<double> values;
  for (const Json& value : json.as_list()) values.push_back(value.as_double());
  return values;
}

void check(bool holds, const char* what) {
  if (!holds) throw InvalidArgument(std::string("series: ") + what);
}

}  // namespace

void SeriesInfo::save(DataInfo& info) const {
  Json json = Json::object({{"window", window}, {"trained_on", trained_on}, {"fingerprint", fingerprint}});
  if (!lower.empty()) {
    json["coverage"] = coverage;
    json["lower"] = list_of(lower);
    json["upper"] = list_of(upper);
  }
  info.sections[kSection] = json;
}

std::optional<SeriesInfo> SeriesInfo::of(const DataInfo& info, const std::string& name) {
  const Json* json = info.sections.find(kSection);
  if (!json) return std::nullopt;
  try {
    SeriesInfo series;
    series.window = json->at("window").as_int();
    series.trained_on = json->at("trained_on").as_int();
    series.fingerprint = json->at("fingerprint").as_string();
    if (const Json* coverage = json->find("coverage")) {
      series.coverage = coverage->as_double();
      series.lower = values_of(json->at("lower"));
      series.upper = values_of(json->at("upper"));
    }
    check(series.window >= 1 && series.window <= kLongest, "a window of 1 to 1048576 values was expected");
    check(series.trained_on >= 0, "the number of values in training is negative");
    check(series.lower.size() == series.upper.size() && series.lower.size() <= size_t{kLongest},
          "lower and upper ends of intervals do not agree");
    check(series.coverage >= 0 && series.coverage <= 1, "a coverage of 0 to 1 was expected");
    for (size_t i = 0; i < series.lower.size(); ++i)
      check(std::isfinite(series.lower[i]) && std::isfinite(series.upper[i]) &&
                series.lower[i] <= series.upper[i],
            "an interval ends before it begins");
    return series;
  } catch (const InvalidArgument& error) {
    throw FileError(name + ": " + error.what());
  }
}

std::string series_fingerprint(const Tensor& series, int64_t count) {
  const std::vector<float> values = series.to_vector<float>();
  if (count < 0 || count > static_cast<int64_t>(values.size()))
    throw InvalidArgument("series_fingerprint: more values than there are");
  uint64_t hash = 0xCBF29CE484222325u;  // FNV-1a, over the bits of the values
  for (int64_t i = 0; i < count; ++i) {
    hash ^= std::bit_cast<uint32_t>(values[static_cast<size_t>(i)]);
    hash *= 0x100000001B3u;
  }
  char text[17];
  std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(hash));
  return text;
}

}  // namespace lamina
