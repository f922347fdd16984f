// Versions are read from headers or cheap calls: nothing here may wake a library up (`lamina doctor` is
// instant).
#include "lamina/base/version.h"

#include <dnnl.h>
#include <fmt/core.h>
#include <hwy/highway.h>
#include <zip.h>
#include <zlib.h>

#include <nlohmann/json.hpp>

namespace lamina {

const char* version() { return LAMINA_VERSION; }

std::vector<std::pair<std::string, std::string>> library_versions() {
  const dnnl_version_t* dnnl = dnnl_version();
  return {
      {"oneDNN", fmt::format("{}.{}.{}", dnnl->major, dnnl->minor, dnnl->patch)},
      {"Highway", fmt::format("{}.{}.{}", HWY_MAJOR, HWY_MINOR, HWY_PATCH)},
      {"libzip", zip_libzip_version()},
      {"zlib", zlibVersion()},
      {"nlohmann-json", fmt::format("{}.{}.{}", NLOHMANN_JSON_VERSION_MAJOR, NLOHMANN_JSON_VERSION_MINOR,
                                    NLOHMANN_JSON_VERSION_PATCH)},
      {"fmt", fmt::format("{}.{}.{}", FMT_VERSION / 10000, FMT_VERSION / 100 % 100, FMT_VERSION % 100)},
#ifdef __clang__
      {"compiler", fmt::format("Clang {}.{}.{}", __clang_major__, __clang_minor__, __clang_patchlevel__)},
#else
      {"compiler", fmt::format("GCC {}.{}.{}", __GNUC__, __GNUC_MINOR__, __GNUC_PATCHLEVEL__)},
#endif
  };
}

}  // namespace lamina
