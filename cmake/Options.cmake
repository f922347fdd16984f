# Compile options that every target of the project shares.
add_library(lamina_options INTERFACE)
target_compile_options(lamina_options INTERFACE -Wall -Wextra $<$<BOOL:${LAMINA_WERROR}>:-Werror>)
# GCC 12 sees overlapping copies in std::string's operator+ where there are none (GCC bug 105651).
target_compile_options(lamina_options INTERFACE $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict>)
if(LAMINA_SANITIZE)
  target_compile_options(lamina_options INTERFACE -fsanitize=${LAMINA_SANITIZE} -fno-omit-frame-pointer
                                                  -fno-sanitize-recover=all)
  target_link_options(lamina_options INTERFACE -fsanitize=${LAMINA_SANITIZE})
  if(LAMINA_SANITIZE MATCHES "address" AND CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
    # A call for each check in place of its code: half the compiler's time, and a tenth on unrolled vector code.
    target_compile_options(lamina_options INTERFACE -fsanitize-address-outline-instrumentation)
  endif()
endif()
