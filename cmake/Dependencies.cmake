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
pkg_check_modules(pcre2 REQUIRED IMPORTED_TARGET libpcre2-8)
# The messages of ONNX files: the small run time. Debian's archive of it is not made for shared libraries.
find_program(PROTOC protoc REQUIRED)
find_path(PROTOBUF_INCLUDE_DIR google/protobuf/message_lite.h REQUIRED)
find_library(PROTOBUF_LITE_LIBRARY protobuf-lite REQUIRED)
# The tables of TFLite files: headers alone.
find_program(FLATC flatc REQUIRED)
find_path(FLATBUFFERS_INCLUDE_DIR flatbuffers/flatbuffers.h REQUIRED)
pkg_check_modules(turbojpeg REQUIRED IMPORTED_TARGET libturbojpeg)
pkg_check_modules(webp REQUIRED IMPORTED_TARGET libwebp libwebpdemux)

# Debian's CMake file for oneDNN asks for OpenCL headers that its CPU part does not need: find the library itself.
find_path(ONEDNN_INCLUDE_DIR dnnl.hpp REQUIRED)
find_library(ONEDNN_LIBRARY dnnl REQUIRED)

add_library(lamina_dependencies INTERFACE)
target_link_libraries(lamina_dependencies INTERFACE
  ${ONEDNN_LIBRARY} PkgConfig::libzip PkgConfig::lzma PkgConfig::turbojpeg PkgConfig::webp
  PkgConfig::utf8proc PkgConfig::pcre2 PNG::PNG ZLIB::ZLIB
  nlohmann_json::nlohmann_json fmt::fmt Threads::Threads gomp ${CMAKE_DL_LIBS})
target_link_libraries(lamina_dependencies INTERFACE ${PROTOBUF_LITE_LIBRARY})
target_include_directories(lamina_dependencies SYSTEM INTERFACE ${ONEDNN_INCLUDE_DIR} ${HIGHWAY_INCLUDE_DIR}
                           ${PROTOBUF_INCLUDE_DIR})

# Apache Arrow, which Debian 12 does not have, for the library of its own that reads Parquet files: from its CMake files, or,
# where there are none, from a folder like that of pyarrow's wheel. Both give the target lamina_arrow.
set(LAMINA_PARQUET AUTO CACHE STRING "Read Parquet files by Apache Arrow: AUTO (where it is found), ON or OFF")
set(LAMINA_ARROW_ROOT "" CACHE PATH "Folder with include/ and libraries of Arrow without CMake files: pyarrow's, say")
set_property(CACHE LAMINA_PARQUET PROPERTY STRINGS AUTO ON OFF)
if(LAMINA_PARQUET)
  if(LAMINA_ARROW_ROOT)
    file(GLOB arrow_libraries ${LAMINA_ARROW_ROOT}/libarrow.so* ${LAMINA_ARROW_ROOT}/lib/libarrow.so*)
    file(GLOB parquet_libraries ${LAMINA_ARROW_ROOT}/libparquet.so* ${LAMINA_ARROW_ROOT}/lib/libparquet.so*)
    find_path(LAMINA_ARROW_INCLUDE_DIR parquet/arrow/reader.h PATHS ${LAMINA_ARROW_ROOT}/include NO_DEFAULT_PATH)
    if(arrow_libraries AND parquet_libraries AND LAMINA_ARROW_INCLUDE_DIR)
      list(GET arrow_libraries 0 arrow_library)
      list(GET parquet_libraries 0 parquet_library)
      add_library(lamina_arrow INTERFACE)
      target_include_directories(lamina_arrow SYSTEM INTERFACE ${LAMINA_ARROW_INCLUDE_DIR})
      target_link_libraries(lamina_arrow INTERFACE ${parquet_library} ${arrow_library})
    endif()
  else()
    find_package(Arrow CONFIG QUIET)
    find_package(Parquet CONFIG QUIET)
    if(TARGET Parquet::parquet_shared AND TARGET Arrow::arrow_shared)
      add_library(lamina_arrow INTERFACE)
      target_link_libraries(lamina_arrow INTERFACE Parquet::parquet_shared Arrow::arrow_shared)
    endif()
  endif()
  if(TARGET lamina_arrow)
    message(STATUS "Parquet: read by Apache Arrow")
  elseif(LAMINA_PARQUET STREQUAL "AUTO" AND NOT LAMINA_ARROW_ROOT)
    message(STATUS "Parquet: not read, since Apache Arrow is not here (docs/dependencies.md)")
  else()
    message(FATAL_ERROR "Apache Arrow with Parquet is not found (LAMINA_PARQUET is ${LAMINA_PARQUET}): set "
                        "CMAKE_PREFIX_PATH to where it is installed, or LAMINA_ARROW_ROOT to the folder of pyarrow")
  endif()
endif()

# FFmpeg's libraries, for the library of its own that reads and writes videos: they bring 118 MB.
set(LAMINA_VIDEO AUTO CACHE STRING "Read and write videos by FFmpeg's libraries: AUTO (where they are found), ON or OFF")
set_property(CACHE LAMINA_VIDEO PROPERTY STRINGS AUTO ON OFF)
if(LAMINA_VIDEO)
  pkg_check_modules(ffmpeg QUIET IMPORTED_TARGET libavformat>=59 libavcodec>=59 libavutil>=57 libswscale>=6)
  if(ffmpeg_FOUND)
    message(STATUS "Videos: by FFmpeg's libraries")
  elseif(LAMINA_VIDEO STREQUAL "AUTO")
    message(STATUS "Videos: none, since FFmpeg's libraries are not here (docs/dependencies.md)")
  else()
    message(FATAL_ERROR "FFmpeg's libraries are not found (LAMINA_VIDEO is ON); on Debian: apt-get install libavformat-dev "
                        "libavcodec-dev libavutil-dev libswscale-dev")
  endif()
endif()
