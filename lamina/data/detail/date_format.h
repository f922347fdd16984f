// Dates as tables write them. Internal header.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lamina::detail {

/// A way to write dates, in the words of strptime: %d/%m/%Y.
class DateFormat {
 public:
  /// @param format  of %Y (four digits), %y (two; 69 to 99 are of the last century), %m, %d, %b and %B
  /// (English
  ///                names of months), %H, %I with %p, %M, %S, %f (digits behind the seconds), %% and text
  ///                that stands as it is. Numbers may lack leading zeros.
  /// Throws InvalidArgument for others, and for a format without year, month and day.
  explicit DateFormat(const std::string& format);

  /// The same as ISO 8601: 2020-02-29, and 2020-02-29T23:59:59 where the format has a time of day. Absent
  /// where the field is not written so. Whether the day exists is not looked at.
  std::optional<std::string> iso(std::string_view field) const;

 private:
  std::string format_;
  bool has_time_ = false;
};

/// What to say behind a field that may be a date in another form than ISO 8601: which option helps.
std::string date_format_hint();

}  // namespace lamina::detail
