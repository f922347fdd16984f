// Errors of reading, named after their file.
#include "lamina/formats/detail/reading.h"

#include <new>
#include <stdexcept>
#include <string_view>

#include "lamina/base/detail/text.h"
#include "lamina/base/error.h"

namespace lamina::detail {
namespace {

constexpr size_t kMostText = 4000;

std::string named(const std::string& name, std::string_view text) {
  const std::string file = excerpt(name, 1000);
  const bool has_name = text.find(name) != std::string_view::npos;
  return excerpt(has_name ? std::string(text) : "'" + file + "': " + std::string(text), kMostText);
}

}  // namespace

void rethrow_for(const std::string& name) {
  try {
    throw;
  } catch (const InternalError& error) {
    throw InternalError(named(name, error.what()));
  } catch (const Error& error) {
    throw FileError(named(name, error.what()));
  } catch (const std::bad_alloc&) {
    throw FileError(named(name, "it needs more memory than there is"));
  } catch (const std::length_error&) {
    throw FileError(named(name, "it needs more memory than there is"));
  } catch (const std::exception& error) {
    throw InternalError(named(name, error.what()));
  }
}

}  // namespace lamina::detail
