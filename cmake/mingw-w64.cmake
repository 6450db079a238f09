# Toolchain file: for 64-bit Windows, by mingw-w64. Tests run in Wine. tests/windows.sh uses it, and says where GLib is to
# be had.
# SPDX-License-Identifier: GPL-2.0-or-later
set(CMAKE_SYSTEM_NAME Windows)
set(CMAKE_SYSTEM_PROCESSOR x86_64)
set(mingw x86_64-w64-mingw32)
set(CMAKE_C_COMPILER ${mingw}-gcc)
set(CMAKE_RC_COMPILER ${mingw}-windres)
find_program(wine NAMES wine64 wine PATHS /usr/lib/wine)
set(CMAKE_CROSSCOMPILING_EMULATOR ${wine})

# GLib in IPSEC_WINDOWS_PREFIX, what Debian has as packages beside the compiler.
list(APPEND CMAKE_TRY_COMPILE_PLATFORM_VARIABLES IPSEC_WINDOWS_PREFIX)
set(CMAKE_FIND_ROOT_PATH /usr/${mingw} ${IPSEC_WINDOWS_PREFIX})
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)
set(ENV{PKG_CONFIG_LIBDIR} ${IPSEC_WINDOWS_PREFIX}/lib/pkgconfig:/usr/${mingw}/lib/pkgconfig)
