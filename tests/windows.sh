#!/bin/sh
# Builds the core and its unit tests for 64-bit Windows by mingw-w64, and runs them in Wine. The rest of the plugin is
# compiled, and not linked: there is no Wireshark for Windows here.
#
#   tests/windows.sh
#
# What passes here is tested in Wine, not on Windows. The chroot is of Debian 12; for what it needs see chroots.sh. GLib
# is built in it the first time (windows_glib.sh). Takes a minute and a half of processor time; the first time four
# minutes, and 2 GB.
#
# SPDX-License-Identifier: GPL-2.0-or-later
set -eu

packages="gcc-mingw-w64-x86-64-win32 libgcrypt-mingw-w64-dev libgpg-error-mingw-w64-dev libz-mingw-w64-dev cmake
          ninja-build meson pkg-config python3 dpkg-dev xz-utils wine64"
prefix=/opt/windows
mingw=/usr/x86_64-w64-mingw32

# shellcheck source=tests/chroots.sh
. "$(dirname "$0")/chroots.sh"

root=$chroots/windows
source=$work/source

# Wine keeps its drive C: and its registry in a folder, and a server that ends when nothing runs any more. What it
# knows to be missing (windows, sound, Gecko) no test asks for. GLib asks LANG for what a console would tell.
in_windows()
{
    in_chroot "$root" env WINEPREFIX="$work/wine" LANG=C.UTF-8 WINEDEBUG=-all WINEDLLOVERRIDES=mscoree,mshtml= \
        WINEPATH="Z:$prefix/bin;Z:$mingw/bin;Z:$mingw/lib" "$@"
}

# The last of its files tells that all are there.
make_glib()
{
    [ -e "$root$prefix/lib/pkgconfig/gmodule-2.0.pc" ] ||
        in_chroot "$root" sh "$source/tests/windows_glib.sh" "$prefix" "$source/cmake/mingw-w64.cmake"
}

compile_module()
{
    # shellcheck disable=SC2016 # expanded by the inner shell
    in_chroot "$root" sh -c 'for file in "$1"/plugin/epan/*.c; do
            "$3-gcc" -std=c11 -Wall -Wextra -Werror -fsyntax-only "-DIPSEC_ANALYSIS_VERSION=\"\"" -I "$1/plugin/core" \
                -I "$2/include/wireshark" -I "$2/include/glib-2.0" -I "$2/lib/glib-2.0/include" "$file" || exit
        done' sh "$source" "$prefix" "$(basename "$mingw")"
}

build_and_test()
{
    in_chroot "$root" cmake -G Ninja -S "$source" -B "$work/build" --toolchain "$source/cmake/mingw-w64.cmake" \
        -DIPSEC_WINDOWS_PREFIX="$prefix" -DIPSEC_CORE_ONLY=ON -DIPSEC_WERROR=ON || return
    in_chroot "$root" cmake --build "$work/build" || return
    # Made once, before several programs want it at the same time.
    in_windows /usr/lib/wine/wine64 wineboot --init || return
    in_windows ctest --test-dir "$work/build" --parallel "$(nproc)" --output-on-failure --no-tests=error
}

check_machine
# shellcheck disable=SC2086 # one word per package
[ -d "$root" ] || make_chroot bookworm "$root" $packages
# shellcheck disable=SC2086 # one word per package
check_packages "$root" $packages
copy_sources "$root"
status=0
{ make_glib && compile_module && build_and_test; } || status=1
rm -rf --one-file-system "${root:?}$work"
[ $status -eq 0 ] || { say "FAILED"; exit 1; }
# shellcheck disable=SC2016 # expanded by dpkg-query
say "passed, in Wine $(chroot "$root" dpkg-query -W -f '${Version}' wine64)"
