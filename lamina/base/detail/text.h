// Numbers and names as people read them.
#pragma once

#include <cstdint>
#include <string>

namespace lamina::detail {

/// "54,000"
std::string grouped(int64_t value);

/// "val loss" for "val_loss"
std::string spaced(std::string name);

}  // namespace lamina::detail
