#!/bin/sh
# Builds the plugin inside Wireshark's own tree, as plugin/BUILDING.md says: Debian 12's source package of Wireshark 4.0,
# with tshark and the plugin alone. Then runs Wireshark's checkers over the plugin, and tshark from the build folder over
# a sample capture.
#
#   tests/in_tree.sh
#
# Wireshark's tree and its objects stay in the chroot; for what it needs see chroots.sh. The first time takes some twenty
# minutes of processor time, at the lowest priority, and 2 GB; after that half a minute.
#
# SPDX-License-Identifier: GPL-2.0-or-later
set -eu

packages="gcc g++ libc6-dev cmake ninja-build pkg-config flex perl python3 dpkg-dev xz-utils bzip2 util-linux libglib2.0-dev
          libgcrypt20-dev libpcap-dev libc-ares-dev libpcre2-dev libspeexdsp-dev zlib1g-dev"
programs="wireshark androiddump sshdump ciscodump dpauxmon randpktdump udpdump sharkd dumpcap editcap mergecap
          reordercap text2pcap capinfos captype randpkt dftest dcerpcidl2wrs mmdbresolve rawshark"
libraries="LUA GNUTLS KERBEROS SBC SPANDSP BCG729 ILBC LIBXML2 OPUS SINSP NGHTTP2 SMI BROTLI LZ4 SNAPPY ZSTD MINIZIP CAP"
folder=/srv/ws
build=$folder/build
plugin=plugins/epan/ipsec_analysis

# shellcheck source=tests/chroots.sh
. "$(dirname "$0")/chroots.sh"

root=$chroots/in-tree

get_wireshark()
{
    sed -n 's/^deb /deb-src /p' "$root/etc/apt/sources.list" >"$root/etc/apt/sources.list.d/source.list"
    mkdir -p "$root$folder"
    # shellcheck disable=SC2016 # expanded by the inner shell
    in_chroot "$root" sh -c 'apt-get -q -o Acquire::Check-Valid-Until=false update && cd "$1" &&
        apt-get -q source wireshark' sh "$folder"
}

# Sets $tree, as it is called in the chroot.
find_tree()
{
    tree=$(cd "$root$folder" 2>/dev/null && ls -d wireshark-*/) && tree=$folder/${tree%/}
}

add_plugin()
{
    rm -rf --one-file-system "${root:?}$tree/$plugin" || return
    cp -Rp "$root$work/source/plugin" "$root$tree/$plugin" || return
    printf 'set(CUSTOM_PLUGIN_SRC_DIR %s)\n' "$plugin" >"$root$tree/CMakeListsCustom.txt"
}

# With -O1, which is enough to run one capture. All of Wireshark's warnings are on, as errors in the plugin's files.
configure()
{
    set -- -DCMAKE_BUILD_TYPE=Release -DCMAKE_C_FLAGS_RELEASE=-O1 -DIPSEC_WERROR=ON
    for program in $programs; do set -- "$@" "-DBUILD_$program=OFF"; done
    for library in $libraries; do set -- "$@" "-DENABLE_$library=OFF"; done
    in_chroot "$root" cmake -G Ninja -S "$tree" -B "$build" "$@"
}

build_all()
{
    find_tree || { get_wireshark && find_tree; } || return
    add_plugin || return
    configure >"$root$work/configure" || { cat "$root$work/configure"; return 1; }
    say "building; the first time, tshark too"
    in_chroot "$root" nice -n 19 ninja -C "$build" tshark ipsec_analysis
}

run_checkers()
{
    in_chroot "$root" ninja -C "$build" checkAPI_ipsec_analysis || return
    in_chroot "$root" env IPSEC_WIRESHARK_SOURCE="$tree" sh "$work/source/tests/source_checks.sh" || return
    # shellcheck disable=SC2016 # expanded by the inner shell
    in_chroot "$root" sh -c 'cd "$1" && perl tools/fix-encoding-args.pl "$2"/epan/*.c' sh "$tree" "$plugin"
}

# As a user: root's Wireshark loads fewer plugins.
in_tshark()
{
    in_chroot "$root" setpriv --reuid 65534 --regid 65534 --clear-groups env HOME=/tmp "$build/run/tshark" "$@"
}

# Frame by frame, the findings that the sidecar of the capture has for it.
check_findings()
{
    capture=$work/source/captures/faults
    in_tshark -r "$capture.pcap" -Y ipsec.finding -T fields -e frame.number -e ipsec.finding >"$root$work/shown" ||
        return
    awk -F '\t' '!/^#/ && $3 != "-" { print $1 "\t" $3 }' "$root$capture.expected.tsv" >"$root$work/expected"
    diff "$root$work/expected" "$root$work/shown"
}

run_plugin()
{
    in_tshark -G plugins >"$root$work/plugins" || return
    grep ipsec_analysis "$root$work/plugins" || { say "tshark did not load the plugin"; return 1; }
    check_findings || { say "the findings of captures/faults.pcap are others than its sidecar says"; return 1; }
}

check_machine
# shellcheck disable=SC2086 # one word per package
[ -d "$root" ] || make_chroot bookworm "$root" $packages
# shellcheck disable=SC2086 # one word per package
check_packages "$root" $packages
copy_sources "$root"
status=0
{ build_all && run_checkers && run_plugin; } || status=1
rm -rf --one-file-system "${root:?}$work"
[ $status -eq 0 ] || { say "FAILED"; exit 1; }
say "passed"
