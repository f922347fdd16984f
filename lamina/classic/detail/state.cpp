// Refusing values.
#include "lamina/classic/detail/state.h"

#include "lamina/classic/detail/options.h"

namespace lamina::classic::detail {

void refuse(const std::string& where, const char* name, const char* what, const Json& value) {
  throw InvalidArgument(where + ": " + name + " must be " + what + ", received " + value.dump());
}

void require(bool fine, const std::string& where, const char* name, const char* what, const Json& value) {
  if (!fine) refuse(where, name, what, value);
}

void unknown_option(const std::string& class_name, const std::string& name,
                    const std::vector<const char*>& known) {
  throw InvalidArgument(class_name + " has no parameter '" + name + "'" +
                        suggest(name, {known.begin(), known.end()}));
}

}  // namespace lamina::classic::detail
