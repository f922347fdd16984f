# Compile options that every target of the project shares.
add_library(lamina_options INTERFACE)
target_compile_options(lamina_options INTERFACE -Wall -Wextra $<$<BOOL:${LAMINA_WERROR}>:-Werror>)
# GCC 12 sees overlapping and endless copies in std::string where there are none (GCC bugs 105651, 105329), the more so
# when <string> comes from a precompiled header; Clang's sanitizers find those that are real.
target_compile_options(lamina_options INTERFACE
                       $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict;-Wno-stringop-overflow;-Wno-array-bounds>)
# What is written is what is rounded: a product and a sum are one step where the code says so (MulAdd, std::fma), and on no
# machine else. GCC would join them wherever the processor can, on Arm everywhere, on x86 in vector code alone, and each
# would train to other bits. Before the precompiled headers, from which GCC takes the option again.
target_compile_options(lamina_options INTERFACE -ffp-contract=off)
if(LAMINA_SANITIZE)
  target_compile_options(lamina_options INTERFACE -fsanitize=${LAMINA_SANITIZE} -fno-omit-frame-pointer
                                                  -fno-sanitize-recover=all)
  target_link_options(lamina_options INTERFACE -fsanitize=${LAMINA_SANITIZE})
  if(LAMINA_SANITIZE MATCHES "address" AND CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
    # A call for each check in place of its code: half the compiler's time, and a tenth on unrolled vector code.
    target_compile_options(lamina_options INTERFACE -fsanitize-address-outline-instrumentation)
  endif()
endif()

# A compiler cache is used where there is one: a second checkout, or a change that is taken back, compiles nothing twice.
# Paths are taken relative to the source tree, and a precompiled header is known by its content.
find_program(LAMINA_CCACHE ccache DOC "Compiler cache; OFF to build without")
if(LAMINA_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER AND PROJECT_IS_TOP_LEVEL)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env CCACHE_BASEDIR=${PROJECT_SOURCE_DIR} CCACHE_NOHASHDIR=1
      CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime ${LAMINA_CCACHE})
endif()
# Without it Clang writes the time of each header into a precompiled header, and no cache would find it again.
add_compile_options("$<$<CXX_COMPILER_ID:Clang>:SHELL:-Xclang -fno-pch-timestamp>")

# The standard headers that most files include, parsed once for each target: a quarter of the compiler's time. Our own
# headers are left out on purpose: they add nothing to that, and a change of one would compile everything again. A file
# still includes what it uses; CMAKE_DISABLE_PRECOMPILE_HEADERS=ON shows where one does not.
set(LAMINA_PRECOMPILED <algorithm> <array> <charconv> <cmath> <cstdint> <cstring> <functional> <limits> <map> <memory>
                       <numeric> <optional> <span> <string> <string_view> <unordered_map> <utility> <variant> <vector>)
