# Toolchain: GCC for 64-bit Arm on another machine, and an emulator for what it makes. LAMINA_SYSROOT is the folder with
# the libraries for arm64, as scripts/aarch64 fetches them.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_CXX_COMPILER aarch64-linux-gnu-g++)
set(CMAKE_LIBRARY_ARCHITECTURE aarch64-linux-gnu)

set(LAMINA_SYSROOT "" CACHE PATH "Folder with usr/include and usr/lib/aarch64-linux-gnu of the libraries that Lamina needs")
set(CMAKE_TRY_COMPILE_PLATFORM_VARIABLES LAMINA_SYSROOT)
set(CMAKE_SYSROOT ${LAMINA_SYSROOT})
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)
set(ENV{PKG_CONFIG_SYSROOT_DIR} ${LAMINA_SYSROOT})
set(ENV{PKG_CONFIG_LIBDIR} ${LAMINA_SYSROOT}/usr/lib/aarch64-linux-gnu/pkgconfig:${LAMINA_SYSROOT}/usr/share/pkgconfig)

set(CMAKE_CROSSCOMPILING_EMULATOR qemu-aarch64 -L ${LAMINA_SYSROOT})
