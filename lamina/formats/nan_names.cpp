// Naming the arrays that hold NaN.
#include "lamina/formats/detail/nan_names.h"

#include "lamina/base/detail/text.h"
#include "lamina/base/log.h"
#include "lamina/formats/tensor_statistics.h"

namespace lamina::detail {
namespace {

constexpr size_t kMost = 10;

}  // namespace

void NanNames::look(const std::string& name, const Tensor& array) {
  if (!has_nan(array)) return;
  const std::lock_guard lock(lock_);
  if (count_ > 0 && name == last_) return;
  last_ = name;
  if (++count_ <= kMost) list_ += (count_ > 1 ? ", '" : "'") + excerpt(name, 200) + "'";
}

void NanNames::warn_about(const std::string& file) const {
  const std::lock_guard lock(lock_);
  if (count_ == 0) return;
  warn("'" + file + "' has weights that are NaN: " + list_ +
       (count_ > kMost ? " and " + std::to_string(count_ - kMost) + " more" : ""));
}

}  // namespace lamina::detail
