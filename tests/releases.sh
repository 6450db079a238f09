#!/bin/sh
# Builds this source and runs its tests against the Wireshark of newer Debian releases, in chroots.
#
#   tests/releases.sh [--gui] [trixie] [sid]      both, if none is named
#
# With --gui, Wireshark's window and live captures, too (tests/gui, tests/live.py): their packages, 150 to 190 MB to
# load, are installed in the chroot when they are not there.
#
# trixie (Debian 13) has Wireshark 4.4, sid has 4.6. Runs as root on Debian 12 and needs git, mmdebstrap,
# unshare and the network. A chroot takes about 1 GB; it is made when it is not there, and kept. To renew
# one, remove its folder. They lie in $IPSEC_CHROOTS, or else in ipsec-analysis/chroots of the user's cache.
#
# SPDX-License-Identifier: GPL-2.0-or-later
set -eu

packages="gcc libc6-dev make cmake pkg-config wireshark-dev tshark libglib2.0-dev
          libgcrypt20-dev python3-pytest python3-scapy python3-cryptography"

# iproute2 for live captures.
gui_packages="wireshark xvfb xdotool imagemagick tesseract-ocr iproute2"

# In the chroot. Root's own home would be closed to the user that tshark runs as.
work=/srv/ipsec-analysis

checkout=$(cd "$(dirname "$0")/.." && pwd)
chroots=${IPSEC_CHROOTS:-${XDG_CACHE_HOME:-$HOME/.cache}/ipsec-analysis/chroots}

say()
{
    printf '%s\n' "releases.sh: $*" >&2
}

check_machine()
{
    if [ "$(id -u)" -ne 0 ]; then
        say "run it as root: it makes and enters chroots"
        exit 2
    fi
    for tool in git mmdebstrap unshare; do
        command -v "$tool" >/dev/null || { say "$tool is missing; install it first"; exit 2; }
    done
}

check_names()
{
    for release in "$@"; do
        case $release in
            trixie | sid) ;;
            *) say "unknown release $release; there are: trixie sid"; exit 2 ;;
        esac
    done
}

# Runs a command in a chroot. pytest and scapy want /proc: a new one, in a mount namespace of the command's
# own, so that nothing of the machine appears below the chroot and nothing is left to unmount.
in_chroot()
{
    root=$1
    shift
    # shellcheck disable=SC2016 # expanded by the inner shell
    unshare --mount --propagation private sh -c '
        mount -t proc proc "$1/proc"
        exec chroot "$@"' sh "$root" \
        env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 TZ=UTC "$@"
}

# Made under another name first: one that was not finished must not be taken for one that is.
make_chroot()
{
    release=$1
    unfinished=$chroots/$release.unfinished

    say "$release: making $chroots/$release"
    mkdir -p "$chroots" || return
    rm -rf --one-file-system "$unfinished" || return
    # The archive of sid is dated; mirrors and snapshots of it are often past that date.
    # shellcheck disable=SC2086 # words
    mmdebstrap --mode=root --variant=apt --include="$(echo $packages | tr ' ' ,)" \
        --aptopt='APT::Install-Recommends "false"' --aptopt='Acquire::Check-Valid-Until "false"' \
        "$release" "$unfinished" || return
    mv "$unfinished" "$chroots/$release"
}

# A chroot that was made with another list of packages would fail later, and less plainly.
check_packages()
{
    root=$1
    shift
    for package; do
        # shellcheck disable=SC2016 # expanded by dpkg-query
        chroot "$root" dpkg-query -W -f '${Status}\n' "$package" 2>/dev/null | grep -q ' installed$' || {
            say "$root lacks the package $package; remove that folder to have it made anew"
            return 1
        }
    done
}

# The files of the checkout that are tracked, or new and not ignored; what was deleted but is still
# tracked is left out.
list_sources()
{
    # shellcheck disable=SC2016 # expanded by the inner shell
    git -C "$checkout" ls-files -z -co --exclude-standard |
        (cd "$checkout" && xargs -0 sh -c 'for f; do [ ! -e "$f" ] || printf "%s\\0" "$f"; done' sh)
}

# Copied, never mounted: a test that runs wild shall not reach the checkout.
copy_sources()
{
    target=$1$work

    rm -rf --one-file-system "$target" || return
    mkdir -p "$target/source" || return
    list_sources >"$target/files" || return
    tar -C "$checkout" --null --no-recursion -T "$target/files" -cf "$target/source.tar" || return
    tar -C "$target/source" --no-same-owner -xf "$target/source.tar" || return
    rm "$target/source.tar" "$target/files"
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

    [ -d "$root" ] || make_chroot "$release" || return
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
