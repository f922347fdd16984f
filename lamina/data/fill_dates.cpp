// Ways to treat times by their names.
#include "lamina/data/fill_dates.h"

#include <array>
#include <vector>

#include "lamina/base/error.h"

namespace lamina {
namespace {

// A section of DataInfo.
constexpr char kTimes[] = "times";
constexpr char kFill[] = "fill_dates";

constexpr std::array kNames = {"tell", "fail", "drop", "previous", "interpolate"};  // in the enum's order

}  // namespace

std::string name(FillDates way) { return kNames.at(static_cast<size_t>(way)); }

FillDates fill_dates_from(const std::string& name) {
  for (size_t i = 0; i < kNames.size(); ++i) {
    if (name == kNames[i]) return static_cast<FillDates>(i);
  }
  throw InvalidArgument("unknown way '" + name + "' to fill dates" +
                        suggest(name, std::vector<std::string>(kNames.begin(), kNames.end())) +
                        "; expected tell, fail, drop, previous or interpolate");
}

void remember_fill_dates(DataInfo& info, FillDates way) {
  info.sections[kTimes] = Json::object({{kFill, name(way)}});
}

std::optional<FillDates> known_fill_dates(const DataInfo& info) {
  const Json* times = info.sections.find(kTimes);
  const Json* way = times ? times->find(kFill) : nullptr;
  if (!way) return std::nullopt;
  try {
    return fill_dates_from(way->as_string());
  } catch (const InvalidArgument& error) {
    throw FileError(std::string("what the model knows of its data: ") + error.what());
  }
}

}  // namespace lamina
