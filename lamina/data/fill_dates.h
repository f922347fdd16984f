// FillDates: what is done with a time series whose times have gaps, come twice or go back.
#pragma once

#include <optional>
#include <string>

#include "lamina/nn/data_info.h"

namespace lamina {

/// What the times of a series are held to, where they are dates as in ISO 8601 (2020-02-29, 2020-02,
/// 2020-02-29T12:30:00) that are mostly one step apart: seconds to days, weekdays, months or years.
enum class FillDates {
  kTell,      ///< gaps and times that come twice are told and stay; times that go back are an error
  kFail,      ///< all three are an error
  kDrop,      ///< sorted; values of one time become their mean; gaps stay, and the series goes on over them
  kPrevious,  ///< the same, and times that lack get the value before them
  kInterpolate,  ///< the same, and times that lack get values on the line between their neighbours
};
/// "tell", "fail", "drop", "previous" and "interpolate".
std::string name(FillDates way);
/// Throws InvalidArgument, suggesting the nearest, for another name.
FillDates fill_dates_from(const std::string& name);

/// Puts it into what a model knows of its data, so that its file keeps it, or into what load_data is told to
/// be known:
///
///   DataOptions options{.needs = {.samples = SampleKind::kSeries}};
///   remember_fill_dates(options.needs.known, FillDates::kInterpolate);
///   LabelledData series = load_data("readings.csv", options);
///
/// @param info  of the model (Model::data_info), or DataNeeds::known.
/// @param way   how the series is held to its times.
void remember_fill_dates(DataInfo& info, FillDates way);
/// What is known of it; absent where nobody said it, which is kTell.
/// @param info  of the model. Throws FileError for a word that is none of these.
std::optional<FillDates> known_fill_dates(const DataInfo& info);

}  // namespace lamina
