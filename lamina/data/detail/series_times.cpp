// Times as numbers of a calendar, in which each step is as long as the others.
#include "lamina/data/detail/series_times.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <map>
#include <numeric>
#include <optional>

#include "lamina/base/detail/text.h"
#include "lamina/base/error.h"
#include "lamina/base/log.h"
#include "lamina/data/detail/cells.h"
#include "lamina/data/detail/feature_cells.h"

namespace lamina::detail {
namespace {

namespace chrono = std::chrono;

constexpr int64_t kDay = 86400;
constexpr size_t kFewest = 4;  // times that show a step

int64_t days_of(int64_t seconds) { return seconds / kDay - (seconds % kDay < 0); }

chrono::year_month_day date_of(int64_t seconds) {
  return chrono::year_month_day{chrono::sys_days{chrono::days{days_of(seconds)}}};
}

// Days since 1970 that are no Saturday and no Sunday; 1970 began on a Thursday.
int64_t weekday_number(int64_t days) {
  const int64_t from_monday = days + 3, weeks = from_monday / 7 - (from_monday % 7 < 0);
  return weeks * 5 + std::min<int64_t>(from_monday - weeks * 7, 5);
}

bool is_month(const std::string& time) { return time.size() == 7 && looks_like_a_date(time + "-01"); }

// In seconds since 1970; absent where one of them is not understood.
std::optional<std::vector<int64_t>> moments_of(const std::vector<std::string>& times,
                                               const std::string& name) {
  TextColumn whole("time");
  for (const std::string& time : times) whole.push_back(is_month(time) ? time + "-01" : time);
  std::vector<int64_t> moments;
  for (size_t row = 0; row < times.size(); ++row) {
    if (!looks_like_a_date(whole[row])) return std::nullopt;
    try {
      moments.push_back(std::llround(date_parts(whole, row)[0] * kDay));
    } catch (const InvalidArgument& error) {
      throw FileError("'" + name + "': " + error.what());
    }
  }
  return moments;
}

// Units of time of which steps are a number: all days of a month are one, and so are a weekend and its
// Friday.
class Calendar {
 public:
  explicit Calendar(const std::vector<int64_t>& moments) {
    const auto all = [&](auto holds) { return std::all_of(moments.begin(), moments.end(), holds); };
    const auto first = date_of(moments[0]);
    const int64_t of_day = moments[0] - days_of(moments[0]) * kDay;
    const bool same_time = all([&](int64_t at) { return at - days_of(at) * kDay == of_day; });
    of_day_ = of_day;
    day_ = first.day();
    at_ends_ = same_time && all([](int64_t at) { return date_of(at + kDay).month() != date_of(at).month(); });
    const bool same_day = all([&](int64_t at) { return date_of(at).day() == first.day(); });
    if (same_time && (same_day || at_ends_)) {
      unit_ = Unit::kMonth;
      return;
    }
    const bool no_weekend = all([](int64_t at) { return weekday_of(at) < 5; });
    const bool every_weekday = [&] {
      std::vector<bool> seen(7);
      for (const int64_t at : moments) seen[static_cast<size_t>(weekday_of(at))] = true;
      return std::count(seen.begin(), seen.end(), true) == 5;
    }();
    if (same_time && no_weekend && every_weekday && moments.back() - moments.front() >= 7 * kDay)
      unit_ = Unit::kWeekday;
  }

  int64_t number(int64_t moment) const {
    if (unit_ == Unit::kSecond) return moment;
    if (unit_ == Unit::kWeekday) return weekday_number(days_of(moment));
    const auto date = date_of(moment);
    return static_cast<int64_t>(static_cast<int>(date.year())) * 12 + static_cast<unsigned>(date.month()) - 1;
  }

  int64_t moment(int64_t number) const {
    if (unit_ == Unit::kSecond) return number;
    const auto weeks = number / 5 - (number % 5 < 0);
    if (unit_ == Unit::kWeekday) return (weeks * 7 + (number - weeks * 5) - 3) * kDay + of_day_;
    const auto years = number / 12 - (number % 12 < 0);
    const chrono::year_month month{chrono::year(static_cast<int>(years)),
                                   chrono::month(static_cast<unsigned>(number - years * 12 + 1))};
    const chrono::sys_days day =
        at_ends_ ? chrono::sys_days{month / chrono::last} : chrono::sys_days{month / day_};
    return static_cast<int64_t>(day.time_since_epoch().count()) * kDay + of_day_;
  }

