# Third-party parts, linked privately. docs/dependencies.md says why each is here and what it weighs.
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
find_package(nlohmann_json 3.11 REQUIRED)
find_package(fmt 9 REQUIRED)
find_package(CLI11 2.1 REQUIRED)
find_package(ZLIB REQUIRED)
find_package(PNG 1.6 REQUIRED)
# Headers alone, included as <eigen3/Eigen/...> by the one file that needs them: no flag for all others.
find_path(EIGEN_INCLUDE_DIR eigen3/Eigen/QR REQUIRED)
# Headers alone, too: lamina/base/instruction_sets.cpp says why.
find_path(HIGHWAY_INCLUDE_DIR hwy/highway.h REQUIRED)
pkg_check_modules(libzip REQUIRED IMPORTED_TARGET libzip)
pkg_check_modules(lzma REQUIRED IMPORTED_TARGET liblzma)
pkg_check_modules(utf8proc REQUIRED IMPORTED_TARGET libutf8proc)
pkg_check_modules(turbojpeg REQUIRED IMPORTED_TARGET libturbojpeg)
pkg_check_modules(webp REQUIRED IMPORTED_TARGET libwebp libwebpdemux)

# Debian's CMake file for oneDNN asks for OpenCL headers that its CPU part does not need: find the library itself.
find_path(ONEDNN_INCLUDE_DIR dnnl.hpp REQUIRED)
find_library(ONEDNN_LIBRARY dnnl REQUIRED)

add_library(lamina_dependencies INTERFACE)
target_link_libraries(lamina_dependencies INTERFACE
  ${ONEDNN_LIBRARY} PkgConfig::libzip PkgConfig::lzma PkgConfig::turbojpeg PkgConfig::webp
  PkgConfig::utf8proc PNG::PNG ZLIB::ZLIB
  nlohmann_json::nlohmann_json fmt::fmt Threads::Threads gomp ${CMAKE_DL_LIBS})
target_include_directories(lamina_dependencies SYSTEM INTERFACE ${ONEDNN_INCLUDE_DIR} ${HIGHWAY_INCLUDE_DIR})
