// True and False among the cells of a column of numbers: all of it, or none. Internal header.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "lamina/base/error.h"
#include "lamina/data/detail/cells.h"

namespace lamina::detail {

/// What one column holds. A single True among prices is no 1: pandas makes such a column one of objects.
class Truths {
 public:
  void number() { kinds_ |= 1; }
  /// Whether the field is True or False, as which number. `place()` says where it stands.
  template <class Place>
  bool take(std::string_view field, double& value, Place&& place) {
    if (!is_truth(field, value)) return false;
    if (first_.empty()) first_ = place() + " holds " + shown(field);
    kinds_ |= 2;
    return true;
  }
  /// Throws FileError where there were both, naming the first of the truths behind `source`.
  void check(const std::string& source = "") const {
    if (kinds_ == 3)
      throw FileError(source + first_ +
                      ", and other rows hold numbers: mend it, or write all of them as numbers");
  }

 private:
  uint8_t kinds_ = 0;
  std::string first_;
};

}  // namespace lamina::detail