 private:
  enum class Unit { kSecond, kWeekday, kMonth };
  static int64_t weekday_of(int64_t moment) { return ((days_of(moment) + 3) % 7 + 7) % 7; }

  Unit unit_ = Unit::kSecond;
  int64_t of_day_ = 0;
  chrono::day day_{1};
  bool at_ends_ = false;
};

// A moment as a time of the series is written.
std::string written_as(const std::string& like, int64_t moment) {
  const auto date = date_of(moment);
  const int64_t of_day = moment - days_of(moment) * kDay;
  char text[40];
  std::snprintf(text, sizeof text, "%04d-%02u-%02u", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
  std::string result = std::string(text).substr(0, std::min<size_t>(10, like.size()));
  if (like.size() < 16) return result;
  std::snprintf(text, sizeof text, "%02d:%02d:%02d", static_cast<int>(of_day / 3600),
                static_cast<int>(of_day / 60 % 60), static_cast<int>(of_day % 60));
  const bool seconds = like.size() >= 19 && like[16] == ':';
  return result + like[10] + std::string(text).substr(0, seconds ? 8 : 5) + like.substr(seconds ? 19 : 16);
}

// What the numbers of the calendar show.
struct Found {
  int64_t step = 0;  // 0: none
  size_t gaps = 0, twice = 0, back = 0;
  size_t first_gap = 0, first_twice = 0, first_back = 0;  // the later of two rows
  int64_t lacking = 0;

  explicit Found(const std::vector<int64_t>& numbers) {
    std::map<int64_t, size_t> steps;
    for (size_t row = 1; row < numbers.size(); ++row) ++steps[numbers[row] - numbers[row - 1]];
    const auto most = std::max_element(steps.begin(), steps.end(),
                                       [](const auto& a, const auto& b) { return a.second < b.second; });
    const bool shows =
        numbers.size() >= kFewest && most->first > 0 && most->second * 10 >= 7 * (numbers.size() - 1);
    step = shows ? most->first : 0;
    const auto count = [](size_t row, size_t& all, size_t& first) {
      if (all++ == 0) first = row;
    };
    for (size_t row = 1; row < numbers.size(); ++row) {
      const int64_t apart = numbers[row] - numbers[row - 1];
      if (apart < 0) count(row, back, first_back);
      if (apart == 0) count(row, twice, first_twice);
      if (step == 0 || apart <= step) continue;
      count(row, gaps, first_gap);
      lacking += apart / step - 1;
    }
  }
};

class Settled {
 public:
  Settled(std::vector<std::string>& times, std::vector<float>& values, std::vector<size_t> rows,
          std::vector<int64_t> moments, FillDates way, const std::string& name)
      : times_(times),
        values_(values),
        rows_(std::move(rows)),
        moments_(std::move(moments)),
        way_(way),
        name_("'" + name + "': ") {}

  void run() {
    if (way_ == FillDates::kTell || way_ == FillDates::kFail) return look();
    sort();
    const Calendar calendar(moments_);
    const Found found(numbers(calendar));
    if (way_ == FillDates::kDrop) {
      if (found.gaps > 0) warn(name_ + gaps_of(found) + ": the series goes on as if there was none");
      return;
    }
    if (found.step == 0) {
      throw FileError(
          name_ +
          "fewer than seven in ten of its times are equally far apart, so that nobody can say which "
          "lack (--fill-dates drop takes them as they are)");
    }
    if (found.gaps > 0) fill(calendar, found);
  }

 private:
  std::vector<int64_t> numbers(const Calendar& calendar) const {
    std::vector<int64_t> numbers;
    for (const int64_t moment : moments_) numbers.push_back(calendar.number(moment));
    return numbers;
  }

  std::string two(size_t row, const char* between) const {
    return shown(times_[row - 1]) + between + shown(times_[row]) + ", rows " +
           std::to_string(rows_[row - 1]) + " and " + std::to_string(rows_[row]);
  }

  std::string gaps_of(const Found& found) const {
    return count_of(found.lacking, "time") + " of the series " + (found.lacking == 1 ? "is" : "are") +
           " missing, in " + count_of(static_cast<int64_t>(found.gaps), "gap") + "; the first is between " +
           two(found.first_gap, " and ");
  }

  void look() const {
    const Found found(numbers(Calendar(moments_)));
    const bool fails = way_ == FillDates::kFail;
    const std::string advice = " (--fill-dates says what else to do)";
    if (found.twice > 0) {
      const std::string what = name_ + count_of(static_cast<int64_t>(found.twice), "time") +
                               (found.twice == 1 ? " comes" : " come") + " twice, the first " +
                               two(found.first_twice, " and ");
      if (fails) throw FileError(what + advice);
      warn(what + ": all of these rows are values of the series" + advice);
    }
    if (found.back > 0 && fails)
      throw FileError(name_ + "its times go back: " + two(found.first_back, " is before ") + advice);
    if (found.gaps == 0) return;
    if (fails) throw FileError(name_ + gaps_of(found) + advice);
    warn(name_ + gaps_of(found) + ": the series goes on as if there was none" + advice);
  }

  // By time; rows of one time become one, with the mean of their values.
  void sort() {
    const std::vector<int64_t> before = moments_;
    std::vector<size_t> order(before.size());
    std::iota(order.begin(), order.end(), size_t{0});
    std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return before[a] < before[b]; });
    if (!std::is_sorted(before.begin(), before.end()))
      warn(name_ + "its rows are sorted by time, which went back");
    std::vector<std::string> times;
    std::vector<float> values;
    std::vector<size_t> rows;
    moments_.clear();
    size_t merged = 0;
    for (size_t i = 0; i < order.size();) {
      size_t end = i;
      double sum = 0;
      while (end < order.size() && before[order[end]] == before[order[i]]) sum += values_[order[end++]];
      times.push_back(times_[order[i]]);
      values.push_back(static_cast<float>(sum / static_cast<double>(end - i)));
      moments_.push_back(before[order[i]]);
      rows.push_back(rows_[order[i]]);
      merged += end - i > 1;
      i = end;
    }
    if (merged > 0)
      warn(name_ + count_of(static_cast<int64_t>(merged), "time") + (merged == 1 ? " comes" : " come") +
           " more than once; the mean of the values there is taken");
    times_ = std::move(times);
    values_ = std::move(values);
    rows_ = std::move(rows);
  }

