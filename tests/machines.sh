#!/bin/sh
# Builds the core for other machines and runs its unit tests: 32 bits, and the octets of numbers the other way round.
#
#   tests/machines.sh [i386] [s390x]      both, if none is named
#
# i386 has 32 bits, and its programs run on amd64. s390x has 64 bits, the high octet first: programs are cross-compiled,
# and run by qemu. The chroots are of Debian 12; for what they need see chroots.sh. Takes two and a half
# minutes of processor time each, and the first time half a minute more, for the chroot.
#
# SPDX-License-Identifier: GPL-2.0-or-later
set -eu

i386_packages="gcc libc6-dev make cmake pkg-config libglib2.0-dev libgcrypt20-dev"
s390x_packages="gcc-s390x-linux-gnu libc6-dev-s390x-cross make cmake pkg-config libglib2.0-dev:s390x
                libgcrypt20-dev:s390x qemu-user"

# shellcheck source=tests/chroots.sh
. "$(dirname "$0")/chroots.sh"

# Security updates are not made for all machines, and the packages of two can be installed together only where their
# versions are the same. So only the main archive is taken, from where this machine takes its own packages.
archive="deb $(apt-get indextargets --format '$(REPO_URI)' 'Label: Debian' | head -n 1) bookworm main"

check_names()
{
    for machine in "$@"; do
        case $machine in
            i386 | s390x) ;;
            *) say "unknown machine $machine; there are: i386 s390x"; exit 2 ;;
        esac
    done
}

build_and_test()
{
    root=$1
    shift

    in_chroot "$root" cmake -S "$work/source" -B "$work/build" -DIPSEC_CORE_ONLY=ON -DIPSEC_WERROR=ON "$@" || return
    in_chroot "$root" cmake --build "$work/build" --parallel "$(nproc)" || return
    in_chroot "$root" ctest --test-dir "$work/build" --parallel "$(nproc)" --output-on-failure --no-tests=error
}

try_machine()
{
    machine=$1
    root=$chroots/machine-$machine

    case $machine in
        i386) architectures=i386 packages=$i386_packages ;;
        s390x) architectures=amd64,s390x packages=$s390x_packages ;;
    esac
    # shellcheck disable=SC2086 # one word per package
    [ -d "$root" ] || make_chroot bookworm "$root" $packages || return
    # shellcheck disable=SC2086 # one word per package
    check_packages "$root" $packages || return
    copy_sources "$root" || return
    say "$machine: building and testing in $root"
    case $machine in
        i386) build_and_test "$root" ;;
        s390x) build_and_test "$root" --toolchain "$work/source/cmake/s390x.cmake" ;;
    esac
}

check_machine
[ $# -gt 0 ] || set -- i386 s390x
check_names "$@"

results=""
status=0
for machine in "$@"; do
    if try_machine "$machine"; then
        result=passed
    else
        result=FAILED
        status=1
    fi
    rm -rf --one-file-system "${chroots:?}/machine-$machine$work"
    results="$results$machine: $result
"
done
printf '\n%s' "$results"
exit $status
