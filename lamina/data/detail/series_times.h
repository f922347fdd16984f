// The times of a series: how far apart they are, and what is done where that changes. Internal header.
#pragma once

#include <string>
#include <vector>

#include "lamina/data/fill_dates.h"

namespace lamina::detail {

/// Looks for times that lack, come twice or go back, where they are written as in ISO 8601 and seven in ten
/// are one step apart: seconds, weekdays or months. What is found, and done, is told to the log; texts that
/// look like other dates are told, too.
/// @param times   of the rows that have a value, as text.
/// @param values  of these rows. Both are sorted and filled by the ways that do so.
/// @param rows    what these rows are called in messages, a number for each.
/// @param way     what to do.
/// @param name    what to call the table in messages.
/// Throws FileError for kFail where something is found, and for ways that fill where there is no step, times
/// are between two steps, or ten times as many lack as there are.
void settle_times(std::vector<std::string>& times, std::vector<float>& values, std::vector<size_t> rows,
                  FillDates way, const std::string& name);

}  // namespace lamina::detail
