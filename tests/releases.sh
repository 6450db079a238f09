#!/bin/sh
# Builds this source and runs its tests against the Wireshark of newer Debian releases, in chroots.
#
#   tests/releases.sh [--gui] [trixie] [sid]      both, if none is named
#
# With --gui, Wireshark's window and live captures, too (tests/gui, tests/live.py): their packages, 150 to 190 MB to
# load, are installed in the chroot when they are not there.
#
# trixie (Debian 13) has Wireshark 4.4, sid has 4.6. For what it needs see chroots.sh.
#
# SPDX-License-Identifier: GPL-2.0-or-later
set -eu

packages="gcc libc6-dev make cmake pkg-config wireshark-dev tshark libglib2.0-dev
          libgcrypt20-dev python3-pytest python3-scapy python3-cryptography"

# iproute2 for live captures.
gui_packages="wireshark xvfb xdotool imagemagick tesseract-ocr iproute2"

# shellcheck source=tests/chroots.sh
. "$(dirname "$0")/chroots.sh"

check_names()
{
    for release in "$@"; do
        case $release in
            trixie | sid) ;;
            *) say "unknown release $release; there are: trixie sid"; exit 2 ;;
        esac
    done
}

# The window's tests are skipped where its packages are not installed.
add_gui()
{
    # shellcheck disable=SC2086 # one word per package
    check_packages "$1" $gui_packages 2>/dev/null && return
    # shellcheck disable=SC2086 # likewise
    in_chroot "$1" sh -c 'apt-get -q -o Acquire::Check-Valid-Until=false update &&
        DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "$@"' sh $gui_packages
}

wireshark_version()
{
    chroot "$1" tshark --version 2>/dev/null | sed -n '1s/.* \([0-9][0-9.]*[0-9]\).*/\1/p'
}

build_and_test()
{
    root=$1

    in_chroot "$root" cmake -S "$work/source" -B "$work/build" -DIPSEC_WERROR=ON || return
    in_chroot "$root" cmake --build "$work/build" --parallel "$(nproc)" || return
    # No tests at all would otherwise pass.
    in_chroot "$root" ctest --test-dir "$work/build" --parallel "$(nproc)" --output-on-failure --no-tests=error
}

# What failed is in the output above the result line.
try_release()
{
    release=$1
    root=$chroots/$release

    # shellcheck disable=SC2086 # one word per package
    [ -d "$root" ] || make_chroot "$release" "$root" $packages || return
    # shellcheck disable=SC2086 # one word per package
    check_packages "$root" $packages || return
    [ -z "$gui" ] || add_gui "$root" || return
    say "$release: building and testing in $root"
    copy_sources "$root" || return
    build_and_test "$root"
}

check_machine
gui=
[ "${1-}" != --gui ] || { gui=yes; shift; }
[ $# -gt 0 ] || set -- trixie sid
check_names "$@"

results=""
status=0
for release in "$@"; do
    if try_release "$release"; then
        result=passed
    else
        result=FAILED
        status=1
    fi
    results="$results$release, Wireshark $(wireshark_version "$chroots/$release" || echo unknown): $result
"
done
printf '\n%s' "$results"
exit $status
