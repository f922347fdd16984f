// The date that written files state. For authors of formats: lamina.h leaves it out.
#pragma once

#include <ctime>

namespace lamina {

/// Now, in local time; or, when the environment variable SOURCE_DATE_EPOCH is set, the moment it states
/// (whole seconds since 1970 began), in UTC, so that the same work gives the same bytes: see
/// https://reproducible-builds.org/specs/source-date-epoch. Throws InvalidArgument when it states none.
std::tm file_date();

}  // namespace lamina
