// Where backends make themselves known, before main. For authors of backends: lamina.h leaves it out.
#pragma once

#include "lamina/backend/backend.h"

namespace lamina {

/// Returns the backend of device `index` of one kind, which is never destroyed, or null with the reason in
/// `why`.
using BackendFactory = Backend* (*)(int index, std::string& why);

struct BackendRegistration {
  BackendRegistration(DeviceKind kind, BackendFactory factory);
};

/// Whether this build has a backend for such devices.
bool has_backend(DeviceKind kind);

}  // namespace lamina
