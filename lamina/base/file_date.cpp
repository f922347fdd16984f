// Reads the clock, or the variable that stands for it.
#include "lamina/base/file_date.h"

#include <charconv>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "lamina/base/error.h"

namespace lamina {

std::tm file_date() {
  std::tm date{};
  const char* const fixed = std::getenv("SOURCE_DATE_EPOCH");
  if (!fixed) {
    const std::time_t now = std::time(nullptr);
    localtime_r(&now, &date);
    return date;
  }
  const std::string text = fixed;
  int64_t seconds = -1;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  constexpr int64_t kYear10000 = 253402300800;
  if (error != std::errc() || end != text.data() + text.size() || seconds < 0 || seconds >= kYear10000) {
    throw InvalidArgument("SOURCE_DATE_EPOCH must be whole seconds since 1970, before the year 10000; got '" +
                          text.substr(0, 40) + "'");
  }
  const auto moment = static_cast<std::time_t>(seconds);
  gmtime_r(&moment, &date);
  return date;
}

}  // namespace lamina
