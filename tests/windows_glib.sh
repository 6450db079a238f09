#!/bin/sh
# Builds GLib for 64-bit Windows by mingw-w64, from Debian's source packages: windows.sh runs it in its chroot.
#
#   windows_glib.sh FOLDER TOOLCHAIN      into FOLDER, with CMake's toolchain file
#
# GLib, GModule and GThread, and what they need, which is PCRE2; GObject and GIO are not built. And Wireshark's headers.
#
# SPDX-License-Identifier: GPL-2.0-or-later
set -eu

folder=$1
toolchain=$2
mingw=x86_64-w64-mingw32
glib_parts="glib gthread gmodule"
parts=$(mktemp -d)
trap 'rm -rf "$parts"' EXIT

get_sources()
{
    printf 'deb-src %s\n' "$(sed -n 's/^deb //p' /etc/apt/sources.list | head -n 1)" >/etc/apt/sources.list.d/source.list
    apt-get -q -o Acquire::Check-Valid-Until=false update
    (cd "$parts" && apt-get -q source glib2.0 pcre2)
}

build_pcre2()
{
    cmake -G Ninja -S "$parts"/pcre2-*/ -B "$parts/pcre2" --toolchain "$toolchain" -DIPSEC_WINDOWS_PREFIX="$folder" \
        -DCMAKE_INSTALL_PREFIX="$folder" -DCMAKE_BUILD_TYPE=Release -DPCRE2_SUPPORT_UNICODE=ON \
        -DPCRE2_BUILD_PCRE2GREP=OFF -DPCRE2_BUILD_TESTS=OFF
    cmake --build "$parts/pcre2" --target install
}

write_cross_file()
{
    cat <<END
[binaries]
c = '$mingw-gcc'
cpp = '$mingw-g++'
ar = '$mingw-ar'
strip = '$mingw-strip'
windres = '$mingw-windres'
pkgconfig = 'pkg-config'

[properties]
pkg_config_libdir = ['$folder/lib/pkgconfig', '$parts', '/usr/$mingw/lib/pkgconfig']
needs_exe_wrapper = true

[host_machine]
system = 'windows'
cpu_family = 'x86_64'
cpu = 'x86_64'
endian = 'little'
END
}

# GObject alone wants libffi.
write_no_libffi()
{
    printf 'Name: libffi\nDescription: none, for GObject is not built\nVersion: 3.4\n' >"$parts/libffi.pc"
}

# Messages of GLib stay in English.
write_no_gettext()
{
    mkdir "$1"
    cat >"$1/meson.build" <<'END'
project('no gettext', 'c')
intl_dep = declare_dependency(include_directories: include_directories('.'))
END
    cat >"$1/libintl.h" <<'END'
#pragma once
#define LC_MESSAGES 1729 /* a category that there is not */
static inline char *gettext(const char *id) { return (char *)id; }
static inline char *dgettext(const char *domain, const char *id) { return (void)domain, (char *)id; }
static inline char *dcgettext(const char *domain, const char *id, int kind) { return (void)domain, (void)kind, (char *)id; }
static inline char *dngettext(const char *domain, const char *one, const char *more, unsigned long count)
{
    return (void)domain, (char *)(count == 1 ? one : more);
}
static inline char *textdomain(const char *domain) { return (char *)domain; }
static inline char *bindtextdomain(const char *domain, const char *folder) { return (void)domain, (char *)folder; }
static inline char *bind_textdomain_codeset(const char *domain, const char *set) { return (void)domain, (char *)set; }
END
}

build_glib()
{
    source=$(echo "$parts"/glib2.0-*/)
    write_cross_file >"$parts/cross"
    write_no_libffi
    write_no_gettext "$source/subprojects/proxy-libintl"
    meson setup "$parts/glib" "$source" --cross-file "$parts/cross" --prefix "$folder" --libdir lib \
        --buildtype release --wrap-mode nodownload -Dtests=false -Dnls=disabled
    for part in $glib_parts; do
        ninja -C "$parts/glib" "$part/lib$part-2.0-0.dll"
    done
}

# What `meson install` would do had all of GLib been built.
install_glib()
{
    mkdir -p "$folder/bin" "$folder/include/glib-2.0/glib/deprecated" "$folder/lib/glib-2.0/include" "$folder/lib/pkgconfig"
    for part in $glib_parts; do
        cp "$parts/glib/$part/lib$part-2.0-0.dll" "$folder/bin"
        cp "$parts/glib/$part/lib$part-2.0.dll.a" "$folder/lib"
        sed '/\.private:/d' "$parts/glib/meson-private/$part-2.0.pc" >"$folder/lib/pkgconfig/$part-2.0.pc"
    done
    cp "$parts/glib/glib/glibconfig.h" "$folder/lib/glib-2.0/include"
    cp "$source"glib/glib.h "$source"gmodule/gmodule.h "$folder/include/glib-2.0"
    cp "$source"glib/*.h "$parts"/glib/glib/*.h "$folder/include/glib-2.0/glib"
    cp "$source"glib/deprecated/*.h "$folder/include/glib-2.0/glib/deprecated"
}

# The packages' programs and libraries are those of Debian, and not used.
get_headers_of_wireshark()
{
    (cd "$parts" && apt-get -q download libwireshark-dev libwiretap-dev libwsutil-dev)
    for package in "$parts"/*.deb; do
        dpkg-deb -x "$package" "$parts/headers"
    done
    mkdir -p "$folder/include"
    cp -R "$parts/headers/usr/include/wireshark" "$folder/include"
}

get_sources
get_headers_of_wireshark
build_pcre2
build_glib
install_glib