  void fill(const Calendar& calendar, const Found& found) {
    if (found.lacking > 10 * static_cast<int64_t>(times_.size()) + 100)
      throw FileError(name_ + gaps_of(found) +
                      ", more than ten times as many as there are: is one of its dates wrong?");
    const std::vector<int64_t> at = numbers(calendar);
    std::vector<std::string> times{times_[0]};
    std::vector<float> values{values_[0]};
    for (size_t row = 1; row < at.size(); ++row) {
      const int64_t apart = at[row] - at[row - 1], steps = apart / found.step;
      if (apart % found.step != 0)
        throw FileError(name_ + "the times " + two(row, " and ") +
                        ", are no whole number of steps apart (--fill-dates drop takes them as they are)");
      for (int64_t i = 1; i < steps; ++i) {
        const double share =
            way_ == FillDates::kPrevious ? 0 : static_cast<double>(i) / static_cast<double>(steps);
        times.push_back(written_as(times_[row - 1], calendar.moment(at[row - 1] + i * found.step)));
        values.push_back(
            static_cast<float>(values_[row - 1] + share * (double{values_[row]} - values_[row - 1])));
      }
      times.push_back(times_[row]);
      values.push_back(values_[row]);
    }
    warn(name_ + gaps_of(found) + ": filled with " +
         (way_ == FillDates::kPrevious ? "the values before them"
                                       : "values on the line between their neighbours") +
         " (--fill-dates)");
    times_ = std::move(times);
    values_ = std::move(values);
  }

  std::vector<std::string>& times_;
  std::vector<float>& values_;
  std::vector<size_t> rows_;
  std::vector<int64_t> moments_;
  FillDates way_;
  std::string name_;
};

}  // namespace

void settle_times(std::vector<std::string>& times, std::vector<float>& values, std::vector<size_t> rows,
                  FillDates way, const std::string& name) {
  if (times.size() < 2) return;
  auto moments = moments_of(times, name);
  if (moments) return Settled(times, values, std::move(rows), std::move(*moments), way, name).run();
  if (looks_like_another_date(times[0])) {
    warn("'" + name + "': times such as " + shown(times[0]) +
         " are not understood, so that nobody looks whether they go forward, or what season they have; " +
         date_format_hint());
  } else if (way != FillDates::kTell) {
    warn("'" + name + "': times such as " + shown(times[0]) +
         " are no dates as in ISO 8601, so that nobody looks for gaps (--fill-dates)");
  }
}

}  // namespace lamina::detail
